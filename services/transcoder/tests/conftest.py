"""Small real clips, made once a session by the real ffmpeg, and the means to look at results."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import ToolRun, Tools, inspect
from mentor_local.corpus.colours import BT709
from mentor_transcoder.encode import transcode
from sources import made_up_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.media import Source
    from mentor_transcoder.job import Encoded, EncodeJob
    from real_clips import ClipMaker

# Frame n is a plain grey of luma 20 + n, so that a picture tells which frame it is.
COUNTED = ("-f", "lavfi", "-i", "nullsrc=s=32x18:r=30:d=3,geq=lum=20+N:cb=128:cr=128,scale=320:180")
MOVING = ("-f", "lavfi", "-i", "testsrc2=s={size}:r={rate}:d={seconds}")
SOUND = ("-f", "lavfi", "-i", "sine=d={seconds}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", *BT709, "-c:a", "aac")
REALTIME = ("-deadline", "realtime", "-cpu-used", "8", "-threads", "1", "-b:v", "2M")
VP8 = ("-c:v", "libvpx", *REALTIME, *BT709, "-c:a", "libopus")
TAGS = ("-metadata", "location=+48.1+002.3/", "-metadata:s:a", "handler_name=a secret")
# White above black, as a phone held upright stores it: turned, with the display matrix beside it.
UPRIGHT = "color=white:s=160x180:r=30:d=2[a];color=black:s=160x180:r=30:d=2[b];[a][b]hstack"

RECIPES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "counted.mp4": ({"seconds": 3}, (*COUNTED, *SOUND, *X264)),
    "counted.webm": ({"seconds": 3}, (*COUNTED, *SOUND, *VP8)),
    "counted.live.webm": ({"seconds": 3}, (*COUNTED, *SOUND, *VP8, "-live", "1")),
    "counted.mkv": ({"seconds": 3}, (*COUNTED, *SOUND, *X264)),
    "phone.mp4": (
        {"seconds": 2, "size": "640x480", "rate": 60},
        (*MOVING, *SOUND, *X264, *TAGS, "-ac", "1"),
    ),
    "silent.mp4": ({"seconds": 2, "size": "320x180", "rate": 15}, (*MOVING, *X264)),
    "large.mp4": ({"seconds": 5, "size": "1280x720", "rate": 30}, (*MOVING, *SOUND, *X264)),
    "sideways.mp4": ({}, ("-f", "lavfi", "-i", UPRIGHT, *X264)),
    "early-silence.mp4": (
        {"seconds": 2.2, "size": "320x180", "rate": 30},
        (*MOVING, "-f", "lavfi", "-i", "sine=d=0.8", *X264),
    ),
}


@pytest.fixture(scope="session")
def clip(clip_maker: ClipMaker) -> Callable[[str], Path]:
    """Return the clip of that name, made on first use."""

    def make(name: str) -> Path:
        values, recipe = RECIPES[name]
        return clip_maker(name, *(argument.format(**values) for argument in recipe))

    return make


@pytest.fixture
def quarter_turned(clip: Callable[[str], Path], tmp_path: Path) -> Path:
    """Return a landscape recording that is to be shown as a portrait."""
    turned = tmp_path / "turned.mp4"
    source = ["-i", str(clip("sideways.mp4"))]
    turn = ["-c", "copy", "-metadata:s:v", "rotate=90", str(turned)]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *source, *turn], check=True)
    return turned


@pytest.fixture
def source() -> Source:
    """Return twenty seconds of full HD at 60 frames a second, with eight seconds of sound."""
    return made_up_source(
        duration_s=20.0,
        video_end_s=20.0,
        coded_width=1920,
        coded_height=1080,
        fps=Fraction(60),
        audio_end_s=8.0,
    )


@dataclass
class Result:
    """All that one encode gave back."""

    encoded: Encoded
    percents: list[int] = field(default_factory=list)
    timings: list[ToolRun] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """Names of the files that were handed over."""


@pytest.fixture
def out_dir(tmp_path: Path) -> Path:
    """The job's directory; tests may put obstacles into it."""
    path = tmp_path / "out"
    path.mkdir()
    return path


@pytest.fixture
def encode(ffmpeg: str, out_dir: Path) -> Callable[[Path, EncodeJob], Result]:
    """Return a function that inspects and encodes a file to the end."""

    async def work(path: Path, job: EncodeJob) -> Result:
        percents: list[int] = []
        timings: list[ToolRun] = []
        made: list[str] = []

        async def note(path: Path) -> None:
            made.append(path.name)

        source = await inspect(path)
        encoded = await transcode(
            path,
            source,
            out_dir,
            job,
            tools=Tools(),
            on_percent=percents.append,
            on_made=note,
            timings=timings,
        )
        return Result(encoded, percents, timings, made)

    return lambda path, job: asyncio.run(work(path, job))


@pytest.fixture
def probe(ffmpeg: str) -> Callable[[Path], list[dict[str, Any]]]:
    """Return a function that lists a file's streams as ffprobe sees them."""

    def look(path: Path) -> list[dict[str, Any]]:
        command = ["ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json"]
        shown = subprocess.run([*command, str(path)], check=True, capture_output=True)
        streams: list[dict[str, Any]] = json.loads(shown.stdout)["streams"]
        return streams

    return look


@pytest.fixture
def luma(ffmpeg: str) -> Callable[[Path, int, int], bytes]:
    """Return a function that gives each frame's luma, scaled to so many columns and rows."""

    def look(path: Path, columns: int, rows: int) -> bytes:
        # Via a planar format, for a grey one would stretch video's range of 16 to 235.
        shrink = f"scale={columns}:{rows}:flags=area,format=yuv444p"
        command = [ffmpeg, "-nostdin", "-v", "error", "-i", str(path), "-vf", shrink]
        command += ["-vsync", "passthrough", "-f", "rawvideo", "-"]
        raw = subprocess.run(command, check=True, capture_output=True).stdout
        size = columns * rows
        return b"".join(raw[at : at + size] for at in range(0, len(raw), 3 * size))

    return look


@pytest.fixture
def as_mp4(clip: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that gives a clip labelled ``.mp4``, whatever it is."""

    def label(name: str) -> Path:
        path = tmp_path / "labelled.mp4"
        shutil.copy(clip(name), path)
        return path

    return label
