"""Cursors of the console's list of uploads: where a page begins, and what the first one counted.

So a later page reads what it shows and no more: a total takes all that match.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mentor_api.http.problems import bad_request
from mentor_common.jobs.item import UUID_PATTERN
from mentor_common.operating.search import Place

_AT_LEAST = "~"
_CURSOR = re.compile(
    rf"(?P<at>[0-9]{{1,11}}(\.[0-9]{{1,6}})?)~(?P<upload>{UUID_PATTERN})"
    rf"~(?P<number>[0-9]{{1,9}})(?P<least>{_AT_LEAST}?)"
)


class Total(NamedTuple):
    """Number of uploads that match, or the least that it may be."""

    number: int
    is_lower_bound: bool


def encode(end: Place, total: Total) -> str:
    """Return the cursor of the page after a place."""
    least = _AT_LEAST if total.is_lower_bound else ""
    return f"{end.at:.6f}~{end.upload_id}~{total.number}{least}"


def decode(cursor: str) -> tuple[Place, Total]:
    """Return the place after which a page begins, and the total that the first page counted.

    Raises
    ------
    Problem
        400 for what :func:`encode` never made.
    """
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_request("cursor must be one that this route answered; begin anew")
    place = Place(float(match["at"]), match["upload"])
    return place, Total(int(match["number"]), bool(match["least"]))
