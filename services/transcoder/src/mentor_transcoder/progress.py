"""Percent of an encode, from what ffmpeg's ``-progress`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ENCODING_MAX: Final = 99
_DONE: Final = 100


class Progress:
    """Reports whole percents that only rise: to 99 while encoding, 100 when all is verified.

    ``length_s`` is how many seconds the output will last.
    """

    def __init__(self, length_s: float, on_percent: Callable[[int], None]) -> None:
        self._length_us = length_s * 1e6
        self._on_percent = on_percent
        self._percent = -1

    def line(self, text: str) -> None:
        """Take a ``key=value`` line."""
        key, _, value = text.partition("=")
        # Before the first frame the time is N/A or negative.
        if key == "out_time_us" and value.isdigit():
            self._report(min(_ENCODING_MAX, int(100 * int(value) / self._length_us)))

    def done(self) -> None:
        """Report 100: everything that was requested is made and verified."""
        self._report(_DONE)

    def _report(self, percent: int) -> None:
        if percent > self._percent:
            self._percent = percent
            self._on_percent(percent)
