"""Sound with gaps, overlaps and late starts: what it is and when its beeps come."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_local.corpus.colours import BT709

if TYPE_CHECKING:
    from pathlib import Path

_PICTURE: Final = ("-f", "lavfi", "-i", "color=gray:s=320x180:r=10:d=3")
_PACKET: Final = 240  # samples: 5 ms
_H264: Final = ("-c:v", "libx264", "-preset", "ultrafast", *BT709)
_PCM: Final = (*_H264, "-c:a", "pcm_s16le")
_ALL: Final = (0.5, 1.0, 1.5, 2.0, 2.5)
_QUIET_HOLES: Final = "between(n,60,71)"  # 60 ms from 0.3 s
_MANY_HOLES: Final = "+".join(
    f"between(n,{first},{first + packets - 1})"
    for first, packets in ((30, 3), (70, 6), (150, 9), (160, 2), (260, 13), (360, 18), (460, 4))
)


@dataclass(frozen=True)
class SoundClip:
    """A recording of three seconds.

    Parameters
    ----------
    name
        The file's.
    beeps
        Seconds at which a beep of 50 ms begins.
    options
        ffmpeg's for the output.
    before
        And for the input of the sound.
    packet
        Samples in a packet of the source, at 48 kHz.
    """

    name: str
    options: tuple[str, ...]
    beeps: tuple[float, ...] = _ALL
    before: tuple[str, ...] = ()
    packet: int = _PACKET

    def make(self, folder: Path) -> Path:
        """Write the file into ``folder``."""
        path = folder / self.name
        tone = "sin(2*PI*1000*t)*lt(mod(t\\,0.5)\\,0.05)*gt(t\\,0.4)*0.8"
        sound = f"aevalsrc={tone}:s=48000:d=3:n={self.packet}"
        source = (*_PICTURE, *self.before, "-f", "lavfi", "-i", sound)
        command = ("ffmpeg", "-nostdin", "-v", "error", "-y", *source, *self.options, str(path))
        subprocess.run(command, check=True)
        return path


SOUND_CLIPS: Final = (
    SoundClip("hole-of-60-ms.mkv", (*_PCM, "-bsf:a", f"noise=drop='{_QUIET_HOLES}'")),
    SoundClip("holes-of-15-to-90-ms.mkv", (*_PCM, "-bsf:a", f"noise=drop='{_MANY_HOLES}'")),
    SoundClip(
        # From 1.2 s on each packet says that it plays 30 ms earlier.
        "overlap.mkv",
        (*_PCM, "-bsf:a", "setts=ts='if(gte(N,24),TS-30,TS)'"),
        beeps=(0.5, 1.0, 1.47, 1.97, 2.47),
        packet=2400,
    ),
    SoundClip(
        "late-sound.mkv",
        _PCM,
        beeps=(0.75, 1.25, 1.75, 2.25, 2.75),
        before=("-itsoffset", "0.25"),
    ),
    SoundClip("aac-priming.mp4", (*_H264, "-c:a", "aac"), packet=1024),
    SoundClip(
        "opus-pre-skip.webm",
        (
            *("-c:v", "libvpx"),
            *("-cpu-used", "8", "-threads", "1", "-deadline", "realtime"),
            *BT709,
            "-c:a",
            "libopus",
        ),
        packet=960,
    ),
)
"""Each way in which the times of sound go wrong."""
