"""The task as the next claim makes it: an attempt, a start of one, or its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.jobs.lease import new_token
from mentor_common.jobs.task import EXHAUSTED, PastAttempt, SubTask, Task

if TYPE_CHECKING:
    from mentor_common.work.claims import Claimant

_MOST_ERRORS = 20
_PAST_ATTEMPTS = 10
WORKER_LOST = "was lost: its lease ended"
"""End of the last error of a start whose process was killed."""


def next_claim(seen: Task | None, claimant: Claimant, now: float) -> Task:
    """Return the task as a claim makes it.

    Parameters
    ----------
    seen
        The task as it is: none, terminal and to be tried again, or under no living lease.
    now
        Epoch seconds.

    Returns
    -------
    Task
        The first attempt, the next attempt, the next start of this attempt, or the attempt as
        FAILED where all its starts were in vain.
    """
    held: dict[str, Any] = {
        "status": "IN_PROGRESS",
        "token": new_token(),
        "owner": claimant.owner,
        "lease_until": now + claimant.lease_seconds,
        "max_starts": claimant.max_starts,
        "retry_at": None,
        "names": {name: SubTask(status="IN_PROGRESS") for name in claimant.sub_tasks},
        "started_at": now,
    }
    if seen is None:
        return Task(first_at=now, **held)
    if seen.terminal:
        past = [*seen.past, PastAttempt.model_validate(seen.item())][-_PAST_ATTEMPTS:]
        counts = {"attempt": seen.attempt + 1, "claim": seen.claim + 1}
        return Task(first_at=now, past=past, **counts, **held)
    seen = _with_error_of_the_killed(seen, now)
    if seen.starts >= claimant.max_starts:
        return _exhausted(seen, claimant, now)
    counts = {"starts": seen.starts + 1, "claim": seen.claim + 1}
    return seen.model_copy(
        update=held | counts | {"percent": 0, "job": None, "check_at": None},
    )


def _with_error_of_the_killed(seen: Task, now: float) -> Task:
    """Return the task with the error of its last start, where that could not write it itself."""
    if not seen.lease_until:
        return seen  # The lease was given back, along with its error.
    error = f"{seen.owner} {WORKER_LOST}"
    errors = with_error(seen.errors, now, error)
    return seen.model_copy(update={"last_error": error, "errors": errors})


def with_error(errors: list[tuple[float, str]], at: float, error: str) -> list[tuple[float, str]]:
    """Return a task's errors and one more, ``at`` epoch seconds; the oldest ones are dropped."""
    return [*errors, (at, error)][-_MOST_ERRORS:]


def _exhausted(seen: Task, claimant: Claimant, now: float) -> Task:
    reason = claimant.exhausted_reason
    failed = SubTask(status="FAILED", code=EXHAUSTED, reason=reason, values={})
    return seen.model_copy(
        update={
            "status": "FAILED",
            "token": new_token(),
            "lease_until": 0,
            "retry_at": None,
            "names": dict.fromkeys(claimant.sub_tasks, failed),
            "code": EXHAUSTED,
            "reason": reason,
            "finished_at": now,
        }
    )
