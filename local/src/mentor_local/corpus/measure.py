"""Measurements of results: when the flashes and the beeps of the corpus come."""

from __future__ import annotations

import json
import subprocess
from array import array
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RATE: Final = 48_000
_WINDOW: Final = 48  # samples: a millisecond
_QUIET: Final = 100  # windows before a beep


def streams(path: Path) -> list[dict[str, Any]]:
    """Return a file's streams as ffprobe sees them, with ``nb_read_packets``."""
    command = ("ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json")
    shown = _output((*command, str(path)), _version(path))
    found: list[dict[str, Any]] = json.loads(shown)["streams"]
    return found


def brightness(path: Path, *, decoder: str | None = None, plane: str = "y") -> bytes:
    """Return the mean brightness of each frame's left and right half, two bytes a frame.

    ``plane`` may be ``a`` for the transparency instead.
    """
    chosen = ("-c:v", decoder) if decoder else ()
    shrink = f"extractplanes={plane},scale=2:1:flags=area"
    command = ("ffmpeg", "-nostdin", "-v", "error", *chosen, "-i", str(path), "-map", "0:v:0")
    raw = ("-vf", shrink, "-vsync", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    return _output((*command, *raw), _version(path))


def flashes(path: Path) -> list[float]:
    """Return when the picture turns white, seconds; the file's frame rate must be constant."""
    video = next(stream for stream in streams(path) if stream["codec_type"] == "video")
    rate = Fraction(video["avg_frame_rate"])
    start = float(video.get("start_time", 0))
    lights = brightness(path)[1::2]
    level = (max(lights) + sorted(lights)[len(lights) // 2]) / 2
    return [start + float(index / rate) for index in _rises([light > level for light in lights], 3)]


def beeps(path: Path) -> list[float]:
    """Return when the beeps begin, seconds."""
    command = ("ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0")
    mono = ("-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(_RATE))
    peaks = _peaks((*command, *mono, "-f", "s16le", "-"), _version(path))
    level = max(peaks) / 3
    windows = _rises([peak > level for peak in peaks], _QUIET)
    return [window * _WINDOW / _RATE for window in windows]


def psnr(path: Path, reference: Path) -> float:
    """Return how like a reference of the same size a video looks, by frames, dB of luma."""
    command = ("ffmpeg", "-nostdin", "-v", "info", "-i", str(path), "-i", str(reference))
    compare = (
        "-lavfi",
        "[0:v]setpts=N/30/TB[a];[1:v]setpts=N/30/TB[b];[a][b]psnr",
        "-f",
        "null",
        "-",
    )
    report = subprocess.run((*command, *compare), check=True, capture_output=True, text=True).stderr
    return float(report.rpartition("PSNR y:")[2].split()[0])


def _version(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written anew: a measurement holds for one version."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@cache
def _output(command: tuple[str, ...], version: tuple[int, ...]) -> bytes:  # noqa: ARG001 -- a key
    """Return what a command prints of a version of a file; it runs once, as starts are dear."""
    return subprocess.run(command, check=True, capture_output=True).stdout


@cache
def _peaks(command: tuple[str, ...], version: tuple[int, ...]) -> tuple[int, ...]:  # noqa: ARG001 -- a key
    """Return the loudest sample of each window of the 16-bit sound a command prints."""
    samples = array("h", subprocess.run(command, check=True, capture_output=True).stdout)
    windows = range(0, len(samples), _WINDOW)
    return tuple(max(map(abs, samples[at : at + _WINDOW])) for at in windows)


def _rises(on: Sequence[bool], quiet: int) -> list[int]:
    """Return where ``on`` begins after at least ``quiet`` places without."""
    return [
        index for index, now in enumerate(on) if now and not any(on[max(0, index - quiet) : index])
    ]
