"""Cues made of words and their times, divided where speech and grammar divide it."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from mentor_common.captions.breaks import Break
from mentor_common.captions.cue import Cue
from mentor_common.captions.cue_times import MAX_CUE_S, MIN_CUE_S, extend_cues
from mentor_common.captions.layout import BREAK_COST, CUE_COLUMNS, Layout
from mentor_common.captions.segments import segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.captions.word import Word

PAUSE_S: Final = 0.7
"""A longer silence between two words ends the cue."""

_COMMA_FILL: Final = 0.6  # how full a cue must be to end at a comma
_BREATH_FILL: Final = 0.5  # and at a breath, for recognisers that write no punctuation
_BREATH_S: Final = 0.03


def cues_from_words(words: Sequence[Word], language: str | None = None) -> list[Cue]:
    """Group words into cues.

    At most two lines of 42 columns and seven seconds a cue. A new one begins after a pause of more
    than 0.7 s and after the end of a sentence. What is still too long is divided at a comma or a
    breath once a good half is filled, else where the parts come out even. Neither cues nor lines
    end after an article, preposition, conjunction or auxiliary where another break fits; see
    `mentor_common.captions.breaks`. Cues never overlap and stay until they can be read where the
    next one allows it; see `mentor_common.captions.cue_times`. What would be pushed away within a
    second is joined with what follows; only speech too fast for two lines a second is shorter.

    Parameters
    ----------
    words
        In the order of their starts, not overlapping. Those of scripts without spaces are cut
        where a line may end, see `mentor_common.captions.segments`; another word that is longer
        than a line gets a line of its own.
    language
        BCP 47; English where it is not known.

    Returns
    -------
    list of Cue
        Ascending, times rounded to milliseconds. The last one may outlast its last word to be
        read: :func:`~mentor_common.captions.trim_cues` it to the length of the video.
    """
    layout = Layout.of(segments(words, language), language)
    return extend_cues(
        [
            Cue(layout.words[first].start, layout.words[last - 1].end, layout.text(first, last))
            for begin, end in _utterances(layout)
            for first, last in _parts(layout, begin, end)
        ]
    )


def _utterances(layout: Layout) -> Iterator[tuple[int, int]]:
    """Divide at pauses and sentence ends, except where that would leave a cue under a second."""
    begin = 0
    for at in range(1, len(layout.words)):
        if _ends_utterance(layout, begin, at):
            yield begin, at
            begin = at
    if layout.words:
        yield begin, len(layout.words)


def _ends_utterance(layout: Layout, begin: int, at: int) -> bool:
    if layout.words[at].start - layout.words[begin].start < MIN_CUE_S:
        return False
    return _silence(layout, at) > PAUSE_S or layout.breaks[at] == Break.SENTENCE


def _silence(layout: Layout, at: int) -> float:
    """Return the seconds between a word and the one before."""
    return layout.words[at].start - layout.words[at - 1].end


def _parts(layout: Layout, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Divide an utterance into what cues hold."""
    while begin < end:
        last = _cue_end(layout, begin, end)
        yield begin, last
        begin = last


def _cue_end(layout: Layout, begin: int, end: int) -> int:
    """Return the word behind the last one of the next cue of an utterance."""
    last = _last_fitting(layout, begin, end)
    if last == end:
        if _is_well_divided(layout, begin, end) or not _is_divisible(layout, begin, end):
            return end
        last -= 1
    for at in range(last, begin, -1):
        if _ends_clause(layout, begin, at) and _duration(layout, at, end) >= MIN_CUE_S:
            return at
    return min(range(begin + 1, last + 1), key=lambda at: _cost(layout, begin, at, end))


def _last_fitting(layout: Layout, begin: int, end: int) -> int:
    """Return the word behind the last one that a cue holds."""
    last = begin + 1
    while last < end and _fits(layout, begin, last + 1):
        last += 1
    return last


def _fits(layout: Layout, first: int, last: int) -> bool:
    return _duration(layout, first, last) <= MAX_CUE_S and layout.fits(first, last)


def _duration(layout: Layout, first: int, last: int) -> float:
    return layout.words[last - 1].end - layout.words[first].start


def _is_well_divided(layout: Layout, first: int, last: int) -> bool:
    return layout.line_break(first, last) != Break.FORBIDDEN


def _is_divisible(layout: Layout, begin: int, end: int) -> bool:
    return end - begin > 1 and _duration(layout, begin, end) >= 2 * MIN_CUE_S


def _ends_clause(layout: Layout, begin: int, at: int) -> bool:
    """Return whether a cue may end before a word: at a comma or a breath, and full enough."""
    if not _is_well_divided(layout, begin, at):
        return False
    fill = layout.width(begin, at) / CUE_COLUMNS
    if layout.breaks[at] <= Break.CLAUSE:
        return fill >= _COMMA_FILL
    is_breath = _silence(layout, at) >= _BREATH_S and layout.breaks[at] < Break.BOUND
    return fill >= _BREATH_FILL and is_breath


def _cost(layout: Layout, begin: int, at: int, end: int) -> tuple[bool, float]:
    """Return what is bad about a cue's end before a word, the least first.

    A cue under a second, then breaks within what belongs together, and uneven parts: a full cue
    followed by a single word reads badly.
    """
    width, duration = layout.width(begin, end), _duration(layout, begin, end)
    parts = max(2, ceil(width / CUE_COLUMNS), ceil(duration / MAX_CUE_S))
    unevenness = abs(layout.width(begin, at) - width / parts)
    between, within = layout.breaks[at], layout.line_break(begin, at)
    breaks = BREAK_COST[between] + BREAK_COST[within] * (within >= Break.BOUND)
    is_flash = min(_duration(layout, begin, at), _duration(layout, at, end)) < MIN_CUE_S
    return is_flash, breaks + unevenness / 2
