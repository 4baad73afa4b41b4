"""Words of scripts that write no spaces, cut where a line may end.

Chinese and Japanese break by the Unicode line breaking algorithm (UAX #14, as the library
implements it): no line begins with closing punctuation or small kana, none ends with an opening
bracket. Thai, Lao, Khmer and Burmese would need a dictionary to find their words; they break
between clusters (UAX #29). Of these places those between phrases are taken, see
`mentor_common.captions.phrases`; where the language has no model, all of the former, and of the
latter those between the words of the recogniser.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from unicode_segmentation_rs import graphemes, line_break_units, text_width

from mentor_common.captions.phrases import phrase_ends
from mentor_common.captions.word import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINE_COLUMNS: Final = 42
"""Longest line: 42 Latin letters, or 21 characters of full width (Timed Text Style Guides)."""

# UAX #14's class SA, the scripts of south-east Asia that need a dictionary.
_DICTIONARY: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]"
)
# Korean is wide, too, but writes spaces and breaks at them.
_KOREAN: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc]")
_WIDE: Final = frozenset("WFH")
# Thai, Lao and Tai Viet vowels that are written before their consonant (Logical_Order_Exception),
_PREFIXED: Final = re.compile("[\u0e40-\u0e44\u0ec0-\u0ec4\uaab5\uaab6\uaab9\uaabb\uaabc]$")
# and what belongs to the letter before it though it is a cluster of its own.
_SUFFIXED: Final = re.compile(
    "[\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46\u0eaf\u0eb0\u0eb2\u0eb3\u0ec6]"
)
_SEARCHED: Final = 100  # characters in which a word is looked for behind the one before
_VIRAMA: Final = 9  # combining class of signs that stack the next consonant below


def columns(text: str) -> int:
    """Return how wide a text is displayed: 2 for a wide character, 0 for a combining one."""
    return text_width(text)


def segments(
    words: Iterable[Word], language: str | None = None, *, finest: bool = False
) -> list[Word]:
    """Cut words where a line may end; words of scripts with spaces stay whole.

    Parameters
    ----------
    words
        In order; those that follow each other without a space are cut as one text.
    language
        BCP 47; decides between which phrases a line may end.
    finest
        Cut wherever the script allows it, else only between phrases and where a piece is wider
        than a line.

    Returns
    -------
    list of Word
        The same text. A part has that share of its word's time that it has of its characters.
    """
    cut: list[Word] = []
    for run in _runs(words):
        text = "".join(word.text for word in run)
        if len(run) == 1 and not writes_no_spaces(text):
            cut += run
            continue
        places = _places(text)
        chosen = places if finest else _between_phrases(text, places, run, language)
        cut += _parts(run, [0, *chosen, len(text)])
    return cut


def _runs(words: Iterable[Word]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in words:
        if run and not word.no_space_before:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def writes_no_spaces(text: str) -> bool:
    """Return whether a text has letters of a script that puts no spaces between words."""
    if text.isascii():
        return False
    return needs_dictionary(text) or any(
        unicodedata.east_asian_width(char) in _WIDE and not _KOREAN.match(char) for char in text
    )


def needs_dictionary(text: str) -> bool:
    """Return whether a text is of a script whose words only a dictionary finds, such as Thai."""
    return _DICTIONARY.search(text) is not None


def _places(text: str) -> list[int]:
    """Return the offsets within a text at which its script allows a line to end, ascending."""
    places: list[int] = []
    at = 0
    for unit in line_break_units(text):
        if at:
            places.append(at)
        if needs_dictionary(unit) or (columns(unit) > LINE_COLUMNS and writes_no_spaces(unit)):
            places += _clusters(unit, at)
        at += len(unit)
    return places


def _between_phrases(
    text: str, places: Sequence[int], run: Sequence[Word], language: str | None
) -> Iterator[int]:
    """Yield those places that lie between phrases, and all in a piece wider than a line."""
    ends = phrase_ends(text, language)
    if ends is None:
        units, words = line_break_units(text), (word.text for word in run)
        ends = frozenset((*accumulate(map(len, units)), *accumulate(map(len, words))))
    bounds = [0, *(place for place in places if place in ends), len(text)]
    for start, end in pairwise(bounds):
        if start:
            yield start
        if columns(text[start:end]) > LINE_COLUMNS:
            yield from (place for place in places if start < place < end)


def _clusters(unit: str, at: int) -> Iterator[int]:
    """Yield the offsets between clusters that no rule of their script keeps together."""
    before = ""
    for cluster in graphemes(unit, is_extended=True):
        if before and not (
            _PREFIXED.search(before)
            or _SUFFIXED.match(cluster)
            or unicodedata.combining(before[-1]) == _VIRAMA
        ):
            yield at
        at += len(cluster)
        before = cluster


def _parts(run: Sequence[Word], bounds: Sequence[int]) -> Iterator[Word]:
    """Cut a run of words at offsets of their joined text."""
    text = "".join(word.text for word in run)
    ends = list(accumulate(len(word.text) for word in run))
    first = last = 0
    for start, end in pairwise(bounds):
        while ends[first] <= start:
            first += 1
        last = max(first, last)
        while ends[last] < end:
            last += 1
        yield Word(
            text[start:end],
            _time(run[first], start - ends[first] + len(run[first].text)),
            _time(run[last], end - ends[last] + len(run[last].text)),
            min(word.confidence for word in run[first : last + 1]),
            no_space_before=run[0].no_space_before if start == 0 else True,
        )


def _time(word: Word, offset: int) -> float:
    if offset == len(word.text):
        return word.end
    return word.start + (word.end - word.start) * offset / len(word.text)


def with_spacing(words: Iterable[Word], text: str) -> tuple[Word, ...]:
    """Return the words with `Word.no_space_before` as their text shows it.

    Parameters
    ----------
    words
        As they follow each other in ``text``; one that is not found there counts as spaced.
    text
        What a recogniser wrote.
    """
    spaced: list[Word] = []
    at = 0
    for word in words:
        start = text.find(word.text, at, at + len(word.text) + _SEARCHED)
        spaced.append(replace(word, no_space_before=start == at > 0))
        at = start + len(word.text) if start >= 0 else at
    return tuple(spaced)


def join_words(words: Iterable[Word]) -> str:
    """Return the text of words, with spaces where they have them."""
    return "".join(f"{'' if word.no_space_before else ' '}{word.text}" for word in words).strip()
