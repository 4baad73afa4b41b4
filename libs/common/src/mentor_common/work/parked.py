"""Parked tasks: they wait for a job elsewhere (AWS Transcribe), and no message waits with them.

A worker that has started such a job parks its task: WAITING, with the job's name and the time at
which to ask for it. Its message is then deleted. An event about the job and the worker's own sweep
end it in the same conditional write. The sparse index on ``due_at`` holds whatever is still due: a
job that runs, a result that may not have been published yet, a task to be started again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from mentor_common.jobs.model import upload_id_of_pk, upload_pk
from mentor_common.jobs.task import Task
from mentor_common.work.claims import count_end, task_sk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.aws.table import Table
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind


@dataclass(frozen=True)
class Parked:
    """The result of a run that has started an asynchronous job elsewhere.

    Parameters
    ----------
    job
        Its name.
    check_after, deadline_after
        Seconds until the sweep asks for it, and until it is given up.
    facts
        Measurements that its end will need.
    """

    job: str
    check_after: float
    deadline_after: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def parking(kind: str, parked: Parked, now: float) -> dict[str, Any]:
    """Return the changes that make a task wait for its job."""
    check_at = now + parked.check_after
    return {
        "status": "WAITING",
        "job": parked.job,
        "check_at": check_at,
        "lease_until": now + parked.deadline_after,
        "due_kind": _due_kind(kind),
        "due_at": check_at,
        "facts": dict(parked.facts),
    }


@dataclass(frozen=True)
class ParkedTasks:
    """The parked tasks of one worker, and writes that end or postpone the waiting.

    Each write is conditional on the token and the status that were read.
    """

    table: Table
    clock: Clock
    kind: TaskKind

    def due(self) -> list[str]:
        """Return the uploads whose task is due, the longest due first."""
        items = self.table.due(_due_kind(self.kind), self.clock.now())
        return [upload_id_of_pk(item["pk"]) for item in items]

    def read(self, upload_id: str) -> Task | None:
        """Return an upload's task."""
        item = self.table.get(upload_pk(upload_id), task_sk(self.kind))
        return Task.from_item(item) if item else None

    def finish(self, upload_id: str, task: Task, changes: dict[str, Any], due_at: float) -> Task:
        """Write how the job ended; it stays due until its event has been published.

        Raises
        ------
        LeaseLostError
            Another process was faster, or the task does not wait for that job any more.
        """
        ended = {"lease_until": 0, "finished_at": self.clock.now(), "due_at": due_at} | changes
        finished = Task.from_item(self._write(upload_id, task, ended))
        count_end(self.kind, finished)
        return finished

    def set_aside(self, upload_id: str) -> None:
        """Make a task that cannot be read due later: a later release may read it."""
        self.table.set_aside(upload_pk(upload_id), task_sk(self.kind), self.clock.now())

    def postpone(self, upload_id: str, task: Task, until: float) -> None:
        """Make it due later; a task that has changed meanwhile is left alone."""
        self._try(upload_id, task, {"check_at": until, "due_at": until})

    def release(self, upload_id: str, task: Task, retry_at: float) -> None:
        """Let the task be claimed again, by a message that the sweep sends at ``retry_at``."""
        ended = {"status": "IN_PROGRESS", "lease_until": 0}
        self._try(upload_id, task, {**ended, "due_at": retry_at, "retry_at": retry_at})

    def settle(self, upload_id: str, task: Task) -> None:
        """Make it due no more."""
        self._try(upload_id, task, {}, "due_kind", "due_at")

    def _try(self, upload_id: str, task: Task, changes: dict[str, Any], *remove: str) -> None:
        try:
            self._write(upload_id, task, changes, *remove)
        except LeaseLostError:
            return

    def _write(
        self, upload_id: str, task: Task, changes: dict[str, Any], *remove: str
    ) -> dict[str, Any]:
        lease = Lease(upload_pk(upload_id), task_sk(self.kind), task.token)
        unchanged = {"status": task.status}
        leases = Leases(self.table, self.clock)
        return leases.write(lease, changes, remove=remove, unchanged=unchanged)


def _due_kind(kind: str) -> str:
    return f"waiting-{kind}"
