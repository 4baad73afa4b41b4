"""The commands of the service that this one replaces: a process, and a decode, for each step.

Rebuilt from what is known of it: the trim re-encodes everything first (``-ss``/``-to`` after the
input, crf 10, even size), then web, mobile, thumbnail and sound each read the result. x264 stands
at its default preset, medium. Before a virtual background each rendition is a VP9 with alpha, and
its MP4 is made from that with ffmpeg's defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bench.clips import Case

_EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
_MP4 = (
    *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "10", "-r", "30"),
    *("-movflags", "+faststart", "-c:a", "aac", "-b:a", "320k", "-ac", "2"),
)
_WEBM = (
    *("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "10", "-b:v", "0", "-r", "30"),
    *("-auto-alt-ref", "0", "-metadata:s:v:0", "alpha_mode=1", "-c:a", "libvorbis"),
)


def commands(case: Case, clip: Path, folder: Path) -> list[tuple[str, ...]]:
    """Return all commands for one upload, in their order."""
    ffmpeg = ("ffmpeg", "-nostdin", "-v", "error", "-y")
    decoder = ("-c:v", "libvpx-vp9") if case.alpha else ()
    source = clip
    steps: list[tuple[str, ...]] = []
    if case.trim:
        source = folder / f"original{clip.suffix}"
        start, end = case.trim
        cut = ("-ss", str(start), "-to", str(end), "-filter:v", _EVEN)
        encoder = ("-c:v", "libx264", "-crf", "10", "-c:a", "aac", "-b:a", "320k")
        steps.append((*ffmpeg, "-i", str(clip), *cut, *encoder, str(source)))
    width, height = case.size
    side = height * 3 // 4
    shapes = {
        "web": f"scale={min(width, 1280)}:{min(height, 720)}",
        "mobile": f"crop={side}:{side},scale=480:480",
    }
    for name, shape in shapes.items():
        mp4 = str(folder / f"{name}.mp4")
        if case.alpha:
            webm = str(folder / f"{name}.webm")
            steps.append((*ffmpeg, *decoder, "-i", str(source), "-vf", shape, *_WEBM, webm))
            steps.append((*ffmpeg, "-i", webm, mp4))
        else:
            steps.append((*ffmpeg, "-i", str(source), "-vf", shape, *_MP4, mp4))
    thumbnail = ("-ss", "1", "-frames:v", "1", "-q:v", "2", "-update", "1")
    steps.append((*ffmpeg, "-i", str(source), *thumbnail, str(folder / "thumbnail.jpg")))
    steps.append((*ffmpeg, "-i", str(source), "-vn", str(folder / "answer.mp3")))
    return steps
