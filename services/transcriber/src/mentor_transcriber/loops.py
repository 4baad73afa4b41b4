"""Removal of words that a recogniser repeats over music or noise: they are no speech.

Every recogniser does it when nobody speaks: the language model goes round in a circle. People
repeat themselves too ("no, no, no"), but not as often, and not over pauses with nothing between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.captions import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.captions import Word
    from mentor_transcriber.engines.base import Recognition

WORD_TIMES: Final = 5
"""A word said so often in a row is a loop; people say one three or four times."""
PHRASE_TIMES: Final = 4
"""A phrase of two words or more said so often in a row is a loop."""
APART_TIMES: Final = 3
"""So often is enough where each repetition follows a pause."""
APART_S: Final = 2.0
"""Length of such a pause, seconds."""
DENSE_TIMES: Final = 8
"""A word said so often is a loop too where no more than single other words stand between."""

ALONE_TIMES: Final = 3
"""A word said so often is a loop where nothing else was recognised."""

_LONGEST_PHRASE: Final = 12  # words
_DENSE_SHARE: Final = 2 / 3
_DEBRIS: Final = 3  # words between two loops that are part of the same noise
_REST: Final = 5  # words that are left of a noise, if they are
_REST_SHARE: Final = 0.25


def without_loops(recognition: Recognition) -> Recognition:
    """Return a recognition without loops: words or phrases that repeat in a circle.

    A loop is dropped whole, and with it up to three words between two loops. Where hardly
    anything else is left, at most five words and a quarter of all, nothing was spoken; nor where
    all of it is one word, three times or more.

    It is the same object where nothing is dropped; else its text is joined anew from the words.
    """
    kept = () if _is_one_word(recognition.words) else _kept(recognition.words)
    dropped = len(kept) < len(recognition.words)
    if dropped and len(kept) <= min(_REST, _REST_SHARE * len(recognition.words)):
        kept = ()
    return recognition.keeping(kept)


def _is_one_word(words: Sequence[Word]) -> bool:
    return len(words) >= ALONE_TIMES and len({normalised(word.text) for word in words}) == 1


def _kept(words: Sequence[Word]) -> tuple[Word, ...]:
    kept: list[Word] = []
    end: int | None = None  # of the loop before
    for start, after in _loops(words):
        between = words[end or 0 : start]
        if end is None or len(between) > _DEBRIS:
            kept += between
        end = after
    return (*kept, *words[end or 0 :])


def _loops(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the loops, ascending."""
    tokens = [normalised(word.text) for word in words]
    at = 0
    while at < len(words):
        end = max(_repeated(words, tokens, at), _dense(tokens, at))
        if end > at:
            yield at, end
        at = max(end, at + 1)


def _repeated(words: Sequence[Word], tokens: Sequence[str], at: int) -> int:
    """Return where the loop ends that begins at a word, ``at`` itself if none does."""
    for size in range(1, min(_LONGEST_PHRASE, (len(tokens) - at) // APART_TIMES) + 1):
        end = at + size
        apart = True
        while tokens[end : end + size] == tokens[at : at + size]:
            apart = apart and words[end].start - words[end - 1].end >= APART_S
            end += size
        needed = APART_TIMES if apart else WORD_TIMES if size == 1 else PHRASE_TIMES
        if (end - at) // size >= needed:
            return end
    return at


def _dense(tokens: Sequence[str], at: int) -> int:
    """Return where a stretch of mostly one word ends, ``at`` itself if none begins there."""
    last, times = at, 0
    for index in range(at, len(tokens)):
        if tokens[index] == tokens[at]:
            last, times = index, times + 1
        elif index - last > 1:
            break
    enough = times >= max(DENSE_TIMES, _DENSE_SHARE * (last + 1 - at))
    return last + 1 if enough else at
