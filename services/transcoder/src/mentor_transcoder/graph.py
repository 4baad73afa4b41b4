"""The filter graph of one decode: whole frames, their rate constant, then a branch a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_transcoder import colour, thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.media import Source
    from mentor_transcoder.geometry import Frame
    from mentor_transcoder.plan import Plan, RenditionName

# These have no fields, or as HEVC store each as a picture of its own.
_FRAMES_ONLY: Final = frozenset({"vp8", "vp9", "av1", "hevc"})
# In QuickTime's labels (TN2162) the first letter is the field of the earlier moment.
_PARITIES: Final = {"tt": "tff", "tb": "tff", "bb": "bff", "bt": "bff"}
_MIN_BWDIF: Final = 16  # it refuses planes under three pixels
_OPAQUE: Final = f"format=yuv420p,{colour.TAGGED}"
_TRANSPARENT: Final = f"format=yuva420p,{colour.TAGGED}"


def filter_graph(plan: Plan, renditions: Sequence[RenditionName], *, with_thumbnail: bool) -> str:
    """Return the value of ``-filter_complex``.

    The constant rate comes before the branches: without it a WebM that states no rate makes 1000
    frames a second. Sound stays out of the graph, which is set up anew when the picture's size
    changes.
    The outlets are called ``web``, ``mobile`` and ``thumbnail``, and in a transparent plan also
    ``web_transparent`` and ``mobile_transparent``; beside ``thumbnail`` there is ``samples`` where
    its moment is still open.
    """
    chains = [chain for name in renditions for chain in _rendition(plan, name, plan.frames[name])]
    names: list[str] = [*renditions]
    if with_thumbnail:
        names += ["thumbnail", "samples"] if plan.thumbnail_at_s is None else ["thumbnail"]
        chains += _thumbnail(plan)
    inlets = "".join(f"[{name}_in]" for name in names)
    shared = (
        *colour.label_filters(plan.source),
        *_deinterlacing(plan.source),
        f"fps={plan.fps}",
        # Of what was decoded to get at the span only the last frame is needed: it may stand on.
        "trim=start=0",
        f"split={len(names)}{inlets}",
    )
    return ";".join([f"[0:{plan.source.video_index}]{','.join(shared)}", *chains])


def _thumbnail(plan: Plan) -> list[str]:
    """Return the branch of the thumbnail, and where its moment is still open that of samples."""
    frame = plan.frames["web"]
    at = plan.thumbnail_at_s
    first = thumbnail.first_moment(plan.picture_s) if at is None else at
    pick = rf"select=gte(t\,{first:.3f})*isnan(prev_selected_t)"
    picture = f"[thumbnail_in]{pick},{_shown(plan, frame)},{_OPAQUE},{colour.TO_JPEG}[thumbnail]"
    if at is not None:
        return [picture]
    return [picture, f"[samples_in]{thumbnail.sampling_filters(first, frame.filters)}[samples]"]


def _deinterlacing(source: Source) -> tuple[str, ...]:
    """Return the filter that makes whole frames of fields, one of two, so that the rate stays.

    Where the file does not say that all is interlaced, only frames that say so of themselves are
    touched; passing the others on costs nothing.
    """
    if source.video_codec in _FRAMES_ONLY or colour.is_rgb(source):
        return ()
    if min(source.coded_width, source.coded_height) < _MIN_BWDIF:
        return ()
    parity = _PARITIES.get(source.field_order or "")
    which = f"parity={parity}:deint=all" if parity else "parity=auto:deint=interlaced"
    return (f"bwdif=mode=send_frame:{which}",)


def _rendition(plan: Plan, name: RenditionName, frame: Frame) -> list[str]:
    shown = f"[{name}_in]{_shown(plan, frame)}"
    if not plan.transparent:
        return [f"{shown},{_OPAQUE}[{name}]"]
    return [
        f"{shown},{_TRANSPARENT},split=2[{name}_transparent][{name}_both]",
        f"[{name}_both]{_OPAQUE}[{name}]",
    ]


def _shown(plan: Plan, frame: Frame) -> str:
    """Return crop, scale and conversion of the colours.

    The conversion comes after the scale: tone mapping costs five times as much as decoding.
    """
    return ",".join((frame.filters, *colour.to_bt709(plan.source)))
