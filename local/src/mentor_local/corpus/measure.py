"""Measurements of results: when the flashes and the beeps of the corpus come."""

from __future__ import annotations

import json
import subprocess
from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RATE: Final = 48_000
_WINDOW: Final = 48  # samples: a millisecond
_QUIET: Final = 100  # windows before a beep
_DECODE: Final = ("ffmpeg", "-nostdin", "-v", "error")


def streams(path: Path) -> list[dict[str, Any]]:
    """Return a file's streams as ffprobe sees them, with ``nb_read_packets``."""
    status = path.stat()
    return _streams(path, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


@cache
def _streams(path: Path, _version: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the streams of one version of a file; it is read once, as starts are dear."""
    command = ("ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json")
    found: list[dict[str, Any]] = json.loads(_printed((*command, str(path))))["streams"]
    return found


@dataclass(frozen=True)
class Playback:
    """The course of a file that is played.

    Parameters
    ----------
    brightness
        As `brightness` returns it.
    flashes
        When the picture turns white, seconds; the file's frame rate must be constant.
    beeps
        When the beeps begin, seconds; empty without sound.
    """

    brightness: bytes
    flashes: list[float]
    beeps: list[float]


def play(*paths: Path) -> list[Playback]:
    """Decode files, picture and sound, all in one run of ffmpeg."""
    inputs = [part for path in paths for part in ("-i", str(path))]
    outputs: list[str] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for index, path in enumerate(paths):
            outputs += [*_brightness(index, "y"), str(folder / f"{index}.v")]
            if _has_sound(path):
                outputs += [*_sound(index), str(folder / f"{index}.a")]
        _printed((*_DECODE, *inputs, *outputs))
        return [_playback(path, folder / str(index)) for index, path in enumerate(paths)]


def brightness(path: Path, *, decoder: str | None = None, plane: str = "y") -> bytes:
    """Return the mean brightness of each frame's left and right half, two bytes a frame.

    ``plane`` may be ``a`` for the transparency instead.
    """
    chosen = ("-c:v", decoder) if decoder else ()
    return _printed((*_DECODE, *chosen, "-i", str(path), *_brightness(0, plane), "-"))


def beeps(path: Path) -> list[float]:
    """Return when the beeps begin, seconds."""
    return _beeps(_printed((*_DECODE, "-i", str(path), *_sound(0), "-")))


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


def _playback(path: Path, decoded: Path) -> Playback:
    """Read what was decoded to two files, of picture and of sound."""
    video = next(stream for stream in streams(path) if stream["codec_type"] == "video")
    lights = decoded.with_suffix(".v").read_bytes()
    heard = _beeps(decoded.with_suffix(".a").read_bytes()) if _has_sound(path) else []
    return Playback(lights, _flashes(lights, video), heard)


def _has_sound(path: Path) -> bool:
    return any(stream["codec_type"] == "audio" for stream in streams(path))


def _brightness(index: int, plane: str) -> tuple[str, ...]:
    """Return the options for the output of `brightness`, of one of the inputs."""
    shrink = f"extractplanes={plane},scale=2:1:flags=area"
    raw = ("-vsync", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo")
    return ("-map", f"{index}:v:0", "-vf", shrink, *raw)


def _sound(index: int) -> tuple[str, ...]:
    """Return the options for the output of an input's sound: 16 bit, mono."""
    filled = ("-af", "aresample=async=1:first_pts=0")
    return ("-map", f"{index}:a:0", *filled, "-ac", "1", "-ar", str(_RATE), "-f", "s16le")


def _flashes(lights: bytes, video: Mapping[str, Any]) -> list[float]:
    """Return when a picture turns white, by the right half of each frame."""
    rate = Fraction(video["avg_frame_rate"])
    start = float(video.get("start_time", 0))
    right = lights[1::2]
    level = (max(right) + sorted(right)[len(right) // 2]) / 2
    return [start + float(index / rate) for index in _rises([light > level for light in right], 3)]


def _beeps(sound: bytes) -> list[float]:
    """Return when the beeps begin in 16-bit samples, by the loudest of each window."""
    samples = array("h", sound)
    windows = (samples[at : at + _WINDOW] for at in range(0, len(samples), _WINDOW))
    peaks = [max(*window, -min(window)) for window in windows]
    level = max(peaks) / 3
    return [window * _WINDOW / _RATE for window in _rises([peak > level for peak in peaks], _QUIET)]


def _printed(command: tuple[str, ...]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def _rises(on: Sequence[bool], quiet: int) -> list[int]:
    """Return where ``on`` begins after at least ``quiet`` places without."""
    return [
        index for index, now in enumerate(on) if now and not any(on[max(0, index - quiet) : index])
    ]
