"""Clips to send through the stack, and what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.corpus.colours import BT709

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    ClipMaker = Callable[..., Path]

SENTENCE = "I grew up near the river and my father taught me to build small boats"
SPOKEN = ("-f", "lavfi", "-i", f"flite=text='{SENTENCE}':voice=slt")
MOTION = ("-f", "lavfi", "-i", "testsrc2=s={size}:r=30:d={seconds}")
FILM = ("-f", "lavfi", "-i", "testsrc2=s={size}:r=25:d={seconds}")
CALM = (
    "-f",
    "lavfi",
    "-i",
    "gradients=s={size}:r=10:d={seconds}:n=4:speed=0.02:c0=0x1c3f94:c1=0x5b8def:c2=0xf2b8a0:c3=0x27324f",
)
TONE = ("-f", "lavfi", "-i", "sine=d={seconds}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", *BT709, "-c:a", "aac")
UNLABELLED = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
REALTIME = ("-deadline", "realtime", "-cpu-used", "8", "-threads", "1")
VP8 = ("-c:v", "libvpx", *REALTIME, *BT709, "-c:a", "libopus", "-f", "webm")
FRAGMENTS = ("-g", "30", "-movflags", "frag_keyframe+empty_moov+default_base_moof")
RECIPES: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "six.mp4": ("640x360", 6, (*MOTION, *TONE, *X264)),
    "webm-labelled.mp4": ("320x180", 6, (*MOTION, *TONE, *VP8)),
    "silent.mp4": ("320x180", 3, (*MOTION, *X264)),
    # Takes a while: its colours are converted.
    "long.mp4": ("640x360", 8, (*MOTION, *TONE, *UNLABELLED)),
    "spoken.mp4": ("320x180", 6, (*MOTION, *SPOKEN, *X264, "-shortest")),
    # Silence, the sentence from 1.5 to about 5 seconds, silence.
    "hesitant.mp4": (
        "320x180",
        8,
        (*FILM, *SPOKEN, "-af", "adelay=1500,apad", *X264, "-shortest"),
    ),
    # As browsers record, with a fragment or a cluster about every second.
    "fragments.mp4": ("320x180", 6, (*MOTION, *SPOKEN, *X264, "-shortest", *FRAGMENTS)),
    "clusters.webm": (
        "320x180",
        6,
        (*MOTION, *SPOKEN, *VP8, "-shortest", "-cluster_time_limit", "1000"),
    ),
    "speech.wav": ("", 0, (*SPOKEN, "-ar", "48000")),
    "calm.y4m": ("320x180", 8, (*CALM, "-pix_fmt", "yuv420p")),
    "blink.mp4": ("320x180", 0.5, (*MOTION, *X264)),
}


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    """The real ffmpeg's path. A test that runs ffmpeg or ffprobe asks for it; see :mod:`tiers`."""
    found = shutil.which("ffmpeg")
    assert found, "no ffmpeg here: run `make setup`"
    return found


@pytest.fixture(scope="session")
def clip_maker(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> ClipMaker:
    """Return a function of a clip's name and ffmpeg's options; each is made once in a test run."""
    base = tmp_path_factory.getbasetemp()
    # Workers have a folder each in one of the run's.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-clips"

    def make(name: str, *options: str) -> Path:
        digest = hashlib.sha256(repr(options).encode()).hexdigest()[:16]
        path = folder / digest / name
        if not path.exists():
            own = folder / f"{digest}-{os.getpid()}" / name
            own.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([ffmpeg, "-nostdin", "-v", "error", "-y", *options, own], check=True)
            path.parent.mkdir(exist_ok=True)
            own.replace(path)  # the second process has made the same
        return path

    return make


@pytest.fixture(scope="session")
def clip(clip_maker: ClipMaker) -> Callable[[str], Path]:
    """Return the clip of that name."""

    def make(name: str) -> Path:
        size, seconds, recipe = RECIPES[name]
        return clip_maker(name, *(part.format(size=size, seconds=seconds) for part in recipe))

    return make


@pytest.fixture(scope="session")
def spoken_words() -> list[str]:
    """The words spoken in ``spoken.mp4``."""
    return SENTENCE.lower().split()


@pytest.fixture(scope="session")
def probe(ffmpeg: str) -> Callable[[str], dict[str, Any]]:  # noqa: ARG001 -- it comes with ffprobe
    """Return a function that probes a media URL: format and streams by type."""

    def of(url: str) -> dict[str, Any]:
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", url]
        shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        streams = {stream["codec_type"]: stream for stream in shown["streams"]}
        return {"duration": float(shown["format"]["duration"]), **streams}

    return of
