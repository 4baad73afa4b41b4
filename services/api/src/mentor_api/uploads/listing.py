"""A mentor's latest uploads, page by page."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from mentor_api.http.problems import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_api.uploads.status import Statuses
    from mentor_common.jobs import Reader

DEFAULT_LIMIT = 20
MAX_LIMIT = 50
_FAR_FUTURE = 1e11  # epoch seconds; also what infinity and NaN are not


def page_size(text: str | None) -> int:
    """Return how many uploads a page has; 400 for what is no number from 1 to 50."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise bad_request(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def page(
    reader: Reader, mentor: str, limit: int, cursor: str | None, statuses: Statuses
) -> dict[str, Any]:
    """Return ``{"uploads": [status documents], "cursor": where the next page begins or null}``."""
    uploads, following = reader.latest(mentor, limit, _read(cursor, mentor))
    shown = [statuses.of(upload, upload.job) for upload in uploads if upload.job is not None]
    return {"uploads": shown, "cursor": _write(following) if following else None}


def _write(following: Mapping[str, Any]) -> str:
    place = {"upload": following["pk"], "prepared_at": following["prepared_at"]}
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str | None, mentor: str) -> dict[str, Any] | None:
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = float(place["prepared_at"])
        upload = str(place["upload"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise bad_request("cursor must be one that this route answered; begin anew") from None
    if not (upload.startswith("UPLOAD#") and abs(at) < _FAR_FUTURE):
        raise bad_request("cursor must be one that this route answered; begin anew")
    return {"pk": upload, "sk": "JOB", "mentor": mentor, "prepared_at": at}
