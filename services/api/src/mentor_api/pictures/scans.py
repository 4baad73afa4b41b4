"""The scans of a JPEG, counted without decoding.

A progressive JPEG comes in scans, and each of them, even one of ten bytes, makes a decoder go over
the whole picture: 2,000 in 180 kB are half a minute of work. Markers: ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
from typing import Final

_NEXT: Final = re.compile(rb"\xff+([\x01-\xfe])")
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RST, SOI: no length follows
_END: Final = 0xD9
_SCAN: Final = 0xDA


def count_scans(raw: bytes) -> int:
    """Return how many scans begin before the end of a JPEG's picture.

    What other markers hold is passed over: a thumbnail in them has scans of its own. So is what
    comes after the end, as the film of a moving picture.
    """
    scans, at = 0, 0
    # Within a scan's data 0xFF stands before 0x00 or the marker of a restart.
    while (found := _NEXT.search(raw, at)) and (marker := found[1][0]) != _END:
        at = found.end()
        scans += marker == _SCAN
        if marker not in _ALONE:
            at += max(2, int.from_bytes(raw[at : at + 2]))
    return scans
