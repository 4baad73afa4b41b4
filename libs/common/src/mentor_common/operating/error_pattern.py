"""The pattern of an error's text: what is the same in all errors of one kind.

Ids, addresses, times and numbers differ from one upload to the next and are left out, so that
errors can be counted by their texts ("Drain: An Online Log Parsing Approach", He et al., 2017,
masks variables in this way before it compares).
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST = 300
_MASKS: Final = (
    (re.compile(r"\bhttps?://\S+"), "<url>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (
        re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "<address>"),
    # Words alone of these letters have no digit: "deadbeef" is an id only by chance.
    (re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"(?<![^\W_])\d+(?:[.,:]\d+)*"), "<n>"),  # not that of "mp4" or "H264"
)


def error_pattern(text: str) -> str:
    """Return a text with what differs masked, on one line and at most 300 characters long."""
    line = " ".join(text.split())
    for mask, name in _MASKS:
        line = mask.sub(name, line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def contains(sought: str, text: str) -> bool:
    """Return whether a text, or its pattern, has what is sought in it, in any case of letters."""
    sought = " ".join(sought.split()).removesuffix("…").casefold()
    return sought in " ".join(text.split()).casefold() or sought in error_pattern(text).casefold()
