"""A stack started exactly as `make run` starts it, and clips to send through it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.running import RunningStack
from mentor_local.search import witness
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PORTS = 7
SENTENCE = "I grew up near the river and my father taught me to build small boats"
SPOKEN = ("-f", "lavfi", "-i", f"flite=text='{SENTENCE}':voice=slt")
MOTION = ("-f", "lavfi", "-i", "testsrc2=s={size}:r=30:d={seconds}")
TONE = ("-f", "lavfi", "-i", "sine=d={seconds}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-f", "webm")
RECIPES: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "six.mp4": ("640x360", 6, (*MOTION, *TONE, *X264)),
    "webm-labelled.mp4": ("320x180", 6, (*MOTION, *TONE, *VP8)),
    "silent.mp4": ("320x180", 3, (*MOTION, *X264)),
    "long.mp4": ("640x360", 15, (*MOTION, *TONE, *X264)),
    "spoken.mp4": ("320x180", 6, (*MOTION, *SPOKEN, *X264, "-shortest")),
}


def _free_port_base() -> int:
    for base in range(18000, 30000, 50):
        sockets = [socket.socket() for _ in range(PORTS)]
        try:
            for offset, probe in enumerate(sockets):
                probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        finally:
            for probe in sockets:
                probe.close()
        return base
    raise RuntimeError("no free ports")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One stack for all tests of this folder; they use a question of their own each."""
    home = tmp_path_factory.mktemp("stack")
    environment = {k: v for k, v in os.environ.items() if k != "GRAPHQL_ENDPOINT"} | {
        "MENTOR_UPLOAD_HOME": str(home),
        "MENTOR_UPLOAD_PORT_BASE": str(_free_port_base()),
    }
    log = home / "stack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mentor_local", "run"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: "ready" in log.read_text(errors="replace").splitlines(),
            seconds=90,
            what="the stack to be ready",
        )
        endpoints = json.loads((home / "endpoints.json").read_text())
        ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
        stack = RunningStack(home, endpoints, ui)
        witness(stack)
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=90)
    assert code == 0, "the stack must stop cleanly"


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the clip of that name, made on first use by the real ffmpeg."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            size, seconds, recipe = RECIPES[name]
            filled = [part.format(size=size, seconds=seconds) for part in recipe]
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *filled, str(path)], check=True)
        return path

    return make


@pytest.fixture(scope="session")
def spoken_words() -> list[str]:
    """What is said in ``spoken.mp4``."""
    return SENTENCE.lower().split()


@pytest.fixture(scope="session")
def probe() -> Callable[[str], dict[str, Any]]:
    """Return a function that probes a media URL: format and streams by type."""

    def of(url: str) -> dict[str, Any]:
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", url]
        shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        streams = {stream["codec_type"]: stream for stream in shown["streams"]}
        return {"duration": float(shown["format"]["duration"]), **streams}

    return of
