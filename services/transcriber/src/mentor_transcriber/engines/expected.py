"""Expected words in place of those that a recogniser doubts.

Whisper that is told what to expect spells names right, but may leave out speech or write down what
it was told. So it listens again to the segments it doubts only, and of what it then writes nothing
is taken but expected words, each in place of a doubtful one.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    Piece = Sequence[Any]
    """Text, start and end in seconds, probability."""

_DOUBTFUL: Final = 0.5
"""Probability below which a word may be an expected one that was misheard."""
_SIMILAR: Final = 0.3
"""Share of common letters from which on it may be."""
_LONGER: Final = 2
"""More words than so many are never put in place of one run, nor fewer."""


def may_hold_expected(pieces: Sequence[Piece], hints: str) -> bool:
    """Return whether a doubtful one of a segment's words resembles an expected one.

    One that is an expected word already, as it stands, is no other that was misheard.
    """
    expected = set(map(_token, hints.split()))
    doubtful = {_token(piece[0]) for piece in pieces if piece[3] < _DOUBTFUL}
    return any(
        SequenceMatcher(None, found, sought).ratio() >= _SIMILAR
        for found in doubtful - expected
        for sought in expected
    )


def with_expected(pieces: Sequence[Piece], again: Sequence[Piece], hints: str) -> list[Piece]:
    """Return a segment's words, expected ones in place of doubtful ones.

    Parameters
    ----------
    pieces, again
        The segment's words, and what was written of it by a model that was told ``hints``.
    hints
        The expected words.
    """
    expected = set(map(_token, hints.split()))
    before, after = [_token(piece[0]) for piece in pieces], [_token(piece[0]) for piece in again]
    merged: list[Piece] = []
    for change, first, last, begun, ended in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        takes = (
            change == "replace"
            and abs((last - first) - (ended - begun)) <= _LONGER
            and any(piece[3] < _DOUBTFUL for piece in pieces[first:last])
            and not expected.isdisjoint(after[begun:ended])
        )
        merged += again[begun:ended] if takes else pieces[first:last]
    return merged


def _token(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
