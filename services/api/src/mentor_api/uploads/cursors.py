"""Cursors of a mentor's list of uploads: the place where its next page begins."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from mentor_api.http.problems import bad_request
from mentor_common.jobs.item import UUID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

_UPLOAD = re.compile(f"UPLOAD#{UUID_PATTERN}")
_FAR_FUTURE = 1e11  # epoch seconds; also what infinity and NaN are not


def encode(start: Mapping[str, Any]) -> str:
    """Return the cursor for the last key of a page, as DynamoDB names it."""
    place = {"upload": start["pk"], "prepared_at": start["prepared_at"]}
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode(cursor: str | None, mentor: str) -> dict[str, Any] | None:
    """Return the key in the index of a mentor's uploads after which a page begins.

    Raises
    ------
    Problem
        400 for what :func:`encode` never made.
    """
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = float(place["prepared_at"])
        upload = str(place["upload"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise bad_request("cursor must be one that this route answered; begin anew") from None
    if not (_UPLOAD.fullmatch(upload) and abs(at) < _FAR_FUTURE):
        raise bad_request("cursor must be one that this route answered; begin anew")
    return {"pk": upload, "sk": "JOB", "mentor": mentor, "prepared_at": at}
