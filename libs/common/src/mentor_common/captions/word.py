"""A word with the time at which it is spoken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A recognised word.

    Parameters
    ----------
    text
        The word, with the punctuation that clings to it if the recogniser writes any.
    start, end
        When it is spoken, seconds.
    confidence
        0 to 1, as the recogniser rates it.
    no_space_before
        True if no space stands between it and the word before, as in Japanese.
    """

    text: str
    start: float
    end: float
    confidence: float
    no_space_before: bool = False
