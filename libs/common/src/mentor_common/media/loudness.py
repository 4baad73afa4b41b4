"""Detection of silent sound tracks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mentor_common.confinement import Bounds, Files
from mentor_common.media.guard import GUARD_FLAGS, input_url
from mentor_common.media.process import ToolRun, run

if TYPE_CHECKING:
    from pathlib import Path

_PEAK: Final = re.compile(r"max_volume: (-?[\d.]+|-inf) dB")
_SILENT_DB: Final = -60.0  # the peak; the faintest speech of a working microphone is above it
_TIMEOUT_S: Final = 120.0
_BOUNDS: Final = Bounds(memory_bytes=1 << 30, cpu_s=60)


async def is_silent(
    path: Path, index: int, *, ffmpeg: str, timings: list[ToolRun] | None = None
) -> bool:
    """Decode a stream and return whether it is silent, or cannot be decoded at all.

    Raises
    ------
    ToolTimeoutError
        ffmpeg did not end.
    """
    argv = (
        *(ffmpeg, "-nostdin", "-hide_banner", "-nostats", *GUARD_FLAGS, "-i", input_url(path)),
        *("-map", f"0:{index}", "-af", "volumedetect", "-f", "null", "-"),
    )
    done = await run(
        argv, timeout_s=_TIMEOUT_S, timings=timings, bounds=_BOUNDS, files=Files((path,))
    )
    peak = _PEAK.search(done.stderr_tail)
    return done.returncode != 0 or peak is None or float(peak[1]) < _SILENT_DB
