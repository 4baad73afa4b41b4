"""Running one unit of work under its claim: the story that all claimed work shares.

Claim, work, store, record, publish, delete; never in another order (DESIGN rules 7, 8, 10, 11).
"""

from __future__ import annotations

import asyncio
import os
import socket
from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import structlog

from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    StoppedError,
)
from mentor_common.events import Event, EventData
from mentor_common.jobs import EXHAUSTED, Reader, SubTask, Task
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.claims import Busy, Claimed, Holding, Tasks
from mentor_common.work.exhaustion import report_given_up
from mentor_common.work.parked import parking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from mentor_common.adapters import Adapters
    from mentor_common.clock import Clock
    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Queue
    from mentor_common.events import TaskKind, Topic
    from mentor_common.media.process import ToolRun

_log = get_logger(__name__)
_PERCENT_SECONDS = 5.0
_ALMOST_DONE = 99

D = TypeVar("D", bound=EventData)


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
class WorkGoesOn:
    """What a worker gives back that has started an asynchronous job elsewhere.

    Parameters
    ----------
    job
        Its name.
    check_after, deadline_after
        Seconds until the sweep looks at it, and until it is given up.
    facts
        What the end of it will need.
    """

    job: str
    check_after: float
    deadline_after: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """What the runner needs of the outside."""

    tasks: Tasks
    reader: Reader
    topic: Topic
    queue: Queue
    clock: Clock
    io: Callable[..., Awaitable[Any]] = field(default_factory=lambda: asyncio.to_thread)

    @classmethod
    def of(cls, adapters: Adapters, queue: Queue) -> Ports:
        """Return them as a service has them connected."""
        return cls(
            tasks=Tasks(adapters.table, adapters.clock),
            reader=adapters.reader,
            topic=adapters.topic,
            queue=queue,
            clock=adapters.clock,
        )


@dataclass(frozen=True)
class Turn:
    """One run of the work: the claimed item, and what the work may tell meanwhile.

    Parameters
    ----------
    task
        As claimed.
    timings
        Runs of tools are appended here.
    on_percent
        To be called with 0 to 100 as often as the work likes, from the event loop.
    """

    task: Task
    timings: list[ToolRun]
    on_percent: Callable[[int], None]


