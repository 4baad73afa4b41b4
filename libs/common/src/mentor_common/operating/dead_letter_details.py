"""A dead letter as people read it: its reason, its event, and its upload's history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_common.operating.history import describe, iso

if TYPE_CHECKING:
    from mentor_common.jobs import Reader
    from mentor_common.operating.dead_letters import DeadLetter, DeadLetters

_PEEK_SECONDS = 30


def peek(letters: DeadLetters, most: int) -> list[DeadLetter]:
    """Read at most so many letters and put them back."""
    found: dict[str, DeadLetter] = {}
    try:
        for batch in letters.all(visibility=_PEEK_SECONDS) if most else ():
            found |= {one.message_id: one for one in batch}
            if len(found) >= most:
                break
    finally:
        letters.release(list(found.values()))
    return list(found.values())[:most]


def described(queue: str, letter: DeadLetter, reader: Reader) -> dict[str, Any]:
    """Return a letter, decoded, with its upload, as JSON values."""
    event, upload_id = letter.event, letter.upload_id
    return {
        "queue": queue,
        "message": letter.message_id,
        "since": iso(letter.sent_at),
        "type": letter.type,
        "code": letter.code,
        "attributes": letter.attributes,
        "event": json.loads(event.envelope.model_dump_json(exclude_none=True)) if event else None,
        "body": None if event else letter.body,
        "upload": describe(reader.upload(upload_id), reader) if upload_id else None,
    }
