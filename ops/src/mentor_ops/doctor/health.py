"""What waits for a person: dead letters, late sweeps, services that are not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from mentor_common.explain import Backlog, Line
from mentor_common.explain.phrases import halted_words
from mentor_common.jobs import KINDS
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
    """Yield a finding for each dead-letter queue, each line, each sweep and the api's readiness."""
    for letters in target.every_dead_letters():
        dead, live = letters.figures(), letters.figures("queue")
        count = dead["waiting"] + dead["hidden"]
        fault = f"{count} dead letters: mentor-ops dlq peek --queue {letters.service}"
        detail = f"{live['waiting']} waiting, {live['hidden']} in work"
        yield Finding(f"queue of {letters.service}", fault if count else None, detail)
    yield from _lines(target)
    now = target.clock.now()
    for kind, owner in _OWNERS.items():
        late = target.table.due(kind, now - LATE_SECONDS, limit=1000)
        worst = max((now - item["due_at"] for item in late), default=0)
        fault = f"{len(late)} overdue, by up to {worst:.0f} s: does {owner} run?"
        yield Finding(f"sweep of {kind}", fault if late else None)
    if api:
        yield _ready(api)


def _lines(target: Target) -> Iterator[Finding]:
    """Yield whether somebody works while uploads wait."""
    backlog = Backlog(target.table, target.clock)
    for kind, work in KINDS.items():
        line = backlog.line(kind) or Line()
        fault = halted_words(kind, line.halted) if line.halted else None
        waiting = f"{len(line.accepted)} waiting, {line.working} in work"
        yield Finding(f"uploads for the {work.service}", fault, waiting)


def _ready(api: str) -> Finding:
    what = f"api at {api}"
    try:
        answer = requests.get(f"{api.rstrip('/')}/readyz", timeout=5)
    except requests.RequestException as error:
        return Finding(what, f"does not answer: {type(error).__name__}")
    if answer.ok:
        return Finding(what)
    return Finding(what, f"not ready: {answer.text[:300]}")
