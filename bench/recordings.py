"""Recordings of speech with their text: a folder's, or made by a machine's voice."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REFERENCES: Final = "references.json"
_PAUSE_S: Final = 1
_READ: Final = {
    "farm": "I grew up on a farm in Ohio, and my father fixed every machine himself. When I was "
    "ten, he gave me an old radio that did not work. I took it apart on the kitchen table.",
    "navy": "After school I joined the navy and learned electronics. The first ship I served on "
    "was forty years old. Everything on board broke at least once.",
    "advice": "If you like to know how things work, do not wait for permission to open them. "
    "Explaining something is the best way to understand it.",
}
"""Name to text of what a machine's voice reads where no recordings are given."""


@dataclass(frozen=True)
class Recording:
    """A recording as a video, as the service receives it.

    Parameters
    ----------
    name
        File name of the sound.
    video
        Small black pictures and the sound, without loss.
    spoken
        Text that is spoken.
    seconds
        Length of the sound.
    """

    name: str
    video: Path
    spoken: str
    seconds: float


def recordings_of(folder: Path, work_dir: Path) -> list[Recording]:
    """Return the recordings of a folder, in the order of their names.

    Parameters
    ----------
    folder
        Sound files, and ``references.json``: file name to the text that is spoken.
    work_dir
        Receives the videos.
    """
    references: dict[str, str] = json.loads((folder / _REFERENCES).read_text(encoding="utf-8"))
    return [
        _recording(folder / name, spoken, work_dir) for name, spoken in sorted(references.items())
    ]


def machine_read(work_dir: Path) -> list[Recording]:
    """Return recordings of the voice that ffmpeg has built in (flite)."""
    recordings = []
    for name, spoken in _READ.items():
        script, sound = work_dir / f"{name}.txt", work_dir / f"{name}.wav"
        script.write_text(spoken)
        _ffmpeg("-f", "lavfi", "-i", f"flite=textfile='{script}':voice=slt", str(sound))
        recordings.append(_recording(sound, spoken, work_dir))
    return recordings


def repeated(recordings: Sequence[Recording], seconds: float, work_dir: Path) -> Recording:
    """Return a recording of at least so many seconds: all of them again and again, with pauses."""
    total = sum(recording.seconds + _PAUSE_S for recording in recordings)
    sources = [argument for each in recordings for argument in ("-i", str(each.video))]
    padded = "".join(
        f"[{index}:a]apad=pad_dur={_PAUSE_S}[p{index}];" for index in range(len(recordings))
    )
    joined = "".join(f"[p{index}]" for index in range(len(recordings)))
    once, sound = work_dir / "once.wav", work_dir / "repeated.wav"
    _ffmpeg(
        *sources,
        "-filter_complex",
        f"{padded}{joined}concat=n={len(recordings)}:v=0:a=1",
        str(once),
    )
    again = int(seconds // total)
    _ffmpeg("-stream_loop", str(again), "-i", str(once), "-t", str(seconds), str(sound))
    spoken = " ".join(recording.spoken for recording in recordings)
    return _recording(sound, " ".join([spoken] * (again + 1)), work_dir)


def _recording(sound: Path, spoken: str, work_dir: Path) -> Recording:
    video = work_dir / f"{sound.stem}.mov"
    seconds = _seconds(sound)
    pictures = ("-f", "lavfi", "-i", f"color=black:s=160x90:r=5:d={seconds}")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le")
    _ffmpeg(*pictures, "-i", str(sound), *codecs, str(video))
    return Recording(sound.name, video, spoken, seconds)


def _seconds(sound: Path) -> float:
    asked = ("-show_entries", "format=duration", "-of", "default=nokey=1:noprint_wrappers=1")
    command = ("ffprobe", "-v", "error", *asked, str(sound))
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments), check=True)
