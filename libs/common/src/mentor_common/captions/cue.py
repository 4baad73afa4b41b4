"""A caption on the screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cue:
    """A caption on the screen.

    Parameters
    ----------
    start, end
        When it is shown, seconds; ``end`` excluded.
    text
        Plain text, not escaped; a line feed between its lines.
    """

    start: float
    end: float
    text: str
