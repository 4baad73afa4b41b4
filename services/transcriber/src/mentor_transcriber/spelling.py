"""Likely pronunciation of words that no dictionary knows: numbers, and letters to phonemes.

Good enough to find a name between its neighbours, not to recognise it.
"""

from __future__ import annotations

import re
from typing import Final

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_ONES: Final = _SMALL.split()
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES: Final = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
_LARGEST: Final = 999_999_999
_PARTS: Final = re.compile(r"\d+|[a-z]+(?:'[a-z]+)*'?")

# ARPAbet, the dictionary's alphabet; of two that fit the longer spelling is taken.
_PHONEMES: Final = {
    "tion": "SH AH N",
    "igh": "AY",
    "tch": "CH",
    "ph": "F",
    "sh": "SH",
    "ch": "CH",
    "th": "TH",
    "ng": "NG",
    "ck": "K",
    "qu": "K W",
    "wh": "W",
    "kn": "N",
    "ee": "IY",
    "ea": "IY",
    "oo": "UW",
    "ou": "AW",
    "ow": "OW",
    "oi": "OY",
    "oy": "OY",
    "ai": "EY",
    "ay": "EY",
    "au": "AO",
    "aw": "AO",
    "ar": "AA R",
    "er": "ER",
    "ir": "ER",
    "or": "AO R",
    "ur": "ER",
    "a": "AE",
    "b": "B",
    "c": "K",
    "d": "D",
    "e": "EH",
    "f": "F",
    "g": "G",
    "h": "HH",
    "i": "IH",
    "j": "JH",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "o": "AA",
    "p": "P",
    "q": "K",
    "r": "R",
    "s": "S",
    "t": "T",
    "u": "AH",
    "v": "V",
    "w": "W",
    "x": "K S",
    "y": "IY",
    "z": "Z",
}
_SPELLING: Final = re.compile("|".join(_PHONEMES))


def spoken(word: str) -> list[str]:
    """Return the words that are spoken for a written one: lower case, numbers spelt out.

    Empty for what has no sound, as a dash.
    """
    words: list[str] = []
    for part in _PARTS.findall(word.lower().replace("\u2019", "'").replace(",", "")):
        words += _digits(part) if part.isdecimal() else [part]
    return words


def phonemes(word: str) -> str:
    """Return a likely pronunciation of a lower-case word, in ARPAbet."""
    doubled = re.sub(r"([^aeiou])\1", r"\1", word)
    silent = re.sub(r"(?<=[a-z][^aeiou])e$", "", doubled)
    return " ".join(_PHONEMES[found] for found in _SPELLING.findall(silent)) or "AH"


def _digits(part: str) -> list[str]:
    """Return a number as it is spoken; one that is too long digit by digit."""
    digits = part.lstrip("0") or "0"
    if len(digits) <= len(str(_LARGEST)) and int(digits) <= _LARGEST:
        return _number(int(digits))
    return [_ONES[int(digit)] for digit in digits]


def _number(value: int) -> list[str]:
    for scale, name in _SCALES:
        if value >= scale:
            rest = _number(value % scale) if value % scale else []
            return [*_number(value // scale), name, *rest]
    if value < len(_ONES):
        return [_ONES[value]]
    tens, ones = divmod(value, 10)
    return [_TENS[tens - 2], *([_ONES[ones]] if ones else [])]
