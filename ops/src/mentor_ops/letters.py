"""How a dead letter is shown: its reason, its event, and its upload's history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_ops import show
from mentor_ops.history import describe, iso

if TYPE_CHECKING:
    from mentor_common.jobs import Reader
    from mentor_ops.adapters.deadletters import DeadLetter

_LONGEST_BODY = 500


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


def print_letter(one: dict[str, Any]) -> None:
    """Print what :func:`described` returned."""
    reasons, upload = one["attributes"], one["upload"]
    rows = [
        ("why", f"{one['code']}: {reasons.get('error') or reasons.get('text', '')}"),
        ("attempt", reasons.get("attempt")),
        ("here since", one["since"]),
        ("message", one["message"]),
        (
            "event",
            json.dumps(one["event"]["data"]) if one["event"] else one["body"][:_LONGEST_BODY],
        ),
    ]
    if upload:
        rows += [
            ("upload", f"{upload['upload']}: {upload['state']}"),
            ("last error", upload.get("last_error")),
            *(("", f"{each['at']} {each['what']}") for each in upload.get("history", [])),
        ]
    show.table("", "", rows=rows, title=f"{one['queue']}: {one['type']}")
