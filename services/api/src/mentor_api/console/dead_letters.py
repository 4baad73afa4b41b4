"""Dead letters as the console shows them: why each was given up, and the state of its upload."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from mentor_api.console.dead_letter_models import Letter, LetterGroup, LetterPage, Reason
from mentor_api.console.selection import MOST_LETTERS
from mentor_api.http.problems import bad_request
from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import UNREADABLE, state
from mentor_common.operating.error_pattern import error_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.console.dead_letter_models import LettersQuery
    from mentor_common.jobs import Reader, Upload
    from mentor_common.operating.dead_letter import DeadLetter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue

_LONGEST_BODY = 4000
_MOST_GROUPS = 100
_CURSOR = re.compile(r"([0-9]{1,11}\.[0-9]{3})~([0-9A-Za-z-]{1,100})")


def page(queue: DeadLetterQueue, reader: Reader, query: LettersQuery) -> LetterPage:
    """Return a page of the chosen letters of a queue, the oldest first; each is put back.

    Raises
    ------
    Problem
        400 for a cursor of another form.
    """
    after, chosen = _after(query.cursor), query.chosen
    depth = queue.depth()
    letters = queue.peek(min(depth.visible, MOST_LETTERS))
    matching = sorted((one for one in letters if one in chosen), key=_place)
    following = [one for one in matching if after is None or _place(one) > after]
    shown = following[: query.limit]
    reasons = Counter((one.type, one.code) for one in letters)
    return LetterPage(
        queue=queue.service,
        waiting=depth.visible,
        hidden=depth.hidden,
        read=len(letters),
        matching=len(matching),
        reasons=[
            Reason(type=type_, code=code, count=count)
            for (type_, code), count in reasons.most_common()
        ],
        groups=_groups(letters),
        letters=_letters(shown, reader),
        cursor=_cursor(shown[-1]) if len(following) > len(shown) else None,
    )


def _place(one: DeadLetter) -> tuple[float, str]:
    return one.sent_at, one.message_id


def _cursor(one: DeadLetter) -> str:
    return f"{one.sent_at:.3f}~{one.message_id}"


def _after(cursor: str | None) -> tuple[float, str] | None:
    """Return the place of the last letter of the page before."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_request("cursor must be one that this route answered; begin anew")
    return float(match.group(1)), match.group(2)


def _groups(letters: Sequence[DeadLetter]) -> list[LetterGroup]:
    counts: Counter[tuple[str, str, str]] = Counter()
    oldest: dict[tuple[str, str, str], float] = {}
    for one in letters:
        key = one.type, one.code, error_pattern(one.error)
        counts[key] += 1
        oldest[key] = min(oldest.get(key, one.sent_at), one.sent_at)
    return [
        LetterGroup(type=key[0], code=key[1], error_pattern=key[2], count=count, oldest=oldest[key])
        for key, count in counts.most_common(_MOST_GROUPS)
    ]


def _letters(letters: Sequence[DeadLetter], reader: Reader) -> list[Letter]:
    """Return letters with the states of their uploads."""
    ids = list(dict.fromkeys(one.upload_id for one in letters if one.upload_id is not None))
    uploads = dict(zip(ids, reader.each(ids), strict=True))
    return [_letter(one, uploads.get(one.upload_id or "")) for one in letters]


def _letter(one: DeadLetter, upload: Upload | UnreadableItemError | None) -> Letter:
    return Letter(
        message=one.message_id,
        since=one.sent_at,
        type=one.type,
        code=one.code,
        why=one.error or None,
        attempt=one.attributes.get("attempt"),
        upload=one.upload_id,
        state=None if upload is None else _state(upload),
        mentor=one.mentor,
        content=json.dumps(json.loads(one.body), indent=2)
        if one.event
        else one.body[:_LONGEST_BODY],
    )


def _state(upload: Upload | UnreadableItemError) -> str:
    return UNREADABLE if isinstance(upload, UnreadableItemError) else state(upload)
