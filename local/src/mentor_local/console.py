"""One readable log of many processes: each line behind a name, in colour on a terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_WIDTH = 11  # of the longest name, "transcriber"
_COLOURS = (36, 32, 33, 35, 34, 96, 92, 95)
_BOLD = 1


class Console:
    """Writes lines to one stream.

    Parameters
    ----------
    stream
        Where to; standard output when ``None``.
    coloured
        Whether to use colour; when ``None``, on a terminal unless ``NO_COLOR`` is set.
    """

    def __init__(self, stream: TextIO | None = None, *, coloured: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        self._coloured = (
            self._stream.isatty() and not os.environ.get("NO_COLOR")
            if coloured is None
            else coloured
        )
        self._colour_of: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        """Write a line of a process's output."""
        colour = self._colour_of.setdefault(name, _COLOURS[len(self._colour_of) % len(_COLOURS)])
        self._write(f"{self._paint(f'{name:<{_WIDTH}} |', colour)} {text}")

    def note(self, text: str) -> None:
        """Write a line of the supervisor's own."""
        self._write(self._paint(f"{'stack':<{_WIDTH}} | {text}", _BOLD))

    def bare(self, text: str) -> None:
        """Write a line that programs wait for, and nothing else on it."""
        self._write(text)

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()
