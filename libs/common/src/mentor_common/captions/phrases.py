"""Phrases of languages that write no spaces, as the models of BudouX find them."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import accumulate
from typing import Final

import budoux

_MODELS: Final = {
    "ja": budoux.load_default_japanese_parser,
    "th": budoux.load_default_thai_parser,
    "yue": budoux.load_default_traditional_chinese_parser,
    "zh": budoux.load_default_simplified_chinese_parser,
}
_TRADITIONAL: Final = frozenset({"hant", "hk", "mo", "tw"})  # subtags of script and region


def phrase_ends(text: str, language: str | None) -> frozenset[int] | None:
    """Return the offsets within a text behind its phrases and its punctuation.

    Parameters
    ----------
    text
        Without spaces.
    language
        BCP 47; ``None`` is returned where BudouX has no model of it.
    """
    primary, *subtags = (language or "").lower().split("-")
    if primary not in _MODELS:
        return None
    is_traditional = primary == "zh" and not _TRADITIONAL.isdisjoint(subtags)
    phrases = accumulate(map(len, _parser("yue" if is_traditional else primary).parse(text)))
    # A sentence may end within what a model takes for one phrase.
    marks = (at for at, char in enumerate(text, 1) if unicodedata.category(char).startswith("P"))
    return frozenset((*phrases, *marks))


@cache
def _parser(language: str) -> budoux.Parser:
    return _MODELS[language]()
