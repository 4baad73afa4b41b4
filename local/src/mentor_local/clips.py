"""Clips for many uploads: short ones that are quickly done, made by the real ffmpeg."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from mentor_local.corpus.colours import BT709

if TYPE_CHECKING:
    from pathlib import Path

_SENTENCE = "I grew up near the river"
_CLIP = (
    *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=2"),
    *("-f", "lavfi", "-i", f"flite=text='{_SENTENCE}':voice=slt"),
    *("-c:v", "libx264", "-preset", "ultrafast", *BT709, "-c:a", "aac", "-t", "2"),
)


def make_clips(folder: Path) -> dict[str, Path]:
    """Make the clips in a folder: ``good``, and ``damaged`` with nothing readable in it."""
    good, damaged = folder / "good.mp4", folder / "damaged.mp4"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *_CLIP, str(good)], check=True)
    damaged.write_bytes(good.read_bytes()[:64] + bytes(4096))
    return {"good": good, "damaged": damaged}
