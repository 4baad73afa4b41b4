"""Ports and a clip for tests of whole processes."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Return a function that finds a port nobody listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half at 160x90."""
    path = tmp_path_factory.mktemp("clip") / "tiny.mp4"
    recipe = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=15:d=1.5", "-c:v", "libx264")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", *recipe, "-preset", "ultrafast", str(path)],
        check=True,
    )
    return path
