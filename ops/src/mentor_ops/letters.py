"""How a dead letter is printed."""

from __future__ import annotations

import json
from typing import Any

from mentor_ops import show

_LONGEST_BODY = 500


def print_letter(one: dict[str, Any]) -> None:
    """Print what :func:`mentor_common.operating.dead_letter_details.described` returned."""
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
