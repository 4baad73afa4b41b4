"""The unit of work of an upload as the runner knows it: what transcoder and transcriber share."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.errors import HandBackError
from mentor_common.events import Event, TaskCompleted, TaskFailed, TaskStarted
from mentor_common.jobs.kinds import KINDS
from mentor_common.jobs.model import AnswerKey
from mentor_common.process_name import process_name
from mentor_common.work.claims import Claimant, Tasks
from mentor_common.work.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractContextManager

    from mentor_common.adapters import Adapters
    from mentor_common.consumer.queue import Queue
    from mentor_common.events import EventData, TaskKind, UploadData, WorkRequested
    from mentor_common.jobs import Reader, Task
    from mentor_common.media.process import ToolRun
    from mentor_common.work.parked import Parked
    from mentor_common.work.result import WorkDone
    from mentor_common.work.runner import Run

    SubTasksOf = Callable[[WorkRequested], Sequence[str]]
    DoWork = Callable[["Assignment"], Awaitable[WorkDone | Parked]]

_UNDECIDED_SECONDS = 10


@dataclass
class Assignment:
    """The work of one run, as a service gets it.

    Parameters
    ----------
    upload
        The event's data: of a type that the worker's unit of work is requested by.
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


@dataclass(frozen=True)
class UploadWork:
    """One upload's work of one kind; see :class:`.runner.Work`.

    Where ``claimant`` names no tasks, the request asks for nothing of this worker.
    """

    kind: TaskKind
    claimant: Claimant
    upload: WorkRequested
    work: DoWork
    reader: Reader

    @property
    def name(self) -> str:
        """Name of the kind of work in the log."""
        return self.kind

    async def obsolete(self) -> str | None:
        """Return why the work is not wanted (any more), or ``None``."""
        if not self.claimant.sub_tasks:
            return "nothing is asked of this worker"
        answer = AnswerKey(self.upload.mentor, self.upload.question)
        validity = await asyncio.to_thread(self.reader.validity, self.upload.upload_id, answer)
        if validity == "undecided":
            raise HandBackError("a newer upload is being accepted", _UNDECIDED_SECONDS)
        return None if validity == "current" else f"the upload was {validity}"

    def reserved(self) -> AbstractContextManager[object]:
        """Need nothing besides the claim."""
        return nullcontext()

    async def run(self, run: Run) -> WorkDone | Parked:
        """Have the service work."""
        task, upload = run.task, self.upload
        prefix = f"videos/{upload.mentor}/{upload.question}/{upload.upload_id}/{task.claim}"
        assignment = Assignment(
            upload, prefix, run.timings, run.on_percent, task.attempt, task.claim
        )
        return await self.work(assignment)

    def started(self, task: Task) -> Event:
        """Return ``task.started``."""
        data = TaskStarted(**_about(self.kind, self.upload, task))
        return _event(self.kind, data, task, task.first_at)

    def ended(self, task: Task, at: float) -> Event:
        """Return ``task.completed`` or ``task.failed``."""
        return ended_event(self.kind, self.upload, task, at)

    def subject(self) -> dict[str, str]:
        """Return the upload as a dead letter names it."""
        return {"upload": self.upload.upload_id}


def upload_runner(
    kind: TaskKind,
    sub_tasks_of: SubTasksOf,
    work: DoWork,
    adapters: Adapters,
    queue: Queue,
    *,
    lease_seconds: float = 60,
    max_starts: int = 5,
) -> Runner:
    """Return the handler of what asks a worker for its kind of work.

    Parameters
    ----------
    sub_tasks_of
        The sub-tasks that the unit of work stands for, given the request; none where it
        asks for nothing of this worker: then nothing is claimed.
    work
        Does the work. ``PermanentError`` fails the task, ``TransientError`` retries it.
    lease_seconds, max_starts
        See :class:`.claims.Claimant`.
    """
    owner = process_name()

    def work_of(upload: WorkRequested) -> UploadWork:
        claimant = Claimant.of_task(
            upload.upload_id, kind, sub_tasks_of(upload), owner, lease_seconds, max_starts
        )
        return UploadWork(kind, claimant, upload, work, adapters.reader)

    tasks = Tasks(adapters.table, adapters.clock)
    return Runner(work_of, tasks, adapters.topic, queue, adapters.clock)


def ended_event(kind: TaskKind, upload: UploadData, task: Task, at: float) -> Event:
    """Return the event about the end of a task."""
    about = _about(kind, upload, task)
    if task.status == "DONE":
        done = TaskCompleted(
            **about,
            results=task.results,
            language=task.language,
            web_rendition=task.web_rendition,
        )
        return _event(kind, done, task, at)
    failed = [name for name, sub in task.names.items() if sub.status == "FAILED"]
    data = TaskFailed(**about, failed=failed, code=task.code, reason=task.reason)
    return _event(kind, data, task, at)


def _event(kind: TaskKind, data: EventData, task: Task, at: float) -> Event:
    step = f"{kind}/{task.attempt}"
    return Event.of(data, service=KINDS[kind].service, step=step, at=at)


def _about(kind: TaskKind, upload: UploadData, task: Task) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "mentor": upload.mentor,
        "question": upload.question,
        "task": kind,
        "names": list(task.names),
        "attempt": task.attempt,
    }
