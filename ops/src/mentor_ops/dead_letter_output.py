"""A dead letter with its upload's history: as JSON values, and printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_common.operating.history import describe, iso
from mentor_ops import show

if TYPE_CHECKING:
    from mentor_common.jobs import Reader
    from mentor_common.operating.dead_letter import DeadLetter

_LONGEST_BODY = 500


def as_values(queue: str, letter: DeadLetter, reader: Reader) -> dict[str, Any]:
    """Return a dead letter of a service's queue, decoded, with its upload."""
    event, upload_id = letter.event, letter.upload_id
    return {
        "queue": queue,
        "message": letter.message_id,
        "since": iso(letter.sent_at),
        "type": letter.type,
        "code": letter.code,
        "error": letter.error,
        "attributes": letter.attributes,
        "event": json.loads(event.envelope.model_dump_json(exclude_none=True)) if event else None,
        "body": None if event else letter.body,
        "upload": describe(reader.upload(upload_id), reader) if upload_id else None,
    }


def print_values(one: dict[str, Any]) -> None:
    """Print what :func:`as_values` returned."""
    reasons, upload = one["attributes"], one["upload"]
    event = json.dumps(one["event"]["data"]) if one["event"] else one["body"][:_LONGEST_BODY]
    rows = [
        ("why", f"{one['code']}: {one['error']}"),
        ("attempt", reasons.get("attempt")),
        ("here since", one["since"]),
        ("message", one["message"]),
        ("event", event),
    ]
    if upload:
        rows += [
            ("upload", f"{upload['upload']}: {upload['state']}"),
            ("last error", upload.get("last_error")),
            *show.history_rows(upload),
        ]
    show.table("", "", rows=rows, title=f"{one['queue']}: {one['type']}")
