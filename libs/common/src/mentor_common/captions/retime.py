"""The times of an edited transcript: what was not changed keeps the times that were heard."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from mentor_common.captions.cues import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WRITTEN: Final = 1.0  # confidence in what a person wrote
_CHAR_S: Final = 0.05  # quick speech; a run that is given less takes the pauses around it too
_THOROUGH: Final = 1_000_000  # pairs of words up to which common words may anchor the comparison


def retime(words: Sequence[Word], text: str, span: tuple[float, float]) -> list[Word]:
    """Give the words of an edited transcript their times.

    A word that is still there, whatever its case and punctuation, keeps the times at which it was
    heard. A changed run takes the time of what it replaces; where that is too short, or nothing
    was replaced, all the time between its neighbours. Within the run each word gets a share by
    its length in characters. Where nothing was heard, the text is spread over the span likewise.

    Parameters
    ----------
    words
        As they were heard, in order. Times outside the span are moved to its edge.
    text
        The transcript as it shall be, words separated by white space.
    span
        Start and end of the speech, seconds.

    Returns
    -------
    list of Word
        The words of ``text``, each beginning no earlier than the one before it ends, all within
        the span. A run inserted where nobody paused has no time of its own: its words start and
        end at one moment. Empty for an empty text.

    Raises
    ------
    ValueError
        The span ends before it starts.
    """
    start, end = span
    if end < start:
        raise ValueError(f"the span ends ({end} s) before it starts ({start} s)")
    heard = list(_within(words, start, end))
    written = text.split()
    timed: list[Word] = []
    for kept, i1, i2, j1, j2 in _runs([word.text for word in heard], written):
        run = written[j1:j2]
        if kept:
            timed += [replace(w, text=t) for w, t in zip(heard[i1:i2], run, strict=True)]
            continue
        earliest = heard[i1 - 1].end if i1 else start
        latest = heard[i2].start if i2 < len(heard) else end
        own = (heard[i1].start, heard[i2 - 1].end) if i2 > i1 else (earliest, earliest)
        enough = own[1] - own[0] >= _CHAR_S * sum(map(len, run))
        timed += _spread(run, *(own if enough else (earliest, latest)))
    return timed


def _within(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    """Move times into the span, and starts behind the end of the word before."""
    for word in words:
        begun = min(max(word.start, start), end)
        start = min(max(word.end, begun), end)
        yield replace(word, start=begun, end=start)


def _runs(heard: list[str], written: list[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Divide both texts into runs: whether it was kept, and its bounds in each."""
    old, new = [_plain(word) for word in heard], [_plain(word) for word in written]
    # What both begin and end with first: repeated words must not lead the comparison astray.
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    common = len(middle[0]) * len(middle[1]) > _THOROUGH  # comparing them all would take minutes
    yield True, 0, head, 0, head
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *middle, autojunk=common).get_opcodes():
        yield tag == "equal", head + i1, head + i2, head + j1, head + j2
    yield True, len(old) - tail, len(old), len(new) - tail, len(new)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _plain(word: str) -> str:
    """Return the word without case and punctuation, a word of nothing else as it is."""
    return "".join(char for char in word.casefold() if char.isalnum()) or word


def _spread(run: Sequence[str], start: float, end: float) -> Iterator[Word]:
    """Share the time among the words by their lengths."""
    total = sum(map(len, run))
    passed, begun = 0, start
    for text in run:
        passed += len(text)
        ended = end if passed == total else min(start + (end - start) * passed / total, end)
        yield Word(text, begun, ended, _WRITTEN)
        begun = ended
