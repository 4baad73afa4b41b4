"""Running one unit of work under its claim: the story that transcoder and transcriber share.

Claim, work, store, record, publish, delete; never in another order (DESIGN rules 7, 8, 10, 11).
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import structlog

from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    StoppedError,
)
from mentor_common.events import Event, TaskCompleted, TaskFailed, TaskStarted, UploadAccepted
from mentor_common.jobs import (
    EXHAUSTED,
    AnswerKey,
    Busy,
    Claimed,
    Holder,
    Reader,
    SubTask,
    Task,
    Tasks,
)
from mentor_common.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from mentor_common.clock import Clock
    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Queue
    from mentor_common.events import EventData, TaskKind, Topic
    from mentor_common.media.process import ToolRun

_log = get_logger(__name__)
_UNDECIDED_SECONDS = 10
_PERCENT_SECONDS = 5.0
_ALMOST_DONE = 99


@dataclass
class Assignment:
    """What a worker gets to do.

    Parameters
    ----------
    upload
        The event's data.
    prefix
        Where in the static bucket this claim, and no other, may write.
    timings
        Runs of tools are appended here.
    on_percent
        To be called with 0 to 100 as often as the worker likes, from the event loop.
    """

    upload: UploadAccepted
    prefix: str
    timings: list[ToolRun]
    on_percent: Callable[[int], None]


@dataclass(frozen=True)
class WorkDone:
    """What a worker gives back: stored and verified.

    Parameters
    ----------
    results
        Result name to key in the static bucket.
    facts
        Measurements for the answer (durations in ms, hash …), JSON values.
    failures
        Name of a task shown to people to why it failed; the others are DONE.
    """

    results: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, PermanentError] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """What the runner needs of the outside."""

    tasks: Tasks
    reader: Reader
    topic: Topic
    queue: Queue
    clock: Clock
    io: Callable[..., Awaitable[Any]] = asyncio.to_thread


class TaskRunner:
    """Handler of ``upload.accepted`` for a worker with one TASK item.

    Parameters
    ----------
    kind
        Which TASK item.
    names
        Names shown to people that the unit stands for, given the upload.
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
        names: Callable[[UploadAccepted], Sequence[str]],
        work: Callable[[Assignment], Awaitable[WorkDone]],
        ports: Ports,
        *,
        lease_seconds: float = 60,
        max_starts: int = 5,
    ) -> None:
        self._kind = kind
        self._service = f"{kind}r"
        self._names = names
        self._work = work
        self._ports = ports
        self._lease_seconds = lease_seconds
        self._max_starts = max_starts
        self._owner = f"{socket.gethostname()}:{os.getpid()}"

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        upload = cast("UploadAccepted", delivery.event.data)
        if await self._no_longer_counts(upload):
            return
        holder = Holder(
            upload.upload_id,
            self._kind,
            self._names(upload),
            self._owner,
            self._lease_seconds,
            self._max_starts,
        )
        tasks = self._ports.tasks
        claim = await self._ports.io(tasks.claim, holder, delivery.redriven)
        if isinstance(claim, Busy):
            wait = claim.until - self._ports.clock.now() + 1
            raise HandBackError("another worker holds the task", wait)
        if isinstance(claim, Claimed):
            delivery.failures = claim.task.starts
            with structlog.contextvars.bound_contextvars(
                task=self._kind, attempt=claim.task.attempt
            ):
                await self._hold(delivery, upload, holder, claim.task)
            return
        await self._say_end(upload, claim.task)
        if claim.task.code == EXHAUSTED:
            await self._dead_letter(delivery, upload, claim.task)

    async def _no_longer_counts(self, upload: UploadAccepted) -> bool:
        answer = AnswerKey(upload.mentor, upload.question)
        standing = await self._ports.io(self._ports.reader.standing, upload.upload_id, answer)
        if standing == "undecided":
            raise HandBackError("a newer upload is being accepted", _UNDECIDED_SECONDS)
        if standing != "current":
            _log.info("no work: upload no longer counts", standing=standing)
        return bool(standing != "current")

    async def _hold(
        self, delivery: Delivery, upload: UploadAccepted, holder: Holder, task: Task
    ) -> None:
        """Work under the claim and give it back in every case that does not finish it."""
        io, tasks = self._ports.io, self._ports.tasks
        try:
            ended = await self._perform(delivery, upload, holder, task)
        except asyncio.CancelledError:
            uncount = delivery.shutdown or delivery.stopped is not None
            await io(tasks.hand_back, holder, task, uncount=uncount)
            if delivery.stopped is None:
                raise
            if await self._no_longer_counts(upload):
                return
            raise HandBackError(str(delivery.stopped), self._lease_seconds) from None
        except StoppedError as stopped:
            # The result came too late: whoever holds the task now says what became of it.
            raise HandBackError(str(stopped), 1) from stopped
        except DependencyDownError:
            await self._hand_back_in_outage(holder, task)
            raise
        except Exception:
            await io(tasks.hand_back, holder, task, uncount=False)
            raise
        await self._say_end(upload, ended)

    async def _perform(
        self, delivery: Delivery, upload: UploadAccepted, holder: Holder, task: Task
    ) -> Task:
        await self._say(
            TaskStarted(**self._about(upload, task)),
            f"{self._kind}/{task.attempt}",
            task.first_at,
        )
        progress = _Progress(self, delivery, holder, task, upload)
        delivery.on_beat = progress.beat
        timings: list[ToolRun] = []
        prefix = f"videos/{upload.mentor}/{upload.question}/{upload.upload_id}/{task.claim}"
        try:
            done = await self._work(Assignment(upload, prefix, timings, progress.report))
        except PermanentError as error:
            done = WorkDone({}, failures=dict.fromkeys(holder.names, error))
        return cast(
            "Task",
            await self._ports.io(
                self._ports.tasks.finish, holder, task, _ending(holder.names, done, timings)
            ),
        )

    async def _hand_back_in_outage(self, holder: Holder, task: Task) -> None:
        try:
            await self._ports.io(self._ports.tasks.hand_back, holder, task, uncount=True)
        except DependencyDownError as error:
            # Then the lease runs out by itself and this start counts.
            _log.warning("claim not handed back", error=str(error))

    def _about(self, upload: EventData, task: Task) -> dict[str, Any]:
        return {
            "upload_id": upload.upload_id,
            "mentor": upload.mentor,
            "question": upload.question,
            "task": self._kind,
            "names": list(task.names),
            "attempt": task.attempt,
        }

    async def _say_end(self, upload: UploadAccepted, task: Task) -> None:
        about = self._about(upload, task)
        data: EventData
        if task.status == "DONE":
            data = TaskCompleted(**about, results=task.results)
        else:
            failed = [name for name, sub in task.names.items() if sub.status == "FAILED"]
            data = TaskFailed(**about, failed=failed, code=task.code, reason=task.reason)
        at = task.finished_at or self._ports.clock.now()
        await self._say(data, f"{self._kind}/{task.attempt}", at)

    async def _say(self, data: EventData, step: str, at: float) -> None:
        event = Event.of(data, service=self._service, step=step, at=at)
        await self._ports.io(self._ports.topic.publish, event)

    async def _dead_letter(self, delivery: Delivery, upload: UploadAccepted, task: Task) -> None:
        _log.error("gave up: dead letter", upload_id=upload.upload_id, attempt=task.attempt)
        await self._ports.queue.dead_letter(
            delivery.message,
            {
                "attempt": str(task.attempt),
                "code": task.code or EXHAUSTED,
                "text": (task.reason or "")[:250],
                "upload": upload.upload_id,
                "first": f"{task.first_at:.0f}",
                "last": f"{task.finished_at or task.started_at:.0f}",
            },
        )


