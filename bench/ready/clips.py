"""Answers to upload: someone speaks, in pictures of 720p at 30 frames a second, in two kinds.

``standard`` is what can be copied: H.264 in MP4, a key frame every two seconds, AAC. ``other`` is
what a browser records: VP8 and Opus in WebM, which has to be encoded. Pictures are made once, and
kept; each take has them with another part of the speech, since a recogniser that hears the same
sound again may remember what it made of it.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from bench.clips import OWN_CLIP

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["standard", "other"]
KINDS: Final[tuple[Kind, ...]] = ("standard", "other")
_SOUNDS: Final = frozenset({".flac", ".wav"})
_PADDED: Final = "aresample=48000,aformat=channel_layouts=mono,apad=pad_dur=1"
_STEP_S: Final = 13
_SCENE_S: Final = 12
# Our own clip in front of a wall with structure, and the noise of a small sensor.
_SCENE: Final = (
    "[1:v]trim=end_frame=1,scale=1280:720:flags=bicubic,loop=-1:1,setpts=N/30/TB[wall];"
    "[0:v]scale=768:432:flags=bicubic,fps=30[own];"
    "[wall][own]overlay=x='256+8*sin(t*PI)':y=144:shortest=1,noise=c0s=3:c0f=t,format=yuv420p"
)
_WALL: Final = "mandelbrot=size=1024x576:rate=30:start_scale=0.2:maxiter=500"
_H264: Final = (
    *("-c:v", "libx264", "-preset", "veryfast", "-b:v", "2.5M", "-maxrate", "3M", "-bufsize", "3M"),
    *("-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-flags", "+cgop"),
)
_VP8: Final = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2.5M")
_AAC: Final = ("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart")
_OPUS: Final = ("-c:a", "libopus", "-b:a", "96k")
_CODING: Final = {"standard": (".mp4", _H264, _AAC), "other": (".webm", _VP8, _OPUS)}


@dataclass(frozen=True)
class Clip:
    """Pictures and speech, out of which takes are made.

    Parameters
    ----------
    seconds
        Length of a take.
    pictures, speech
        Files; the speech may be shorter or longer than the pictures.
    """

    kind: Kind
    seconds: int
    pictures: Path
    speech: Path

    @property
    def name(self) -> str:
        """Kind and length, as ``standard_12s``."""
        return f"{self.kind}_{self.seconds}s"

    def take(self, number: int, folder: Path) -> Path:
        """Write a take, the next one with speech from some seconds later on."""
        suffix, _, sound = _CODING[self.kind]
        path = folder / f"{self.name}-{number}{suffix}"
        speech = ("-stream_loop", "-1", "-i", str(self.speech))
        # Seconds of the sound, not of the file, so that it goes on after the file's end.
        part = f"atrim=start={_STEP_S * number},asetpts=PTS-STARTPTS"
        mapped = ("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-af", part)
        _ffmpeg(
            "-i", str(self.pictures), *speech, *mapped, "-t", str(self.seconds), *sound, str(path)
        )
        return path


def make(folder: Path, lengths: Iterable[int], speech: Path | None) -> list[Clip]:
    """Return the clips, the shortest first; pictures and speech that are not there yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken = _spoken(folder, speech)
    return [
        Clip(kind, seconds, _pictures(folder, kind, seconds), spoken)
        for seconds in sorted(lengths)
        for kind in KINDS
    ]


def _pictures(folder: Path, kind: Kind, seconds: int) -> Path:
    suffix, coding, _ = _CODING[kind]
    path = folder / f"{kind}-{seconds}s{suffix}"
    if not path.exists():
        endless = ("-stream_loop", "-1", "-i", str(_scene(folder)))
        _ffmpeg(*endless, "-map", "0:v", "-t", str(seconds), *coding, str(path))
    return path


def _scene(folder: Path) -> Path:
    path = folder / "scene.mkv"
    if not path.exists():
        inputs = ("-stream_loop", "-1", "-i", str(OWN_CLIP), "-f", "lavfi", "-i", _WALL)
        coding = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8")
        _ffmpeg(*inputs, "-filter_complex", _SCENE, "-t", str(_SCENE_S), *coding, str(path))
    return path


def _spoken(folder: Path, speech: Path | None) -> Path:
    """Return all recordings of a folder one after the other; our own clip's sound without one."""
    sounds = [OWN_CLIP]
    if speech is not None:
        sounds = sorted(path for path in speech.iterdir() if path.suffix in _SOUNDS)
        if not sounds:
            raise SystemExit(f"there is no WAV or FLAC file in {speech}")
    known = "\n".join(f"{path.name} {path.stat().st_size}" for path in sounds)
    path = folder / f"speech-{hashlib.sha256(known.encode()).hexdigest()[:8]}.wav"
    if not path.exists():
        padded = "".join(f"[{number}:a]{_PADDED}[p{number}];" for number in range(len(sounds)))
        joined = "".join(f"[p{number}]" for number in range(len(sounds)))
        graph = f"{padded}{joined}concat=n={len(sounds)}:v=0:a=1"
        inputs = [part for each in sounds for part in ("-i", str(each))]
        _ffmpeg(*inputs, "-filter_complex", graph, str(path))
    return path


def _ffmpeg(*arguments: str) -> None:
    """Write the file that is named last, whole or not at all."""
    path = Path(arguments[-1])
    partial = path.with_name(f"partial-{path.name}")
    command = ("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments[:-1], str(partial))
    subprocess.run(command, check=True)
    partial.rename(path)
