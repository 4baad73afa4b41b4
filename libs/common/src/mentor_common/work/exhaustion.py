"""What a person is told of work that was given up after its last start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mentor_common.jobs.model import EXHAUSTED
from mentor_common.telemetry import error_reports
from mentor_common.work.claims import WENT_AWAY

if TYPE_CHECKING:
    from mentor_common.jobs import Task
    from mentor_common.work.claims import Holding

_TOLD = re.compile(r"(\w+)(?: at ([\w.<>]+):\d+ in ([\w<>]+))?: ")
"""What :func:`mentor_common.telemetry.error_summary.told` begins with."""


def report_given_up(holder: Holding, task: Task) -> None:
    """Report work that was given up: one event for each attempt, however often it is said.

    The claim that reports comes after the last start, so the stack is gone by now; what the item
    remembers says what the last start died of.
    """
    last_error = task.last_error or ""
    error_reports.report(
        "gave up: all starts were in vain",
        code=task.code or EXHAUSTED,
        kind=_kind(last_error),
        once=(holder.pk, holder.sk, task.attempt),
        last_error=last_error,
        starts=task.starts,
    )


def _kind(last_error: str) -> str | None:
    """Return type and place of an error without line, text and ids, to group by."""
    if last_error.endswith(WENT_AWAY):
        return WENT_AWAY
    match = _TOLD.match(last_error)
    return ":".join(part for part in match.groups() if part) if match else None
