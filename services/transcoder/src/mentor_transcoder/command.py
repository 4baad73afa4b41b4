"""ffmpeg's command line for renditions and thumbnail, all from one decode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import ffmpy

from mentor_common.media import GUARD_FLAGS, SOUND_IN_SYNC, input_url
from mentor_transcoder.complexity import WEB_CAP, Quality, web_quality
from mentor_transcoder.graph import filter_graph
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentor_transcoder.plan import Plan, RenditionName
    from mentor_transcoder.standard import Copy

THUMBNAIL: Final = "thumbnail.jpg"

_GLOBAL: Final = (
    "-nostdin",
    "-hide_banner",
    "-loglevel",
    "warning",
    "-progress",
    "pipe:1",
    "-stats_period",
    "0.5",
    "-y",
)
# A phone writes where it was filmed into the tags; nothing of them goes out.
_STRIP: Final = (
    "-map_metadata",
    "-1",
    "-map_metadata:s",
    "-1",
    "-map_chapters",
    "-1",
    "-sn",
    "-dn",
)


# Fills the time before the first picture with that picture; some muxers' default would not.
_CONSTANT_RATE: Final = ("-fps_mode", "cfr")
_NOTICED_S: Final = 0.001
# tee encodes the sound once for all files; its muxers want the headers in advance.
_TEE: Final = ("-flags", "+global_header", "-f", "tee")


@dataclass(frozen=True)
class _Settings:
    web: Quality
    mobile: Quality
    audio_bitrate: str
    vp9: tuple[str, ...]
    capped: bool


# Measured: as good as libvpx's ``good`` mode for a quarter of its work.
_VP9_REALTIME: Final = ("-crf", "24", "-deadline", "realtime", "-cpu-used", "6")
_VP9_GOOD: Final = ("-crf", "10", "-deadline", "good", "-cpu-used", "4")
_SETTINGS: Final[Mapping[Profile, _Settings]] = {
    # Where a look at the source was had, the plan says web's. ``ultrafast`` leaves out what makes
    # files small; the first three of these bring that back for next to no work, and the last one
    # smooths blocks (docs/performance.md).
    Profile.BALANCED: _Settings(
        web_quality(None),
        Quality("ultrafast", 21, "subme=1:bframes=1:b-adapt=0:deblock=0,0"),
        "160k",
        _VP9_REALTIME,
        capped=True,
    ),
    Profile.FAST: _Settings(
        Quality("veryfast", 16), Quality("veryfast", 16), "160k", _VP9_REALTIME, capped=True
    ),
    Profile.COMPAT: _Settings(
        Quality("medium", 10), Quality("medium", 10), "320k", _VP9_GOOD, capped=False
    ),
}
# maxrate and bufsize; the decoder's buffer holds two seconds of the maximum.
_CAPS: Final[Mapping[RenditionName, tuple[str, str]]] = {
    "web": (f"{WEB_CAP // 1_000_000}M", "12M"),
    "mobile": ("3M", "6M"),
}


class Ffmpeg(ffmpy.FFmpeg):
    """ffmpy builds the command; running it is `mentor_common.media.run`'s business.

    ffmpy's own ``run`` blocks, and knows neither progress nor deadline nor cancellation.
    """

    @property
    def argv(self) -> tuple[str, ...]:
        """Program and arguments, as ffmpy would have started them."""
        return tuple(self._cmd)


def file_name(rendition: RenditionName, *, transparent: bool = False) -> str:
    """Return the name of a rendition's file in the output directory."""
    return f"{rendition}.webm" if transparent else f"{rendition}.mp4"


def build(
    ffmpeg: str, plan: Plan, renditions: Sequence[RenditionName], *, thumbnail: bool
) -> Ffmpeg:
    """Return the command that makes ``renditions`` (and the thumbnail) from one decode.

    Parameters
    ----------
    renditions
        Which of the plan's renditions; may be empty if the thumbnail alone is wanted.
    thumbnail
        Write `THUMBNAIL` too, and what it takes to choose its moment where the plan leaves it open.

    Returns
    -------
    Ffmpeg
        Its output names are relative: start it in the output directory.
    """
    decoder = ["-c:v", plan.decoder] if plan.decoder else []
    seek = ["-ss", f"{plan.span.start:.6f}"] if plan.span.start > 0 else []
    # The picture at the start of the span may have come long before it: see `filter_graph`.
    seek += ["-noaccurate_seek"] if seek else []
    decoded = [name for name in renditions if name != "web" or plan.copy is None]
    graph: list[str] = []
    if decoded or thumbnail:
        graph = ["-filter_complex", filter_graph(plan, decoded, with_thumbnail=thumbnail)]
    outputs: dict[str, list[str]] = {}
    if renditions:
        outputs[_target(plan, renditions)] = _mp4_options(plan, renditions)
        if plan.transparent:
            target = _target(plan, renditions, transparent=True)
            outputs[target] = _webm_options(plan, renditions)
    looked_at: list[str] = []
    if thumbnail and plan.thumbnail_at_s is None:
        looked_at += ["-map", "[samples]", "-fps_mode", "passthrough"]
    if renditions and plan.copy is not None and plan.copy.sound:
        # Decoded all the same, for the decoder says what is damaged.
        looked_at += ["-map", f"0:{plan.source.audio_index}"]
    if looked_at:
        outputs["-"] = [*looked_at, "-t", f"{plan.span.length:.6f}", "-f", "null"]
    if thumbnail:
        outputs[THUMBNAIL] = _thumbnail_options(plan)
    first = next(iter(outputs))
    outputs[first] = [*graph, *outputs[first]]
    return Ffmpeg(
        ffmpeg,
        global_options=_GLOBAL,
        inputs={input_url(plan.path): [*GUARD_FLAGS, *decoder, *seek]},
        outputs=outputs,
    )


