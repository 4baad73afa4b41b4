"""The filter graph of one decode: the rate made constant once, then a branch for each picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_transcoder.geometry import Frame
    from mentor_transcoder.plan import Plan, RenditionName

_THUMBNAIL_AT_S: Final = 1.0
_OPAQUE: Final = "format=yuv420p"
_TRANSPARENT: Final = "format=yuva420p"


def filter_graph(plan: Plan, renditions: Sequence[RenditionName], *, thumbnail: bool) -> str:
    """Return the value of ``-filter_complex``.

    The constant rate comes first: without it a WebM that states no rate makes 1000 frames a
    second. Sound stays out of the graph, which is set up anew when the picture's size changes.
    The outlets are called ``web``, ``mobile`` and ``thumbnail``, and in a transparent plan also
    ``web_transparent`` and ``mobile_transparent``.
    """
    chains = [chain for name in renditions for chain in _rendition(plan, name, plan.frames[name])]
    if thumbnail:
        at = min(_THUMBNAIL_AT_S, plan.picture_s / 2)
        pick = rf"select=gte(t\,{at:.3f})*isnan(prev_selected_t)"
        frame = _shown(plan, plan.frames["web"])
        chains.append(f"[thumbnail_in]{pick},{frame},{_OPAQUE}[thumbnail]")
    names = [*renditions, *(["thumbnail"] if thumbnail else [])]
    inlets = "".join(f"[{name}_in]" for name in names)
    # Of what was decoded to get at the span only the last frame is needed: it may stand on.
    rate = f"[0:{plan.source.video_index}]fps={plan.fps},trim=start=0,split={len(names)}{inlets}"
    return ";".join([rate, *chains])


def _rendition(plan: Plan, name: RenditionName, frame: Frame) -> list[str]:
    shown = f"[{name}_in]{_shown(plan, frame)}"
    if not plan.transparent:
        return [f"{shown},{_OPAQUE}[{name}]"]
    return [
        f"{shown},{_TRANSPARENT},split=2[{name}_transparent][{name}_both]",
        f"[{name}_both]{_OPAQUE}[{name}]",
    ]


def _shown(plan: Plan, frame: Frame) -> str:
    """Return crop and scale, and for high dynamic range the way into an ordinary picture.

    Tone mapping comes after the scale: it costs five times as much as decoding. 203 cd/m2 is what
    ITU-R BT.2408 gives to white paper. Where the file does not say more, its colours are those
    that this transfer curve is used with.
    """
    if plan.tone_transfer is None:
        return frame.filters
    return ",".join(
        (
            frame.filters,
            f"zscale=tin={plan.tone_transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=203",
            "format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0",
            "zscale=t=bt709:m=bt709:r=tv",
        )
    )
