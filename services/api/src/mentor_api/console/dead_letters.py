"""Dead letters as the console shows them: why each was given up, and the state of its upload."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from mentor_api.console.dead_letter_models import Letter, LetterPage, Reason
from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import UNREADABLE, state

if TYPE_CHECKING:
    from mentor_common.jobs import Reader
    from mentor_common.operating.dead_letter import DeadLetter, DeadLetterFilter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue

_MOST_READ = 500
_LONGEST_BODY = 4000


def page(
    queue: DeadLetterQueue, reader: Reader, chosen: DeadLetterFilter, limit: int
) -> LetterPage:
    """Return at most ``limit`` chosen letters of a queue, the oldest first; each is put back."""
    depth = queue.depth()
    letters = queue.peek(min(depth.visible, _MOST_READ))
    matching = sorted((one for one in letters if one in chosen), key=lambda one: one.sent_at)
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
        letters=[_letter(one, reader) for one in matching[:limit]],
    )


def _letter(one: DeadLetter, reader: Reader) -> Letter:
    event, attributes = one.event, one.attributes
    return Letter(
        message=one.message_id,
        since=one.sent_at,
        type=one.type,
        code=one.code,
        why=attributes.get("error") or attributes.get("text"),
        attempt=attributes.get("attempt"),
        upload=one.upload_id,
        state=_state(one.upload_id, reader),
        mentor=event.data.mentor if event else None,
        content=json.dumps(json.loads(one.body), indent=2) if event else one.body[:_LONGEST_BODY],
    )


def _state(upload_id: str | None, reader: Reader) -> str | None:
    """Return how an upload stands; ``None`` for none."""
    if upload_id is None:
        return None
    try:
        return state(reader.upload(upload_id))
    except UnreadableItemError:
        return UNREADABLE
