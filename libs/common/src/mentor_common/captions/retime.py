"""The times of an edited transcript: what was not changed keeps its recognised times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from mentor_common.captions.segments import join_words, segments
from mentor_common.captions.word import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WRITTEN: Final = 1.0  # confidence in what a person wrote
_CHAR_S: Final = 0.05  # quick speech; a run that is given less takes the pauses around it too
_RUN: Final = 3.0  # words in a row that two texts do not share by accident
_RUN_WHERE_SIMILAR: Final = 2.0
_SCATTERED: Final = 5.0  # words that are still there with others changed between them
_CHANGED: Final = 2  # words
_HALF: Final = 0.5
_NO_SPACE_WEIGHT: Final = 0.4  # endings of a few characters come in every sentence
_THOROUGH: Final = 1_000_000  # pairs of words up to which common words may anchor the comparison


def retime(words: Sequence[Word], text: str, span: tuple[float, float]) -> list[Word]:
    """Give the words of an edited transcript their times.

    A word that is still there, whatever its case and punctuation, keeps its recognised times, if
    enough of its neighbours are still there too: a single "the" of a new sentence is no anchor, see
    `_Anchors`. A changed run takes the time of what it replaces; where that is too short, or
    nothing was replaced, all the time between its neighbours. Within the run each word gets a share
    by its length in characters. Where no word was recognised, the text is spread over the span
    likewise.

    Parameters
    ----------
    words
        As recognised, in order. Times outside the span are moved to its edge.
    text
        The transcript as it shall be. Words are separated by white space; those of scripts
        without spaces are cut into the pieces between which a line may end.
    span
        Start and end of the speech, seconds.

    Returns
    -------
    list of Word
        The words of ``text``, each beginning no earlier than the one before it ends, all within
        the span. A run inserted without a pause has no time of its own: its words start and
        end at one moment. Empty for an empty text.

    Raises
    ------
    ValueError
        The span ends before it starts.
    """
    start, end = span
    if end < start:
        raise ValueError(f"the span ends ({end} s) before it starts ({start} s)")
    recognised = segments(_within(words, start, end), finest=True)
    written = segments((Word(each, start, start, _WRITTEN) for each in text.split()), finest=True)
    timed: list[Word] = []
    for kept, i1, i2, j1, j2 in _runs(recognised, written):
        run = written[j1:j2]
        if kept:
            pairs = zip(recognised[i1:i2], run, strict=True)
            timed += [
                replace(old, text=new.text, no_space_before=new.no_space_before)
                for old, new in pairs
            ]
            continue
        earliest = recognised[i1 - 1].end if i1 else start
        latest = recognised[i2].start if i2 < len(recognised) else end
        own = (recognised[i1].start, recognised[i2 - 1].end) if i2 > i1 else (earliest, earliest)
        enough = own[1] - own[0] >= _CHAR_S * sum(len(word.text) for word in run)
        timed += _spread(run, *(own if enough else (earliest, latest)))
    return timed


def anchored(timed: Sequence[Word], words: Sequence[Word], span: tuple[float, float]) -> list[bool]:
    """Return for each word that `retime` returned whether it has kept its recognised time.

    The arguments are those of `retime`, behind what it made of them.
    """
    recognised = retime(words, join_words(words), span)
    known = {(normalised(word.text), word.start, word.end) for word in recognised}
    return [(normalised(word.text), word.start, word.end) in known for word in timed]


def _within(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    """Move times into the span, and starts behind the end of the word before."""
    for word in words:
        begun = min(max(word.start, start), end)
        start = min(max(word.end, begun), end)
        yield replace(word, start=begun, end=start)


def _runs(
    recognised: Sequence[Word], written: Sequence[Word]
) -> Iterator[tuple[bool, int, int, int, int]]:
    """Divide both texts into runs: whether it was kept, and its bounds in each."""
    old, new = ([normalised(word.text) for word in words] for words in (recognised, written))
    weights = [_NO_SPACE_WEIGHT if word.no_space_before else 1.0 for word in written]
    i = j = 0
    for run in _Anchors(weights, len(old)).among(_matches(old, new)):
        yield False, i, run.i, j, run.j
        yield True, run.i, run.i + run.size, run.j, run.j + run.size
        i, j = run.i + run.size, run.j + run.size
    yield False, i, len(old), j, len(new)


def _matches(old: list[str], new: list[str]) -> Iterator[_Match]:
    """Yield the runs that both texts have, in order."""
    # What both begin and end with first: repeated words must not lead the comparison astray.
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    common = len(middle[0]) * len(middle[1]) > _THOROUGH  # comparing them all would take minutes
    yield _Match(0, 0, head)
    for i, j, size in SequenceMatcher(None, *middle, autojunk=common).get_matching_blocks():
        yield _Match(head + i, head + j, size)
    yield _Match(len(old) - tail, len(new) - tail, tail)


@dataclass(frozen=True)
class _Match:
    """A run of ``size`` words that both texts have: from ``i`` in the old, ``j`` in the new."""

    i: int
    j: int
    size: int

    def follows(self, other: _Match) -> bool:
        """Return whether no more than a word or two were changed between them."""
        apart = self.i - other.i - other.size, self.j - other.j - other.size
        return max(apart) <= _CHANGED


@dataclass(frozen=True)
class _Anchors:
    """Separates runs that stand for a place in the text from words that any two texts share.

    Runs with only a word or two changed between them count together. They are anchors if there
    are three words in a row, or five with no more changed than kept. Where half of both texts is
    still there, two words in a row are enough, and a single one at the very beginning or end.
    Shorter texts are anchored by half of them.

    Parameters
    ----------
    weights
        Of the new text's words: pieces of a word count less.
    length
        Words of the old text.
    """

    weights: Sequence[float]
    length: int

    def among(self, matches: Iterable[_Match]) -> list[_Match]:
        """Return the runs that are anchors."""
        groups: list[list[_Match]] = []
        for match in (each for each in matches if each.size):
            if groups and match.follows(groups[-1][-1]):
                groups[-1].append(match)
            else:
                groups.append([match])
        kept = sum(match.size for group in groups for match in group)
        similar = kept >= _HALF * max(len(self.weights), self.length)
        return [match for group in groups if self._holds(group, similar) for match in group]

    def _holds(self, group: list[_Match], similar: bool) -> bool:
        first, last = group[0], group[-1]
        longest = max(self._weight(match) for match in group)
        if longest >= _RUN or (similar and longest >= _RUN_WHERE_SIMILAR):
            return True
        ends = last.i + last.size, last.j + last.size
        at_edge = first.i == first.j == 0 or ends == (self.length, len(self.weights))
        if similar and at_edge:
            return True
        size = sum(match.size for match in group)
        dense = size >= _HALF * max(ends[0] - first.i, ends[1] - first.j)
        whole = size >= _HALF * max(self.length, len(self.weights))
        return whole or (dense and sum(self._weight(match) for match in group) >= _SCATTERED)

    def _weight(self, match: _Match) -> float:
        return sum(self.weights[match.j : match.j + match.size])


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def normalised(word: str) -> str:
    """Return the word without case and punctuation, a word of nothing else as it is."""
    return "".join(char for char in word.casefold() if char.isalnum()) or word


def _spread(run: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    """Share the time among the words by their lengths."""
    total = sum(len(word.text) for word in run)
    passed, begun = 0, start
    for word in run:
        passed += len(word.text)
        ended = end if passed == total else min(start + (end - start) * passed / total, end)
        yield replace(word, start=begun, end=ended)
        begun = ended
