"""Cues that can be read in time, out of words that know when they are spoken."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINE_CHARS: Final = 42
"""Longest line."""
CUE_CHARS: Final = 2 * LINE_CHARS
"""What two lines hold."""
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
_CLOSING: Final = "\"'\u201d\u2019)]"  # may follow the mark that ends a sentence


@dataclass(frozen=True)
class Word:
    """A word that was heard.

    Parameters
    ----------
    text
        The word, with the punctuation that clings to it if the recogniser writes any.
    start, end
        When it is spoken, seconds.
    confidence
        0 to 1, as the recogniser rates it.
    """

    text: str
    start: float
    end: float
    confidence: float


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

    At most two balanced lines of 42 characters and seven seconds a cue. A new one begins after a
    pause of more than 0.7 s and after the end of a sentence. What is still too long is divided at
    a comma or a breath once a good half is filled, else where the parts come out even. Cues never
    overlap and stay for at least a second: what would be pushed away sooner is joined with what
    follows. Only speech too fast for two lines a second is shorter.

    Parameters
    ----------
    words
        In the order of their starts, not overlapping. A word that is longer than a line gets a
        line of its own.

    Returns
    -------
    list of Cue
        Ascending, times rounded to milliseconds. The last one may outlast its last word to reach
        a second: :func:`~mentor_common.captions.cut` it to the length of the video.
    """
    groups = [group for phrase in _phrases(words) for group in _parts(phrase)]
    followers = [*(group[0].start for group in groups[1:]), inf]
    return [_cue(group, follower) for group, follower in zip(groups, followers, strict=False)]


def legible(cues: Sequence[Cue], end: float) -> list[Cue]:
    """Give cues that would flash by a share of their neighbours' time, by their length.

    Text that a person added where nobody paused has no time of its own, see
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
    total = sum(len(cue.text) for cue in block)
    passed = 0
    for cue in block:
        begun = start + (end - start) * passed / total
        passed += len(cue.text)
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
        (".", "!", "?", "…")
    )


def _parts(phrase: Sequence[Word]) -> Iterator[Sequence[Word]]:
    chars, end, begun = len(_text(phrase)), phrase[-1].end, 0
    while begun < len(phrase):
        # No two lines hold more words than characters; a text may be hours long.
        ahead = phrase[begun : begun + CUE_CHARS + 1]
        part = ahead[: _cue_size(ahead, chars, end)]
        yield part
        begun += len(part)
        chars -= len(_text(part)) + 1


def _cue_size(phrase: Sequence[Word], chars: int, end: float) -> int:
    """Return how many words of the phrase its next cue takes.

    ``phrase`` may leave out the rest of it, beyond what a cue holds; ``chars`` and ``end`` are the
    whole's.
    """
    most = 1
    while most < len(phrase) and _fits(phrase[: most + 1]):
        most += 1
    if most == len(phrase):
        return most
    lengths = [len(_text(phrase[:size])) for size in range(1, most + 1)]
    for size in range(most, 0, -1):
        if _ends_clause(phrase[size - 1], phrase[size], lengths[size - 1] / CUE_CHARS) and (
            end - phrase[size].start >= MIN_CUE_S
        ):
            return size
    # Even parts: a full cue followed by a single word reads badly and flashes by.
    parts = max(2, ceil(chars / CUE_CHARS), ceil((end - phrase[0].start) / MAX_CUE_S))
    return min(range(1, most + 1), key=lambda size: abs(lengths[size - 1] - chars / parts))


def _ends_clause(word: Word, following: Word, fill: float) -> bool:
    """Tell whether a cue that is full to the share ``fill`` may end between two words."""
    if fill >= _COMMA_FILL and word.text.rstrip(_CLOSING).endswith((",", ";", ":")):
        return True
    return fill >= _BREATH_FILL and following.start - word.end >= _BREATH_S


def _fits(words: Sequence[Word]) -> bool:
    return words[-1].end - words[0].start <= MAX_CUE_S and _lines(words) is not None


def _lines(words: Sequence[Word]) -> str | None:
    """Return the words on one line or on two of nearly equal length, ``None`` if they need more."""
    text = _text(words)
    if len(text) <= LINE_CHARS or len(words) == 1:
        return text
    pairs = ((_text(words[:size]), _text(words[size:])) for size in range(1, len(words)))
    possible = [pair for pair in pairs if max(map(len, pair)) <= LINE_CHARS]
    if not possible:
        return None
    upper, lower = min(possible, key=lambda pair: abs(len(pair[0]) - len(pair[1])))
    return f"{upper}\n{lower}"


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _cue(words: Sequence[Word], follower: float) -> Cue:
    start = words[0].start
    end = min(max(words[-1].end, start + MIN_CUE_S), start + MAX_CUE_S, follower)
    return Cue(round(start, 3), round(end, 3), _lines(words) or _text(words))