class HeldWork(ABC, Generic[D]):
    """Handler of an event whose work is claimed, held, and finished or handed back.

    Parameters
    ----------
    service
        Who says the events about it.
    ports
        The outside.
    lease_seconds, max_starts
        See :class:`mentor_common.jobs.Holding`.
    """

    def __init__(
        self, service: str, ports: Ports, *, lease_seconds: float = 60, max_starts: int = 5
    ) -> None:
        self._service = service
        self._ports = ports
        self._lease_seconds = lease_seconds
        self._max_starts = max_starts
        self._owner = f"{socket.gethostname()}:{os.getpid()}"

    @abstractmethod
    def _holding(self, data: D) -> Holding:
        """Return what is claimed."""

    @abstractmethod
    async def _no_longer_counts(self, data: D) -> bool:
        """Tell whether the work is not wanted any more; raise ``HandBackError`` to ask later."""

    def _turn(self, data: D) -> AbstractContextManager[object]:  # noqa: ARG002 -- for those that wait
        """Return what is held while the work is; raise ``HandBackError`` to wait for a turn."""
        return nullcontext()

    async def _still_wanted(self, data: D) -> None:
        """Raise ``StoppedError`` when the work became unwanted; called with every heartbeat."""

    @abstractmethod
    async def _do(self, data: D, turn: Turn) -> WorkDone | WorkGoesOn:
        """Work. ``PermanentError`` fails the task, ``TransientError`` retries it."""

    @abstractmethod
    async def _say_start(self, data: D, task: Task) -> None:
        """Say that an attempt has begun."""

    @abstractmethod
    async def _say_end(self, data: D, task: Task) -> None:
        """Say how an attempt ended."""

    @abstractmethod
    def _letter(self, data: D) -> dict[str, str]:
        """Return the attributes by which a dead letter names its subject."""

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        data = cast("D", delivery.event.data)
        if await self._no_longer_counts(data):
            return
        with self._turn(data):
            await self._take(delivery, data)

    async def _take(self, delivery: Delivery, data: D) -> None:
        """Claim the work and bring it to an end, or say again how it ended."""
        holder = self._holding(data)
        tasks = self._ports.tasks
        claim = await self._ports.io(tasks.claim, holder, delivery.redriven)
        if isinstance(claim, Busy):
            wait = claim.until - self._ports.clock.now() + 1
            raise HandBackError("another worker holds the task", wait)
        if isinstance(claim, Claimed):
            delivery.failures = claim.task.starts
            delivery.names["attempt"] = claim.task.attempt
            with structlog.contextvars.bound_contextvars(attempt=claim.task.attempt):
                ended = await self._hold(delivery, data, holder, claim.task)
        else:
            ended = claim.task
        if ended is None or ended.status == "WAITING":
            return
        delivery.failed = ended.code if ended.status == "FAILED" else None
        with structlog.contextvars.bound_contextvars(attempt=ended.attempt):
            await self._say_end(data, ended)
            if ended.code == EXHAUSTED:
                await self._dead_letter(delivery, data, ended)
                if not isinstance(claim, Claimed):
                    report_given_up(holder, ended)

    async def _hold(self, delivery: Delivery, data: D, holder: Holding, task: Task) -> Task | None:
        """Work under the claim and give it back in every case that does not finish it.

        ``None`` when the work is not wanted any more.
        """
        io, tasks = self._ports.io, self._ports.tasks
        try:
            return await self._perform(delivery, data, holder, task)
        except asyncio.CancelledError:
            uncount = delivery.shutdown or delivery.stopped is not None
            why = None if uncount else "not finished within the longest time for one message"
            await io(tasks.hand_back, holder, task, uncount=uncount, error=why)
            if delivery.stopped is None:
                raise
            if await self._no_longer_counts(data):
                return None
            raise HandBackError(str(delivery.stopped), self._lease_seconds) from None
        except StoppedError as stopped:
            # The result came too late: whoever holds the task now says what became of it.
            raise HandBackError(str(stopped), 1) from stopped
        except DependencyDownError:
            await self._hand_back_in_outage(holder, task)
            raise
        except Exception as error:
            why, now = error_summary(error), self._ports.clock.now()
            again = now + delivery.pause(error)
            await io(tasks.hand_back, holder, task, uncount=False, error=why, retry_at=again)
            raise

    async def _perform(self, delivery: Delivery, data: D, holder: Holding, task: Task) -> Task:
        await self._say_start(data, task)
        progress = _Progress(self, delivery, holder, task, data)
        delivery.on_beat = progress.beat
        timings: list[ToolRun] = []
        done: WorkDone | WorkGoesOn
        try:
            done = await self._do(data, Turn(task, timings, progress.report))
        except PermanentError as error:
            done = WorkDone({}, failures=dict.fromkeys(holder.names, error))
        finally:
            delivery.on_beat = None
        if isinstance(done, WorkGoesOn):
            return cast(
                "Task",
                await self._ports.io(
                    self._ports.tasks.park, holder, task, self._parked(holder, done, timings)
                ),
            )
        return cast(
            "Task",
            await self._ports.io(
                self._ports.tasks.finish, holder, task, ending(holder.names, done, timings)
            ),
        )

    def _parked(self, holder: Holding, done: WorkGoesOn, timings: list[ToolRun]) -> dict[str, Any]:
        now = self._ports.clock.now()
        kind = cast("TaskKind", holder.sk.removeprefix("TASK#"))
        return parking(kind, done.job, now + done.check_after, now + done.deadline_after) | {
            "facts": dict(done.facts),
            "tools": _timed(timings),
        }

    async def _hand_back_in_outage(self, holder: Holding, task: Task) -> None:
        try:
            await self._ports.io(self._ports.tasks.hand_back, holder, task, uncount=True)
        except DependencyDownError as error:
            # Then the lease runs out by itself and this start counts.
            _log.warning("claim not handed back", error=str(error))

    async def _say(self, data: EventData, step: str, at: float) -> None:
        event = Event.of(data, service=self._service, step=step, at=at)
        await self._ports.io(self._ports.topic.publish, event)

    def _ended_at(self, task: Task) -> float:
        return task.finished_at or self._ports.clock.now()

    async def _dead_letter(self, delivery: Delivery, data: D, task: Task) -> None:
        _log.error("gave up: dead letter", last_error=task.last_error)
        await self._ports.queue.dead_letter(
            delivery.message,
            {
                "attempt": str(task.attempt),
                "code": task.code or EXHAUSTED,
                "text": (task.reason or "")[:250],
                "first": f"{task.first_at:.0f}",
                "last": f"{task.finished_at or task.started_at:.0f}",
                **({"error": task.last_error[:250]} if task.last_error else {}),
                **self._letter(data),
            },
        )


class _Progress(Generic[D]):
    """Percent and the lease: written with the heartbeat, at most every five seconds."""

    def __init__(
        self, work: HeldWork[D], delivery: Delivery, holder: Holding, task: Task, data: D
    ) -> None:
        self._work = work
        self._delivery = delivery
        self._holder = holder
        self._task = task
        self._data = data
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
        ports = self._work._ports  # noqa: SLF001 -- one class in two parts
        await ports.io(ports.tasks.extend, self._holder, self._task, self._percent)
        self._written_at = asyncio.get_running_loop().time()
        await self._work._still_wanted(self._data)  # noqa: SLF001 -- one class in two parts


def ending(names: Sequence[str], done: WorkDone, timings: list[ToolRun]) -> dict[str, Any]:
    """Return the changes that end a task as its work ended."""
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
        "tools": _timed(timings),
    }
    if done.failures:
        worst = next(iter(done.failures.values()))
        changes |= {"code": worst.code, "reason": worst.reason}
        if worst.code == EXHAUSTED and worst.__cause__ is not None:
            changes["last_error"] = error_summary(worst.__cause__)
    else:
        changes["percent"] = 100
    return changes


def _timed(timings: list[ToolRun]) -> list[list[Any]]:
    return [[run.tool, run.started, run.ended] for run in timings]
