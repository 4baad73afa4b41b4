"""Small real clips, made once a session by the real ffmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sources import made_up_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.media import Source
    from real_clips import ClipMaker

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d={seconds}")
TINY = ("-f", "lavfi", "-i", "testsrc2=s=128x128:r=5:d={seconds}", "-pix_fmt", "yuv420p")
QUIET = ("-x265-params", "log-level=error")
SOUND = ("-f", "lavfi", "-i", "sine=d={seconds}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
VP8 = (
    *("-c:v", "libvpx"),
    *("-deadline", "realtime", "-cpu-used", "8", "-threads", "1", "-c:a", "libopus"),
)

RECIPES: dict[str, tuple[float, tuple[str, ...]]] = {
    "plain.mp4": (6, (*PICTURE, *SOUND, *X264)),
    "faststart.mp4": (6, (*PICTURE, *SOUND, *X264, "-movflags", "+faststart")),
    "phone.mov": (2, (*PICTURE, *SOUND, *X264, "-metadata", "location=+48.1+002.3/")),
    "silent.mp4": (2, (*PICTURE, *X264)),
    "half-second.mp4": (0.5, (*PICTURE, *SOUND, *X264)),
    "half-second.webm": (0.5, (*PICTURE, *SOUND, *VP8)),
    "one-second.webm": (1, (*PICTURE, *SOUND, *VP8)),
    "sound-only.mp4": (3, (*SOUND, "-c:a", "aac")),
    "sound-only.webm": (3, (*SOUND, "-c:a", "libopus")),
    "plain.webm": (6, (*PICTURE, *SOUND, *VP8)),
    "live.webm": (6, (*PICTURE, *SOUND, *VP8, "-live", "1")),
    "matroska.mkv": (2, (*PICTURE, *SOUND, *X264)),
    "alpha.webm": (2, (*PICTURE, "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", *VP8)),
    "anamorphic.mp4": (2, (*PICTURE, "-vf", "setsar=4/3", *X264)),
    "hevc.mp4": (1, (*TINY, "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", *QUIET)),
    "av1.mp4": (
        1,
        (*TINY, "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-threads", "1"),
    ),
    "huge.mp4": (1, ("-f", "lavfi", "-i", "color=s=8192x4336:r=1:d={seconds}", *X264)),
}


@pytest.fixture(scope="session")
def clip(clip_maker: ClipMaker) -> Callable[[str], Path]:
    """Return the clip of that name, made on first use."""

    def make(name: str) -> Path:
        seconds, recipe = RECIPES[name]
        return clip_maker(name, *(argument.format(seconds=seconds) for argument in recipe))

    return make


@pytest.fixture
def make_source() -> Callable[..., Source]:
    """Return a function that makes six seconds of sound with five of picture."""
    return made_up_source
