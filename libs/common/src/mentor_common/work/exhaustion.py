"""Work that is given up after its last start: its dead letter and its error report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mentor_common.jobs.task import EXHAUSTED
from mentor_common.telemetry import error_reports
from mentor_common.work.next_claim import WORKER_LOST

if TYPE_CHECKING:
    from mentor_common.jobs.task import Task
    from mentor_common.work.claims import Claimant

_LONGEST_TEXT = 250
_SUMMARY = re.compile(r"(\w+)(?: at ([\w.<>]+):\d+ in ([\w<>]+))?: ")
"""The beginning of :func:`mentor_common.telemetry.error_summary.error_summary`."""


def dead_letter_attributes(task: Task) -> dict[str, str]:
    """Return the message attributes that say why a task was given up."""
    attributes = {
        "attempt": str(task.attempt),
        "code": task.code or EXHAUSTED,
        "text": (task.reason or "")[:_LONGEST_TEXT],
        "first": f"{task.first_at:.0f}",
        "last": f"{task.finished_at or task.started_at:.0f}",
    }
    return attributes | ({"error": task.last_error[:_LONGEST_TEXT]} if task.last_error else {})


def report_exhausted(claimant: Claimant, task: Task) -> None:
    """Report work that was given up, once for each attempt however often it is published.

    The claim that reports comes after the last start, so the stack is gone by now; the item keeps
    a summary of the error that ended the last start.
    """
    last_error = task.last_error or ""
    error_reports.report(
        "gave up: all starts were in vain",
        code=task.code or EXHAUSTED,
        kind=_kind(last_error),
        once=(claimant.pk, claimant.sk, task.attempt),
        last_error=last_error,
        starts=task.starts,
    )


def _kind(last_error: str) -> str | None:
    """Return type and place of an error without line, text and ids, to group by."""
    if last_error.endswith(WORKER_LOST):
        return WORKER_LOST
    match = _SUMMARY.match(last_error)
    return ":".join(part for part in match.groups() if part) if match else None
