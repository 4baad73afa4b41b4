"""Recovery of the picture of a file whose sound cannot be opened.

ffprobe gives up on a file if one decoder refuses its settings, even where the picture is sound.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from mentor_common.confinement import Files
from mentor_common.media.guard import GUARD_FLAGS, input_url
from mentor_common.media.process import ToolRun, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_TIMEOUT_S: Final = 60.0
_NOT_OPENED: Final = "Could not open codec for input stream"
_MAPPED: Final = re.compile(r"Stream #0:(\d+) -> #0:(\d+) \(copy\)")
_EBML: Final = b"\x1a\x45\xdf\xa3"


def decoder_failed_to_open(stderr: str) -> bool:
    """Return, by its messages, whether ffprobe refused a file because one decoder did not open."""
    return _NOT_OPENED in stderr


def is_matroska(path: Path) -> bool:
    """Return whether the first bytes are those of WebM or Matroska, not of the MP4 family."""
    with path.open("rb") as file:
        return file.read(len(_EBML)) == _EBML


@asynccontextmanager
async def video_streams_only(
    path: Path, *, ffmpeg: str, timings: list[ToolRun] | None
) -> AsyncIterator[tuple[Path, dict[int, int]] | None]:
    """Copy the video streams, as they are, into a file beside ``path`` that the block may use.

    Yields
    ------
    tuple of Path and dict, or None
        The copy, and for the index of each stream in it the one in ``path``; ``None`` if there is
        no picture to copy.
    """
    matroska = is_matroska(path)
    # The same family of containers, so that rotation and pixel shape come along.
    copy = path.with_name(f"{path.name}.picture{'.mkv' if matroska else '.mov'}")
    argv = (
        *(ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-y", *GUARD_FLAGS),
        *("-i", input_url(path), "-map", "0:V", "-c", "copy", "-map_metadata", "-1"),
        *("-f", "matroska" if matroska else "mov", input_url(copy)),
    )
    try:
        files = Files((path,), (copy.parent,))
        done = await run(argv, timeout_s=_TIMEOUT_S, timings=timings, files=files)
        original = {int(to): int(of) for of, to in _MAPPED.findall(done.stderr_tail)}
        yield (copy, original) if done.returncode == 0 and original else None
    finally:
        copy.unlink(missing_ok=True)
