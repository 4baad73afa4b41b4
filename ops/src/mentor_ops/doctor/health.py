"""What waits for a person: dead letters, late sweeps, services that are not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from mentor_ops.doctor.wiring import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_ops.target import Target

LATE_SECONDS = 120.0
"""Sweeps run every few seconds: what is due for longer, nobody sweeps."""
_OWNERS = {
    "api": "the api's ingest worker",
    "api-transfer": "the api's ingest worker",
    "notifier": "the notifier",
    "transfer": "the notifier",
}


def look(target: Target, api: str | None) -> Iterator[Finding]:
    """Yield a finding for each dead-letter queue, each sweep and the api's readiness."""
    for letters in target.every_dead_letters():
        dead, live = letters.figures(), letters.figures("queue")
        count = dead["waiting"] + dead["hidden"]
        fault = f"{count} dead letters: mentor-ops dlq peek --queue {letters.service}"
        detail = f"{live['waiting']} waiting, {live['hidden']} in work"
        yield Finding(f"queue of {letters.service}", fault if count else None, detail)
    now = target.clock.now()
    for kind, owner in _OWNERS.items():
        late = target.table.due(kind, now - LATE_SECONDS, limit=1000)
        worst = max((now - item["due_at"] for item in late), default=0)
        fault = f"{len(late)} overdue, by up to {worst:.0f} s: does {owner} run?"
        yield Finding(f"sweep of {kind}", fault if late else None)
    if api:
        yield _ready(api)


def _ready(api: str) -> Finding:
    what = f"api at {api}"
    try:
        answer = requests.get(f"{api.rstrip('/')}/readyz", timeout=5)
    except requests.RequestException as error:
        return Finding(what, f"does not answer: {type(error).__name__}")
    if answer.ok:
        return Finding(what)
    return Finding(what, f"not ready: {answer.text[:300]}")
