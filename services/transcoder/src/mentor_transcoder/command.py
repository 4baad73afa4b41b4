"""ffmpeg's command line for renditions and thumbnail, all from one decode."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

import ffmpy

from mentor_common.media import GUARD_FLAGS, input_url
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mentor_common.media import Source, Span
    from mentor_transcoder.geometry import Frame

RenditionName = Literal["web", "mobile"]

THUMBNAIL: Final = "thumbnail.jpg"
MAX_FPS: Final = Fraction(30)
_THUMBNAIL_AT_S: Final = 1.0
_MIN_SOUND_S: Final = 0.1  # less than this may come out as no packet at all

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


@dataclass(frozen=True)
class _Settings:
    preset: str
    crf: int
    audio_bitrate: str
    capped: bool


_SETTINGS: Final[Mapping[Profile, _Settings]] = {
    Profile.BALANCED: _Settings("faster", 20, "160k", capped=True),
    Profile.FAST: _Settings("veryfast", 16, "160k", capped=True),
    Profile.COMPAT: _Settings("medium", 10, "320k", capped=False),
}
# maxrate and bufsize; the decoder's buffer holds two seconds of the maximum.
_CAPS: Final[Mapping[RenditionName, tuple[str, str]]] = {
    "web": ("6M", "12M"),
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


@dataclass(frozen=True)
class Plan:
    """What one source is turned into.

    Parameters
    ----------
    path
        The local file.
    source
        What the gate found in it.
    span
        The part to show.
    frames
        Crop and size of each rendition.
    profile
        Encoder settings.
    """

    path: Path
    source: Source
    span: Span
    frames: Mapping[RenditionName, Frame]
    profile: Profile

    @property
    def fps(self) -> Fraction:
        """Constant frame rate of the renditions: the source's average, never raised."""
        return min(MAX_FPS, self.source.fps)

    @property
    def has_sound(self) -> bool:
        """Whether the renditions get a sound track: the source's reaches into the span."""
        start, end = self.source.audio_start_s, self.source.audio_end_s
        return (
            start is not None and end is not None and self.span.overlap(start, end) > _MIN_SOUND_S
        )

    @property
    def picture_s(self) -> float:
        """Seconds of the span in which there is a picture."""
        return self.span.overlap(self.source.video_start_s, self.source.video_end_s)

    @property
    def length_s(self) -> float:
        """Seconds a rendition should last: to the end of picture or sound within the span."""
        end = self.source.video_end_s
        if self.has_sound and self.source.audio_end_s is not None:
            end = max(end, self.source.audio_end_s)
        return min(end, self.span.end) - self.span.start


def file_name(rendition: RenditionName) -> str:
    """Return the name of a rendition's file in the output directory."""
    return f"{rendition}.mp4"


def build(
    ffmpeg: str, plan: Plan, renditions: Sequence[RenditionName], *, thumbnail: bool
) -> Ffmpeg:
    """Return the command that makes ``renditions`` (and the thumbnail) from one decode.

    Parameters
    ----------
    ffmpeg
        The executable.
    plan
        What to make.
    renditions
        Which of the plan's renditions; may be empty if the thumbnail alone is wanted.
    thumbnail
        Write `THUMBNAIL` too.

    Returns
    -------
    Ffmpeg
        Its output names are relative: start it in the output directory.
    """
    seek = ["-ss", f"{plan.span.start:.6f}"] if plan.span.start > 0 else []
    outputs: dict[str, list[str]] = {}
    if renditions:
        options, target = _video_output(plan, renditions)
        outputs[target] = [*_graph(plan, renditions, thumbnail=thumbnail), *options]
    if thumbnail:
        graph = [] if renditions else _graph(plan, renditions, thumbnail=True)
        outputs[THUMBNAIL] = [*graph, *_thumbnail_options(plan)]
    return Ffmpeg(
        ffmpeg,
        global_options=_GLOBAL,
        inputs={input_url(plan.path): [*GUARD_FLAGS, *seek]},
        outputs=outputs,
    )


def _graph(plan: Plan, renditions: Sequence[RenditionName], *, thumbnail: bool) -> list[str]:
    """Return the filter graph: one decode, the rate made constant once, a branch each.

    The constant rate comes first: without it a WebM that states no rate makes 1000 frames a
    second. Sound stays out of the graph, which is set up anew when the picture's size changes.
    """
    branches: list[tuple[str, str]] = [(name, plan.frames[name].filters) for name in renditions]
    if thumbnail:
        at = min(_THUMBNAIL_AT_S, plan.picture_s / 2)
        pick = rf"select=gte(t\,{at:.3f})*isnan(prev_selected_t)"
        branches.append(("thumbnail", f"{pick},{plan.frames['web'].filters}"))
    inlets = "".join(f"[{name}_in]" for name, _ in branches)
    chains = [
        f"[0:{plan.source.video_index}]fps={plan.fps},split={len(branches)}{inlets}",
        *(f"[{name}_in]{filters}[{name}]" for name, filters in branches),
    ]
    return ["-filter_complex", ";".join(chains)]


def _video_output(plan: Plan, renditions: Sequence[RenditionName]) -> tuple[list[str], str]:
    """Return the options of the renditions' output, and its target."""
    settings = _SETTINGS[plan.profile]
    options = [part for name in renditions for part in ("-map", f"[{name}]")]
    if plan.has_sound:
        options += ["-map", f"0:{plan.source.audio_index}", "-ac", "2"]
        # Fills what is missing at the start and in gaps, so that sound and picture stay together.
        options += ["-af", "aresample=async=1:first_pts=0"]
        options += ["-c:a", "aac", "-b:a", settings.audio_bitrate]
    options += ["-c:v", "libx264", "-preset", settings.preset, "-crf", str(settings.crf)]
    if settings.capped:
        for index, name in enumerate(renditions):
            maxrate, bufsize = _CAPS[name]
            options += [f"-maxrate:v:{index}", maxrate, f"-bufsize:v:{index}", bufsize]
    options += [*_STRIP, "-t", f"{plan.span.length:.6f}"]
    if len(renditions) == 1:
        return [*options, "-movflags", "+faststart", "-f", "mp4"], file_name(renditions[0])
    # tee encodes the sound once for all files; its muxers want the headers in advance.
    return [*options, "-flags", "+global_header", "-f", "tee"], _tee(plan, renditions)


def _tee(plan: Plan, renditions: Sequence[RenditionName]) -> str:
    sound = ",a" if plan.has_sound else ""
    return "|".join(
        rf"[f=mp4:movflags=+faststart:select=\'v:{index}{sound}\']{file_name(name)}"
        for index, name in enumerate(renditions)
    )


def _thumbnail_options(plan: Plan) -> list[str]:
    options = ["-map", "[thumbnail]", "-frames:v", "1", "-q:v", "2", "-update", "1"]
    return [*options, *_STRIP, "-t", f"{plan.span.length:.6f}", "-f", "image2"]