def build_sound_check(ffmpeg: str, plan: Plan) -> Ffmpeg:
    """Return the command that decodes the span's sound and prints a trace of it, if it can."""
    seek = ["-ss", f"{plan.span.start:.6f}"] if plan.span.start > 0 else []
    sound = ["-map", f"0:{plan.source.audio_index}", "-t", f"{plan.span.length:.6f}"]
    return Ffmpeg(
        ffmpeg,
        global_options=["-nostdin", "-v", "error"],
        inputs={input_url(plan.path): [*GUARD_FLAGS, *seek]},
        outputs={"pipe:1": [*sound, "-ac", "1", "-ar", "100", "-f", "u8"]},
    )


def _mp4_options(plan: Plan, renditions: Sequence[RenditionName]) -> list[str]:
    settings = _SETTINGS[plan.profile]
    copied = plan.copy if "web" in renditions else None
    inlets = {name: f"[{name}]" for name in renditions}
    if copied is not None:
        inlets["web"] = f"0:{plan.source.video_index}"
    options = [part for name in renditions for part in ("-map", inlets[name])]
    options += _sound(plan, "aac", settings.audio_bitrate)
    options += [*_CONSTANT_RATE, "-c:v", "libx264"]
    for index, name in enumerate(renditions):
        quality = (plan.web_quality or settings.web) if name == "web" else settings.mobile
        options += quality.options(index)
        if settings.capped:
            maxrate, bufsize = _CAPS[name]
            options += [f"-maxrate:v:{index}", maxrate, f"-bufsize:v:{index}", bufsize]
    if copied is not None:
        options += _copied_picture(copied)
    options += [*_STRIP, "-t", f"{plan.span.length:.6f}"]
    if len(renditions) == 1:
        return [*options, "-movflags", "+faststart", "-f", "mp4"]
    return [*options, *_TEE]


def _copied_picture(copied: Copy) -> list[str]:
    """Return the options of the first picture that take its packets as they are."""
    # The first picture stands from the beginning, where there may be sound before it.
    first = r"setts=pts=if(eq(N\,0)\,0\,PTS):dts=if(eq(N\,0)\,min(DTS\,0)\,DTS)"
    filters = [rf"noise=drop=gte(n\,{len(copied.times)})"] if copied.ends_early else []
    # -copytb: else tee rounds their times to the ticks of the nominal frame rate.
    return ["-copytb", "1", "-c:v:0", "copy", "-bsf:v:0", ",".join((*filters, first))]


def _webm_options(plan: Plan, renditions: Sequence[RenditionName]) -> list[str]:
    options = [part for name in renditions for part in ("-map", f"[{name}_transparent]")]
    options += _sound(plan, "libopus", "128k")
    options += [
        *_CONSTANT_RATE,
        "-c:v",
        "libvpx-vp9",
        "-pix_fmt",
        "yuva420p",
        *_SETTINGS[plan.profile].vp9,
    ]
    # Alternate reference frames cannot carry transparency.
    options += ["-b:v", "0", "-row-mt", "1", "-auto-alt-ref", "0"]
    options += [*_STRIP, "-metadata:s:v", "alpha_mode=1", "-t", f"{plan.span.length:.6f}"]
    if len(renditions) == 1:
        return [*options, "-f", "webm"]
    return [*options, *_TEE]


def _sound(plan: Plan, codec: str, bitrate: str) -> list[str]:
    if not plan.has_sound:
        return []
    if plan.copy is not None and plan.copy.sound:
        return ["-map", f"0:{plan.source.audio_index}", "-c:a", "copy"]
    filters = [plan.channel.filters("stereo")] if plan.channel else []
    return [
        *("-map", f"0:{plan.source.audio_index}", "-ac", "2"),
        # Cuts or fills the start and fills gaps, so that sound and picture stay together.
        *("-af", ",".join((*_moved(plan), "atrim=start=0", *filters, SOUND_IN_SYNC))),
        *("-c:a", codec, "-b:a", bitrate),
    ]


def _moved(plan: Plan) -> tuple[str, ...]:
    """Return the filter that keeps the sound with a picture that the constant rate moves."""
    shift = 0.0 if plan.copy is not None else plan.picture_shift_s
    return (f"asetpts=PTS{shift:+.4f}/TB",) if abs(shift) >= _NOTICED_S else ()


def _target(plan: Plan, renditions: Sequence[RenditionName], *, transparent: bool = False) -> str:
    """Return the name of an output: a file, or several for ffmpeg's tee."""
    names = [file_name(name, transparent=transparent) for name in renditions]
    if len(names) == 1:
        return names[0]
    sound = ",a" if plan.has_sound else ""
    muxer = "f=webm" if transparent else "f=mp4:movflags=+faststart"
    return "|".join(
        rf"[{muxer}:select=\'v:{index}{sound}\']{name}" for index, name in enumerate(names)
    )


def _thumbnail_options(plan: Plan) -> list[str]:
    options = ["-map", "[thumbnail]", "-frames:v", "1", "-q:v", "2", "-update", "1"]
    return [*options, *_STRIP, "-t", f"{plan.span.length:.6f}", "-f", "image2"]
