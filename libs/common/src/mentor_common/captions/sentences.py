"""The ends of sentences in a row of words.

`sentencex`, the segmenter of Wikimedia, knows the abbreviations of some 300 languages. It judges
full stops; its errors in transcripts of speech are corrected here.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from sentencex import get_sentence_boundaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.captions.word import Word

CLOSING: Final = "\"'\u201d\u2019)]\u00bb\uff09\u300d\u300f\u3011"
"""May follow the mark that ends a sentence or a clause."""

_OPENING: Final = "\"'\u201c\u2018([\u00ab\u00bf\u00a1\u201e\uff08\u300c\u300e\u3010"
_FULL_STOP: Final = "."
_MARKS: Final = tuple(
    "!?\u2026\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u104b\u1362\u17d4\u203c\u2047"
)
_ELLIPSIS: Final = ".."
# Those that sentencex does not have, or not in each language that writes them.
_ABBREVIATIONS: Final = frozenset({"approx.", "dr.", "ft.", "m.", "mlle.", "mme.", "vol."})
_I: Final = re.compile(r"I(?!\.|\w)")
_ORDINAL: Final = re.compile(r"[0-9]{1,2}\.$")
_ORDINALS_WITH_FULL_STOP: Final = frozenset({"da", "de", "fi", "nb", "no"})


def sentence_ends(words: Sequence[Word], language: str) -> frozenset[int]:
    """Return the indices of the words that end a sentence before the next one begins.

    The last word is not among them. A text without capitals is divided at every full stop that
    belongs to no abbreviation; in one with capitals no sentence begins with a small letter.

    Parameters
    ----------
    words
        In order, with their punctuation; `Word.no_space_before` as the text has it.
    language
        Primary subtag of BCP 47, such as ``en``.
    """
    text = "".join(f"{'' if word.no_space_before else ' '}{word.text}" for word in words)
    ends = list(accumulate(len(word.text) + (not word.no_space_before) for word in words))
    divided = {_end_of(text, each["end_index"]) for each in get_sentence_boundaries(language, text)}
    has_capitals = text != text.lower()
    return frozenset(
        index
        for index, (end, word, following) in enumerate(zip(ends, words, words[1:], strict=False))
        if not (has_capitals and _starts_lowercase(following))
        and (_has_mark(word) or _is_end(word, following, language, divided=end in divided))
    )


def _starts_lowercase(word: Word) -> bool:
    return word.text.lstrip(_OPENING)[:1].islower()


def _end_of(text: str, end: int) -> int:
    """Return the offset of a sentence's end without the spaces after it."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


def _has_mark(word: Word) -> bool:
    """Return whether a word ends with a mark that ends nothing but sentences."""
    text = word.text.rstrip(CLOSING)
    return text.endswith((*_MARKS, _ELLIPSIS))


def _is_end(word: Word, following: Word, language: str, *, divided: bool) -> bool:
    """Return whether a word's full stop ends a sentence; ``divided``: the library says so."""
    text = word.text.strip(_OPENING).rstrip(CLOSING)
    if not text.endswith(_FULL_STOP):
        return False
    if language == "en" and _I.match(following.text.lstrip(_OPENING)):
        return True  # "He taught me. I learned": taken for a Roman numeral after an abbreviation
    if language in _ORDINALS_WITH_FULL_STOP and _ORDINAL.match(text):
        return False
    return divided and text.lower() not in _ABBREVIATIONS
