"""Cues that can be read in time, made of words and their times."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Final

from mentor_common.captions.segments import LINE_COLUMNS, columns, join_words, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.captions.word import Word

CUE_COLUMNS: Final = 2 * LINE_COLUMNS
"""Columns that two lines hold."""
MAX_CUE_S: Final = 7.0
"""Longest time a cue stays."""
MIN_CUE_S: Final = 1.0
"""Shortest time a cue stays, unless the next one needs its place."""
PAUSE_S: Final = 0.7
"""A longer silence between two words ends the cue."""

_FLASH_S: Final = 0.2  # a cue that is shown for less cannot be seen

_COMMA_FILL: Final = 0.6  # how full a cue must be to end at a comma
_BREATH_FILL: Final = 0.5  # and at a breath, for recognisers that write no punctuation
_BREATH_S: Final = 0.03
_CLOSING: Final = (
    "\"'\u201d\u2019)]\uff09\u300d\u300f\u3011"  # may follow the mark that ends a sentence
)
_SENTENCE_ENDS: Final = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f", "\uff61")
_CLAUSE_ENDS: Final = (",", ";", ":", "\u3001", "\uff0c", "\uff1b", "\uff1a", "\uff64")


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


def cues_from_words(words: Sequence[Word]) -> list[Cue]:
    """Group words into cues.

    At most two balanced lines of 42 columns and seven seconds a cue. A new one begins after a
    pause of more than 0.7 s and after the end of a sentence. What is still too long is divided at
    a comma or a breath once a good half is filled, else where the parts come out even. Cues never
    overlap and stay for at least a second: what would be pushed away sooner is joined with what
    follows. Only speech too fast for two lines a second is shorter.

    Parameters
    ----------
    words
        In the order of their starts, not overlapping. Those of scripts without spaces are cut
        where a line may end, see `mentor_common.captions.segments`; another word that is longer
        than a line gets a line of its own.

    Returns
    -------
    list of Cue
        Ascending, times rounded to milliseconds. The last one may outlast its last word to reach
        a second: :func:`~mentor_common.captions.trim_cues` it to the length of the video.
    """
    groups = [group for phrase in _phrases(segments(words)) for group in _parts(phrase)]
    followers = [*(group[0].start for group in groups[1:]), inf]
    return [_cue(group, follower) for group, follower in zip(groups, followers, strict=False)]


def spread_short_cues(cues: Sequence[Cue], end: float) -> list[Cue]:
    """Give cues that would flash by a share of the time of their neighbours, by their length.

    Text that a person added where there was no pause has no time of its own, see
    :func:`~mentor_common.captions.retime`.

    Parameters
    ----------
    cues
        Ascending, not overlapping.
    end
        Of the video, seconds: nothing is shown for longer.

    Returns
    -------
    list of Cue
        The same texts in the same order, ascending, not overlapping.
    """
    blocks: list[list[Cue]] = []
    for cue in (Cue(min(cue.start, end), min(cue.end, end), cue.text) for cue in cues):
        if blocks and (_flashes(cue) or _flashes(blocks[-1][-1])):
            blocks[-1].append(cue)
        else:
            blocks.append([cue])
    return [shared for block in blocks for shared in _shared(block)]


def _flashes(cue: Cue) -> bool:
    return cue.end - cue.start < _FLASH_S


def _shared(block: list[Cue]) -> Iterator[Cue]:
    if len(block) == 1:
        yield block[0]
        return
    start, end = block[0].start, block[-1].end
    total = sum(columns(cue.text) for cue in block)
    passed = 0
    for cue in block:
        begun = start + (end - start) * passed / total
        passed += columns(cue.text)
        yield Cue(round(begun, 3), round(start + (end - start) * passed / total, 3), cue.text)


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Divide at pauses and sentence ends, except where that would leave a cue under a second."""
    phrases: list[list[Word]] = []
    for word in words:
        if phrases and not _ends_phrase(phrases[-1], word):
            phrases[-1].append(word)
        else:
            phrases.append([word])
    return phrases