class _Progress:
    """Percent and the lease: written with the heartbeat, at most every five seconds."""

    def __init__(
        self,
        runner: TaskRunner,
        delivery: Delivery,
        holder: Holder,
        task: Task,
        upload: UploadAccepted,
    ) -> None:
        self._runner = runner
        self._delivery = delivery
        self._holder = holder
        self._task = task
        self._upload = upload
        self._percent = 0
        self._written_at = float("-inf")

    def report(self, percent: int) -> None:
        """Take note of progress; 100 is said by the result alone."""
        percent = min(max(percent, self._percent), _ALMOST_DONE)
        if percent == self._percent:
            return
        self._percent = percent
        now = asyncio.get_running_loop().time()
        if now - self._written_at >= _PERCENT_SECONDS:
            self._written_at = now
            self._delivery.nudge()

    async def beat(self) -> None:
        """Extend the lease, write percent, and find out whether the work still counts."""
        ports = self._runner._ports  # noqa: SLF001 -- one class in two parts
        await ports.io(ports.tasks.extend, self._holder, self._task, self._percent)
        self._written_at = asyncio.get_running_loop().time()
        answer = AnswerKey(self._upload.mentor, self._upload.question)
        standing = await ports.io(ports.reader.standing, self._upload.upload_id, answer)
        if standing in {"superseded", "cancelled"}:
            raise StoppedError(f"the upload was {standing}")


def _ending(names: Sequence[str], done: WorkDone, timings: list[ToolRun]) -> dict[str, Any]:
    subs = {
        name: SubTask(status="FAILED", code=error.code, reason=error.reason)
        if (error := done.failures.get(name))
        else SubTask(status="DONE")
        for name in names
    }
    changes: dict[str, Any] = {
        "status": "FAILED" if done.failures else "DONE",
        "names": {name: sub.item() for name, sub in subs.items()},
        "results": dict(done.results),
        "facts": dict(done.facts),
        "tools": [[run.tool, run.started, run.ended] for run in timings],
    }
    if done.failures:
        worst = next(iter(done.failures.values()))
        changes |= {"code": worst.code, "reason": worst.reason}
    else:
        changes["percent"] = 100
    return changes
