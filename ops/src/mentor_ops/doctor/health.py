"""Checks of what waits for a person: dead letters, late sweeps, services that are not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from mentor_common.explain import Backlog, QueueEstimate, why_halted
from mentor_common.jobs import KINDS
from mentor_common.operating.unreadable import unreadable_items
from mentor_ops.doctor.wiring import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.aws.table import Item
    from mentor_ops.target import Target

_MOST = 1000
LATE_SECONDS = 120.0
"""Sweeps run every few seconds: what is due for longer, nobody sweeps."""
_OWNERS = {
    "api": "the api's ingest worker",
    "api-transfer": "the api's ingest worker",
    "notifier": "the notifier",
    "transfer": "the notifier",
}


def check(target: Target, api: str | None) -> Iterator[Checked]:
    """Yield the check of each dead-letter queue, unit of work and sweep, and of the api."""
    for queue in target.queues.all():
        count, source = queue.depth().total, queue.source_depth()
        fault = f"{count} dead letters: mentor-ops dlq peek --queue {queue.service}"
        detail = f"{source.visible} waiting, {source.hidden} in work"
        yield Checked(f"queue of {queue.service}", fault if count else None, detail)
    yield from _waiting_uploads(target)
    now = target.clock.now()
    everything: list[Item] = []
    for kind, owner in _OWNERS.items():
        watched = list(target.table.watched(kind, _MOST))
        everything += watched
        late = [item for item in watched if item["due_at"] <= now - LATE_SECONDS]
        worst = max((now - item["due_at"] for item in late), default=0)
        fault = f"{len(late)} overdue, by up to {worst:.0f} s: does {owner} run?"
        yield Checked(f"sweep of {kind}", fault if late else None)
    yield _readable(everything)
    if api:
        yield ready(api)


def _readable(watched: Sequence[Item]) -> Checked:
    """Return the check that the sweeps can read what they watch."""
    broken = list(unreadable_items(watched))
    fault = f"{len(broken)} cannot be read: mentor-ops jobs list --state UNREADABLE"
    return Checked("items that sweeps watch", fault if broken else None, f"{len(watched)} read")


def _waiting_uploads(target: Target) -> Iterator[Checked]:
    """Yield the check that somebody works while uploads wait."""
    backlog = Backlog(target.table, target.clock)
    for kind, work in KINDS.items():
        queue = backlog.estimate(kind) or QueueEstimate()
        fault = why_halted(kind, queue.halted) if queue.halted else None
        waiting = f"{len(queue.accepted)} waiting, {queue.working} in work"
        yield Checked(f"uploads for the {work.service}", fault, waiting)


def ready(api: str) -> Checked:
    """Return the check of an api's own word, by its address."""
    what = f"api at {api}"
    try:
        answer = requests.get(f"{api.rstrip('/')}/readyz", timeout=5)
    except requests.RequestException as error:
        return Checked(what, f"does not answer: {type(error).__name__}")
    if answer.ok and not _names_a_fault(answer):
        return Checked(what)
    state = "degraded" if answer.ok else "not ready"
    return Checked(what, f"{state}: {answer.text[:300]}")


def _names_a_fault(answer: requests.Response) -> bool:
    """Return whether an api that serves names a dependency that is down."""
    try:
        return bool(answer.json().get("down"))
    except (requests.JSONDecodeError, AttributeError):
        return False
