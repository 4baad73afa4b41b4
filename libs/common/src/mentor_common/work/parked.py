"""Tasks that wait for a job elsewhere (AWS Transcribe): DESIGN's one exception to rule 8.

A worker that has started such a job parks its task: WAITING, with the job's name and the time at
which to look at it. Its message is then deleted. An event about the job and the worker's own sweep
end it in the same conditional write. The sparse index on ``due_at`` holds whatever still needs a
look: a job that runs, a result that may not have been said yet, a task to be started again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_common.aws.table import ConditionFailedError, Write
from mentor_common.jobs.model import Task, upload_pk
from mentor_common.work.claims import count_end

if TYPE_CHECKING:
    from mentor_common.aws.table import Table
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind

_PREFIX: Final = "UPLOAD#"


def parking(kind: TaskKind, job: str, check_at: float, deadline: float) -> dict[str, Any]:
    """Return the changes that make a task wait for ``job``.

    Parameters
    ----------
    kind
        Which worker's sweep looks after it.
    job
        Name of the job.
    check_at, deadline
        Epoch seconds: when the sweep looks, and until when nobody may claim the task.
    """
    return {
        "status": "WAITING",
        "job": job,
        "check_at": check_at,
        "lease_until": deadline,
        "due_kind": _due_kind(kind),
        "due_at": check_at,
    }


@dataclass(frozen=True)
class Waiting:
    """The WAITING tasks of one worker.

    Parameters
    ----------
    table, clock
        The jobs table and the time.
    kind
        Whose tasks.
    """

    table: Table
    clock: Clock
    kind: TaskKind

    def due(self) -> list[str]:
        """Return the uploads whose task needs a look, the longest due first."""
        items = self.table.due(_due_kind(self.kind), self.clock.now())
        return [str(item["pk"]).removeprefix(_PREFIX) for item in items]

    def read(self, upload_id: str) -> Task | None:
        """Return an upload's task."""
        item = self.table.get(upload_pk(upload_id), f"TASK#{self.kind}")
        return Task.model_validate(item) if item else None

    def finish(self, upload_id: str, task: Task, changes: dict[str, Any], due_at: float) -> Task:
        """Write how the job ended; it stays due until its event has been said.

        Raises
        ------
        ConditionFailedError
            Somebody else was faster, or the task does not wait for that job any more.
        """
        ended = {"lease_until": 0, "finished_at": self.clock.now(), "due_at": due_at} | changes
        stands = Task.model_validate(self._change(upload_id, task, ended))
        count_end(f"TASK#{self.kind}", stands)
        return stands

    def put_off(self, upload_id: str, task: Task, until: float) -> None:
        """Look again later; a task that has changed meanwhile is left alone."""
        self._try(upload_id, task, {"check_at": until, "due_at": until})

    def release(self, upload_id: str, task: Task, retry_at: float) -> None:
        """Let the task be claimed again, by a message that the sweep sends at ``retry_at``."""
        ended = {"status": "IN_PROGRESS", "lease_until": 0}
        changes = {**ended, "due_at": retry_at, "retry_at": retry_at}
        self._try(upload_id, task, changes)

    def settle(self, upload_id: str, task: Task) -> None:
        """Look at it no more."""
        self._try(upload_id, task, {}, "REMOVE due_kind, due_at")

    def _try(self, upload_id: str, task: Task, changes: dict[str, Any], remove: str = "") -> None:
        try:
            self._change(upload_id, task, changes, remove)
        except ConditionFailedError:
            return

    def _change(
        self, upload_id: str, task: Task, changes: dict[str, Any], remove: str = ""
    ) -> dict[str, Any]:
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        return self.table.write(
            Write(
                upload_pk(upload_id),
                f"TASK#{self.kind}",
                update=f"SET {sets}" if sets else remove,
                condition="#token = :seen_token AND #status = :seen_status",
                values={**changes, "seen_token": task.token, "seen_status": task.status},
            )
        )


def _due_kind(kind: TaskKind) -> str:
    return f"waiting-{kind}"
