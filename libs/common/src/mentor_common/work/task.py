"""Running one unit of work of an upload: what transcoder and transcriber share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from mentor_common.errors import HandBackError, StoppedError
from mentor_common.events import TaskCompleted, TaskFailed, TaskStarted, WorkRequested
from mentor_common.jobs import AnswerKey, Task
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.claimed import HeldWork, Ports, Turn, WorkDone, WorkGoesOn
from mentor_common.work.claims import Holder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mentor_common.consumer.delivery import Delivery
    from mentor_common.events import TaskKind, UploadData
    from mentor_common.media.process import ToolRun

__all__ = ["Assignment", "Ports", "TaskRunner", "WorkDone", "WorkGoesOn", "end_of"]

_log = get_logger(__name__)
_UNDECIDED_SECONDS = 10


@dataclass
class Assignment:
    """What a worker gets to do.

    Parameters
    ----------
    upload
        The event's data: of a type that the worker's unit of work is asked for with.
    prefix
        Where in the static bucket this claim, and no other, may write.
    timings
        Runs of tools are appended here.
    on_percent
        To be called with 0 to 100 as often as the worker likes, from the event loop.
    attempt, claim
        Of the task: they name jobs elsewhere.
    """

    upload: WorkRequested
    prefix: str
    timings: list[ToolRun]
    on_percent: Callable[[int], None]
    attempt: int = 1
    claim: int = 1


class TaskRunner(HeldWork[WorkRequested]):
    """Handler of what asks a worker with one TASK item for its work.

    Parameters
    ----------
    kind
        Which TASK item.
    names
        Names shown to people that the unit stands for, given the request; none where it asks for
        nothing of this worker: then nothing is claimed.
    work
        Does the work. ``PermanentError`` fails the task, ``TransientError`` retries it.
    ports
        The outside.
    lease_seconds, max_starts
        See :class:`mentor_common.jobs.Holder`.
    """

    def __init__(
        self,
        kind: TaskKind,
        names: Callable[[WorkRequested], Sequence[str]],
        work: Callable[[Assignment], Awaitable[WorkDone | WorkGoesOn]],
        ports: Ports,
        *,
        lease_seconds: float = 60,
        max_starts: int = 5,
    ) -> None:
        super().__init__(f"{kind}r", ports, lease_seconds=lease_seconds, max_starts=max_starts)
        self._kind = kind
        self._names = names
        self._work = work

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        delivery.names["task"] = self._kind
        with structlog.contextvars.bound_contextvars(**delivery.names):
            await super().__call__(delivery)

    def _holding(self, data: WorkRequested) -> Holder:
        return Holder(
            data.upload_id,
            self._kind,
            self._names(data),
            self._owner,
            self._lease_seconds,
            self._max_starts,
        )

    async def _standing(self, data: WorkRequested) -> str:
        answer = AnswerKey(data.mentor, data.question)
        standing: str = await self._ports.io(self._ports.reader.standing, data.upload_id, answer)
        return standing

    async def _no_longer_counts(self, data: WorkRequested) -> bool:
        if not self._names(data):
            _log.info("no work: nothing is asked of this worker")
            return True
        standing = await self._standing(data)
        if standing == "undecided":
            raise HandBackError("a newer upload is being accepted", _UNDECIDED_SECONDS)
        if standing != "current":
            _log.info("no work: upload no longer counts", standing=standing)
        return standing != "current"

    async def _still_wanted(self, data: WorkRequested) -> None:
        standing = await self._standing(data)
        if standing in {"superseded", "cancelled"}:
            raise StoppedError(f"the upload was {standing}")

    async def _do(self, data: WorkRequested, turn: Turn) -> WorkDone | WorkGoesOn:
        prefix = f"videos/{data.mentor}/{data.question}/{data.upload_id}/{turn.task.claim}"
        task = turn.task
        return await self._work(
            Assignment(data, prefix, turn.timings, turn.on_percent, task.attempt, task.claim)
        )

    async def _say_start(self, data: WorkRequested, task: Task) -> None:
        started = TaskStarted(**_about(self._kind, data, task))
        await self._say(started, f"{self._kind}/{task.attempt}", task.first_at)

    async def _say_end(self, data: WorkRequested, task: Task) -> None:
        said = end_of(self._kind, data, task)
        await self._say(said, f"{self._kind}/{task.attempt}", self._ended_at(task))

    def _letter(self, data: WorkRequested) -> dict[str, str]:
        return {"upload": data.upload_id}


def end_of(kind: TaskKind, upload: UploadData, task: Task) -> UploadData:
    """Return what is said about the end of a task.

    Parameters
    ----------
    kind
        Which unit of work.
    upload
        Whose.
    task
        As it ended.
    """
    about = _about(kind, upload, task)
    if task.status == "DONE":
        return TaskCompleted(**about, results=task.results)
    failed = [name for name, sub in task.names.items() if sub.status == "FAILED"]
    return TaskFailed(**about, failed=failed, code=task.code, reason=task.reason)


def _about(kind: TaskKind, upload: UploadData, task: Task) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "mentor": upload.mentor,
        "question": upload.question,
        "task": kind,
        "names": list(task.names),
        "attempt": task.attempt,
    }
