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

SMALL = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d={seconds}")


def _encoded_as(kind: str, *codecs: str) -> tuple[str, ...]:
    """Return options that write the first input once in each codec: `v` picture, `a` sound."""
    source = {"v": "0", "a": "1"}[kind]
    maps = [part for _ in codecs for part in ("-map", source)]
    coded = [part for at, codec in enumerate(codecs) for part in (f"-c:{kind}:{at}", codec)]
    return (*maps, *coded)


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
    "cinepak.mov": (1, (*SMALL, "-c:v", "cinepak")),
    "flashsv.mkv": (1, (*SMALL, "-c:v", "flashsv")),
    "tiff.mov": (1, (*SMALL, "-c:v", "tiff")),
    "wmav2.mkv": (1, (*SMALL, *SOUND, "-c:v", "mjpeg", "-c:a", "wmav2")),
    "editors.mov": (
        1,
        (
            *("-f", "lavfi", "-i", "testsrc=s=256x144:r=5:d={seconds}", *SOUND),
            *_encoded_as("v", "prores_ks", "mjpeg", "cfhd", "qtrle", "png", "dnxhd"),
            *("-profile:v:5", "dnxhr_lb", "-pix_fmt:v:5", "yuv422p", "-strict", "-1"),
            *("-disposition:v:0", "default"),
            *_encoded_as("a", "pcm_s24le", "pcm_f32le", "alac", "pcm_mulaw", "adpcm_ima_qt"),
        ),
    ),
    "cameras.mkv": (
        1,
        (
            *("-f", "lavfi", "-i", "testsrc=s=176x144:r=25:d={seconds}", *SOUND),
            *_encoded_as("v", "mpeg4", "mpeg2video"),
            *_encoded_as("a", "ac3", "eac3", "flac", "libvorbis", "mp2", "libmp3lame", "pcm_s16le"),
        ),
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
