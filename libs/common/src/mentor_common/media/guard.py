"""Input options for every file that ffmpeg or ffprobe opens.

A mentor's file is hostile until shown otherwise: a playlist named ``.mp4`` makes an unguarded
ffmpeg fetch the addresses inside it, and 200 kB of H.264 can ask for gigabytes of pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIXELS: Final = 35_389_440
"""The largest picture that is decoded: 8192 x 4320."""

GUARD_FLAGS: Final[tuple[str, ...]] = (
    "-protocol_whitelist",
    "file,pipe",
    "-format_whitelist",
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "-max_pixels",
    str(MAX_PIXELS),
)
"""Input options: put them before the ``-i`` (or ffprobe's file) they guard."""


def input_url(path: Path) -> str:
    """Return the name under which a tool opens ``path``.

    The explicit protocol keeps a name with a colon or a leading dash from being read as an address
    or as an option.
    """
    return f"file:{path.resolve()}"
