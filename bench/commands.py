"""Fixed commands to compare with: one ffmpeg process that makes what the transcoder makes.

They are written down here, and not taken from the transcoder, so that they stay what they are when
it changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from bench.clips import Case


@dataclass(frozen=True)
class Setting:
    """x264's preset and constant rate factor of both renditions."""

    preset: str
    crf: int

    @property
    def name(self) -> str:
        """Short, as in the table."""
        return f"{self.preset} {self.crf}"


BEFORE: Final = Setting("faster", 20)
"""What encoded both renditions of every title before a look at the source chose."""

CANDIDATES: Final = (
    Setting("superfast", 22),
    Setting("superfast", 20),
    Setting("veryfast", 20),
    Setting("veryfast", 18),
    BEFORE,
)
"""Of these the cheapest that is good enough is what a person who knows the title would take."""

_SIZES: Final = {"web": ("6M", "12M"), "mobile": ("3M", "6M")}
_VP9: Final = ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "24", "-b:v", "0")
_REALTIME: Final = ("-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1")


def command(
    case: Case, clip: Path, folder: Path, setting: Setting, *, transparent: bool
) -> tuple[str, ...]:
    """Return the command that writes ``web.mp4``, ``mobile.mp4`` and ``thumbnail.jpg``.

    Parameters
    ----------
    transparent
        Write a WebM with transparency beside each.
    """
    side = case.height * 3 // 4
    shapes = {
        "web": "scale=1280:720:flags=bicubic",
        "mobile": f"crop={side}:{side},scale=480:480:flags=bicubic",
    }
    inlets = "".join(f"[{name}_in]" for name in (*shapes, "thumbnail"))
    chains = [f"[0:v]fps=30,split=3{inlets}"]
    outputs: list[str] = []
    for name, shape in shapes.items():
        picture = f"[{name}_in]{shape},setsar=1"
        if transparent:
            chains.append(
                f"{picture},format=yuva420p,split[{name}_vp9][{name}_both];[{name}_both]format=yuv420p[{name}]"
            )
            webm = (*_VP9, *_REALTIME, "-auto-alt-ref", "0", "-c:a", "libopus", "-b:a", "128k")
            outputs += ["-map", f"[{name}_vp9]", "-map", "0:a", *webm, str(folder / f"{name}.webm")]
        else:
            chains.append(f"{picture},format=yuv420p[{name}]")
        maxrate, bufsize = _SIZES[name]
        x264 = ("-c:v", "libx264", "-preset", setting.preset, "-crf", str(setting.crf))
        cap = ("-maxrate", maxrate, "-bufsize", bufsize, "-movflags", "+faststart")
        sound = ("-c:a", "aac", "-b:a", "160k", "-ac", "2")
        path = str(folder / f"{name}.mp4")
        outputs += ["-map", f"[{name}]", "-map", "0:a", *x264, *cap, *sound, path]
    chains.append(f"[thumbnail_in]select=gte(t\\,1)*isnan(prev_selected_t),{shapes['web']}[shown]")
    outputs += ["-map", "[shown]", "-frames:v", "1", "-q:v", "2", "-update", "1"]
    outputs.append(str(folder / "thumbnail.jpg"))
    decoder = ("-c:v", "libvpx-vp9") if transparent else ()
    start = ("ffmpeg", "-nostdin", "-v", "error", "-y", *decoder, "-i", str(clip))
    return (*start, "-filter_complex", ";".join(chains), *outputs)
