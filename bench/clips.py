"""Clips to encode: generated, like recordings, the same bytes each time."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWN_CLIP: Final = Path(__file__).parents[1] / "local" / "sample" / "answer.mp4"
SECONDS: Final = 20
TRIM: Final = (1.2, 18.7)


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Parameters
    ----------
    name
        What it is called.
    clip
        File name of the clip.
    trim
        Start and end of what is kept, seconds; ``None`` for all.
    alpha
        Recorded before a virtual background.
    """

    name: str
    clip: str
    trim: tuple[float, float] | None = None
    alpha: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the clip."""
        return (1920, 1080) if self.clip.startswith("phone") else (1280, 720)


CASES: Final = (
    Case("1080p", "phone-1080p.mp4"),
    Case("1080p, trim 1.2-18.7", "phone-1080p.mp4", TRIM),
    Case("720p", "webcam-720p.mp4"),
    Case("720p, trim 1.2-18.7", "webcam-720p.mp4", TRIM),
    Case("720p VP9 with alpha", "background-720p.webm", alpha=True),
)

# Our own clip in the middle of a textured room, held by a hand that is not quite still, with the
# noise of a small sensor.
_ROOM: Final = (
    "[1:v]trim=end_frame=1,scale=2048:1152:flags=bicubic,format=yuv420p,loop=-1:1,setpts=N/30/TB,"
    "crop=1920:1080:'64+24*sin(t*0.9)':'36+12*sin(t*0.7)'[room]"
)
_SCENE: Final = (
    f"{_ROOM};[0:v]scale=1152:648:flags=bicubic,fps=30[own];"
    "[room][own]overlay=x='384+12*sin(t)':y=216:shortest=1,noise=c0s=3:c0f=t,format=yuv420p[scene]"
)
_INPUTS: Final = (
    *("-stream_loop", "-1", "-i", str(OWN_CLIP)),
    *("-f", "lavfi", "-i", "mandelbrot=size=1024x576:rate=30:start_scale=0.2:maxiter=500"),
)
_AAC: Final = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000")
_PHONE: Final = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "17M", "-maxrate", "24M")


def make_clips(folder: Path) -> None:
    """Write the clips that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    phone = folder / "phone-1080p.mp4"
    if not phone.exists():
        scene = ("-filter_complex", _SCENE, "-map", "[scene]", "-map", "0:a", "-t", str(SECONDS))
        _ffmpeg(*_INPUTS, *scene, *_PHONE, "-bufsize", "34M", *_AAC, str(phone))
    webcam = folder / "webcam-720p.mp4"
    if not webcam.exists():
        encoder = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", *_AAC)
        _ffmpeg("-i", str(phone), "-vf", "scale=1280:720", *encoder, str(webcam))
    background = folder / "background-720p.webm"
    if not background.exists():
        mask = (
            "split[c][m];[m]lutyuv=y=0:u=128:v=128,drawbox=x=iw/4:y=ih/4:w=iw/2:h=ih:color=white"
            ":t=fill,format=gray,gblur=4[a];[c][a]alphamerge,format=yuva420p"
        )
        vp9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2.5M")
        alpha = ("-auto-alt-ref", "0", "-metadata:s:v", "alpha_mode=1", "-c:a", "libopus")
        _ffmpeg("-i", str(webcam), "-vf", mask, *vp9, *alpha, str(background))


def _ffmpeg(*arguments: str) -> None:
    path = Path(arguments[-1])
    partial = path.with_name(f"partial-{path.name}")
    command = ("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments[:-1], str(partial))
    subprocess.run(command, check=True)
    partial.rename(path)
