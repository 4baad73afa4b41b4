"""Claimed work from start to end: claim, run, record, publish, delete; never in another order.

A service gives its part as a :class:`Work` for each message. A message that comes
again finds the task ended and only publishes its event again, so each step may be repeated.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    StoppedError,
)
from mentor_common.jobs.task import EXHAUSTED
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.claims import Busy, Claimed, Tasks
from mentor_common.work.exhaustion import dead_letter_attributes, report_exhausted
from mentor_common.work.parked import Parked, parking
from mentor_common.work.progress import Progress
from mentor_common.work.result import WorkDone, changes_at_end, changes_of_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mentor_common.clock import Clock
    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Queue
    from mentor_common.events import Event, Topic
    from mentor_common.jobs.task import Task
    from mentor_common.media.process import ToolRun
    from mentor_common.work.claims import Claimant

_log = get_logger(__name__)


@dataclass(frozen=True)
class Run:
    """One run of claimed work.

    Parameters
    ----------
    timings
        Runs of tools are appended here.
    on_percent
        To be called with 0 to 100 as often as the work likes, from the event loop.
    """

    task: Task
    timings: list[ToolRun]
    on_percent: Callable[[int], None]


class Work(Protocol):
    """The unit of work that a message asks for, as its service knows it."""

    @property
    def name(self) -> str:
        """Name of the kind of work in the log."""
        ...

    @property
    def claimant(self) -> Claimant:
        """The claim to make, and by whom; asked for only when the work is not obsolete."""
        ...

    async def obsolete(self) -> str | None:
        """Return why the work is not wanted (any more), or ``None``.

        Raises
        ------
        HandBackError
            That is not decided yet.
        """
        ...

    def reserved(self) -> AbstractContextManager[object]:
        """Hold what the work needs besides its claim; raise ``HandBackError`` to wait for it."""
        ...

    async def run(self, run: Run) -> WorkDone | Parked:
        """Work, and store the results.

        Raises
        ------
        PermanentError
            The task fails for good.
        MentorUploadError
            Another one: the claim is handed back, see :func:`returned_claim`.
        """
        ...

    def started(self, task: Task) -> Event | None:
        """Return the event that the attempt has begun, where there is one.

        It is published of work that takes longer than moments.
        """
        ...

    def ended(self, task: Task, at: float) -> Event:
        """Return the event that the attempt has ended ``at`` some time (epoch seconds)."""
        ...

    def subject(self) -> dict[str, str]:
        """Return the attributes by which a dead letter names what it is about."""
        ...


@dataclass(frozen=True)
class Runner:
    """Handler of the messages that ask for one kind of claimed work."""

    work_of: Callable[[Any], Work]
    tasks: Tasks
    topic: Topic
    queue: Queue
    clock: Clock

    async def __call__(self, delivery: Delivery) -> None:
        """Claim, run, record, publish; when this returns, the consumer deletes the message."""
        work = self.work_of(delivery.event.data)
        delivery.log_with(task=work.name)
        if reason := await work.obsolete():
            _log.info("no work", why=reason)
            return
        with work.reserved():
            claim = await asyncio.to_thread(self.tasks.claim, work.claimant, delivery.redriven)
            if isinstance(claim, Busy):
                wait = claim.until - self.clock.now() + 1
                raise HandBackError("another worker holds the task", wait)
            task, fresh = claim.task, isinstance(claim, Claimed)
            delivery.log_with(attempt=task.attempt)
            if fresh:
                try:
                    result, timings = await self._run(delivery, work, task)
                    task = await self._record(work.claimant, task, result, timings)
                except StoppedError as lost:
                    # Too late: the present holder publishes the end.
                    raise HandBackError(str(lost), 1) from lost
                except (asyncio.CancelledError, Exception) as error:
                    await self._hand_back(delivery, work.claimant, task, error)
                    if delivery.stopped is None or not isinstance(error, asyncio.CancelledError):
                        raise
                    if await work.obsolete():
                        return
                    seconds = work.claimant.lease_seconds
                    raise HandBackError(str(delivery.stopped), seconds) from None
            if task.terminal:  # Not parked: then its end is published where it ends.
                await self._publish_end(delivery, work, task)
                if task.code == EXHAUSTED and not fresh:
                    report_exhausted(work.claimant, task)

    async def _run(
        self, delivery: Delivery, work: Work, task: Task
    ) -> tuple[WorkDone | Parked, list[ToolRun]]:
        """Run claimed work under a heartbeat; return its result and the tools it ran."""
        claimant, tasks = work.claimant, self.tasks

        def renew(percent: int) -> None:
            tasks.extend(claimant, task, percent)

        def publish_started() -> None:
            if (started := work.started(task)) is not None:
                self.topic.publish(started)

        delivery.failure_count = task.starts
        progress = Progress(renew, work.obsolete, publish_started, claimant.lease_seconds)
        timings: list[ToolRun] = []
        delivery.on_beat = progress.beat
        try:
            return await work.run(Run(task, timings, progress.report)), timings
        except PermanentError as error:
            return WorkDone({}, failures=dict.fromkeys(claimant.sub_tasks, error)), timings
        finally:
            delivery.on_beat = None

    async def _record(
        self, claimant: Claimant, task: Task, result: WorkDone | Parked, timings: list[ToolRun]
    ) -> Task:
        """Write what came of the work; return the task as it stands."""
        if isinstance(result, Parked):
            changes = parking(claimant.kind, result, self.clock.now()) | changes_of_tools(timings)
            return await asyncio.to_thread(self.tasks.park, claimant, task, changes)
        changes = changes_at_end(claimant.sub_tasks, result) | changes_of_tools(timings)
        return await asyncio.to_thread(self.tasks.finish, claimant, task, changes)

    async def _publish_end(self, delivery: Delivery, work: Work, task: Task) -> None:
        """Publish how a task ended, and put its message aside where it was given up."""
        event = work.ended(task, task.finished_at or self.clock.now())
        await asyncio.to_thread(self.topic.publish, event)
        if task.status == "FAILED":
            delivery.failure_code = task.code
        if task.code == EXHAUSTED:
            _log.error("gave up: dead letter", last_error=task.last_error)
            attributes = dead_letter_attributes(task) | work.subject()
            await self.queue.dead_letter(delivery.message, attributes)

    async def _hand_back(
        self, delivery: Delivery, claimant: Claimant, task: Task, error: BaseException
    ) -> None:
        """Hand back the claim of work that broke off, as :func:`returned_claim` says."""
        returned = returned_claim(error, delivery, self.clock.now())
        try:
            await asyncio.to_thread(self.tasks.hand_back, claimant, task, **returned)
        except DependencyDownError as down:
            if not isinstance(error, DependencyDownError):
                raise
            # The lease then runs out by itself, and this start counts.
            _log.warning("claim not handed back", error=str(down))


def returned_claim(error: BaseException, delivery: Delivery, now: float) -> dict[str, Any]:
    """Return how the claim of work that broke off is handed back.

    Stopping on request and outages take the start back; everything else counts as one of the
    attempt's starts, defects of ours among it.

    Returns the keyword arguments of :meth:`.claims.Tasks.hand_back`.
    """
    if isinstance(error, asyncio.CancelledError):
        if delivery.shutdown or delivery.stopped is not None:
            return {"uncount": True}
        return {"uncount": False, "error": "not finished within the longest time for one message"}
    if isinstance(error, DependencyDownError):
        return {"uncount": True}
    retry_at = now + delivery.retry_delay(error)
    return {"uncount": False, "error": error_summary(error), "retry_at": retry_at}