def _ends_phrase(phrase: list[Word], following: Word) -> bool:
    if following.start - phrase[0].start < MIN_CUE_S:
        return False
    last = phrase[-1]
    return following.start - last.end > PAUSE_S or last.text.rstrip(_CLOSING).endswith(
        _SENTENCE_ENDS
    )


def _parts(phrase: Sequence[Word]) -> Iterator[Sequence[Word]]:
    width, end, begun = columns(join_words(phrase)), phrase[-1].end, 0
    while begun < len(phrase):
        # No two lines hold more words than columns; a text may be hours long.
        ahead = phrase[begun : begun + CUE_COLUMNS + 1]
        part = ahead[: _cue_size(ahead, width, end)]
        yield part
        begun += len(part)
        spaced = begun < len(phrase) and not phrase[begun].no_space_before
        width -= columns(join_words(part)) + spaced


def _cue_size(phrase: Sequence[Word], width: int, end: float) -> int:
    """Return how many words of the phrase its next cue takes.

    ``phrase`` may leave out the rest of it, beyond what a cue holds; ``width`` and ``end`` are the
    whole's.
    """
    spans = _spans(phrase)
    most = 1
    while most < len(phrase) and _fits(phrase[: most + 1], spans[: most + 1]):
        most += 1
    if most == len(phrase):
        return most
    for size in range(most, 0, -1):
        if _ends_clause(phrase[size - 1], phrase[size], spans[size - 1][1] / CUE_COLUMNS) and (
            end - phrase[size].start >= MIN_CUE_S
        ):
            return size
    # Even parts: a full cue followed by a single word reads badly and flashes by.
    parts = max(2, ceil(width / CUE_COLUMNS), ceil((end - phrase[0].start) / MAX_CUE_S))
    return min(range(1, most + 1), key=lambda size: abs(spans[size - 1][1] - width / parts))


def _ends_clause(word: Word, following: Word, fill: float) -> bool:
    """Return whether a cue that is full to the share ``fill`` may end between two words."""
    if fill >= _COMMA_FILL and word.text.rstrip(_CLOSING).endswith(_CLAUSE_ENDS):
        return True
    return fill >= _BREATH_FILL and following.start - word.end >= _BREATH_S


def _fits(words: Sequence[Word], spans: Sequence[tuple[int, int]]) -> bool:
    return words[-1].end - words[0].start <= MAX_CUE_S and _upper_line(spans) is not None


def _spans(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Return the columns at which each word begins and ends, all on one line."""
    spans: list[tuple[int, int]] = []
    for word in words:
        start = spans[-1][1] + (not word.no_space_before) if spans else 0
        spans.append((start, start + columns(word.text)))
    return spans


def _upper_line(spans: Sequence[tuple[int, int]]) -> int | None:
    """Return how many words stand on the upper one of two lines of nearly equal length.

    All of them where one line holds them, or it is a single word; ``None`` if two are not enough.
    """
    end = spans[-1][1]
    if end <= LINE_COLUMNS or len(spans) == 1:
        return len(spans)
    widths = ((size, spans[size - 1][1], end - spans[size][0]) for size in range(1, len(spans)))
    possible = [each for each in widths if max(each[1:]) <= LINE_COLUMNS]
    if not possible:
        return None
    return min(possible, key=lambda each: abs(each[1] - each[2]))[0]


def _lines(words: Sequence[Word]) -> str:
    """Return the words on one line, or on two of nearly equal length."""
    upper = _upper_line(_spans(words)) or len(words)
    return "\n".join(join_words(line) for line in (words[:upper], words[upper:]) if line)


def _cue(words: Sequence[Word], follower: float) -> Cue:
    start = words[0].start
    end = min(max(words[-1].end, start + MIN_CUE_S), start + MAX_CUE_S, follower)
    return Cue(round(start, 3), round(end, 3), _lines(words))
