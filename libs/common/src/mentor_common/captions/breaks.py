"""The places between words, by how well a line or a cue may end there."""

from __future__ import annotations

import re
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from mentor_common.captions.function_words import DEPENDENT_WORDS, FUNCTION_WORDS
from mentor_common.captions.language_tags import primary_language
from mentor_common.captions.segments import LINE_COLUMNS, columns, needs_dictionary
from mentor_common.captions.sentences import CLOSING, sentence_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.captions.word import Word

_CLAUSE_ENDS: Final = (
    *(",", ";", ":", "\u2013", "\u2014", "\u3001", "\uff0c", "\uff1b", "\uff1a", "\uff64"),
    *("\u060c", "\u061b"),
)
_NUMBER: Final = re.compile(r"[$\u00a3\u20ac]?[0-9][0-9.,]*$")
_ELISION: Final = re.compile(r"^(?:[cdjlmnst]|qu)'(?=\w)")  # French: "d'une" counts as "une"
_NONE: Final[frozenset[str]] = frozenset()


class Break(IntEnum):
    """A place between two words, from the best to end a line at to the worst."""

    SENTENCE = 0
    """The end of a sentence."""
    CLAUSE = 1
    """After a comma or the like."""
    PHRASE = 2
    """Before the article, preposition, conjunction or auxiliary that opens a phrase."""
    WORD = 3
    """Between any two words."""
    BOUND = 4
    """Within what belongs together: a name, a number and its unit, a pronoun and its verb."""
    FORBIDDEN = 5
    """After an article, preposition, conjunction or auxiliary; before a mark that stands alone."""


def breaks_between(words: Sequence[Word], language: str | None) -> list[Break]:
    """Return the break before each word; before the first one, the end of a sentence.

    Parameters
    ----------
    words
        In order.
    language
        BCP 47; English where it is ``None``.
    """
    primary = primary_language(language)
    ends = sentence_ends(words, primary)
    between = (
        Break.SENTENCE if index in ends else _break(before, after, primary)
        for index, (before, after) in enumerate(pairwise(words))
    )
    return [Break.SENTENCE, *between] if words else []


def ends_with_function_word(text: str, language: str | None) -> bool:
    """Return whether a line ends with an article, preposition, conjunction or auxiliary."""
    words = text.split()
    function_words = FUNCTION_WORDS.get(primary_language(language), _NONE)
    return bool(words) and _plain(words[-1]) in function_words


def _break(before: Word, after: Word, language: str) -> Break:
    function_words = FUNCTION_WORDS.get(language, _NONE)
    if max(columns(before.text), columns(after.text)) > LINE_COLUMNS:
        return Break.CLAUSE  # it stands alone, whatever comes before and after it
    if not any(map(str.isalnum, after.text)):
        return Break.FORBIDDEN  # French has a space before some marks, and all have before dashes
    if _are_clauses(before, after):
        return Break.CLAUSE
    if _plain(before.text) in function_words:
        return Break.FORBIDDEN
    opens_phrase = _plain(after.text) in function_words
    if _are_bound(before.text, after.text, language, opens_phrase=opens_phrase):
        return Break.BOUND
    return Break.PHRASE if opens_phrase else Break.WORD


def _are_clauses(before: Word, after: Word) -> bool:
    if before.text.rstrip(CLOSING).endswith(_CLAUSE_ENDS):
        return True
    # Scripts that write no spaces between words put one between clauses.
    is_spaced = not after.no_space_before
    return is_spaced and needs_dictionary(before.text) and needs_dictionary(after.text)


def _are_bound(before: str, after: str, language: str, *, opens_phrase: bool) -> bool:
    if _plain(before) in DEPENDENT_WORDS.get(language, _NONE):
        return True
    if _NUMBER.match(before):
        return not opens_phrase  # "5 years", but "in 1970 and"
    if before.endswith("."):
        return after[:1].isupper() or after[:1].isdigit()  # "Lt. Smith", "No. 5"
    return before[:1].isupper() and before.isalpha() and after[:1].isupper()


def _plain(word: str) -> str:
    """Return a word as the lists have it; one with a mark at its end is none of theirs."""
    plain = word.lower().replace("\u2019", "'").lstrip("\"'\u201c\u2018(")
    return _ELISION.sub("", plain)
