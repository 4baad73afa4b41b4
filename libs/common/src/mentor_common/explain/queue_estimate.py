"""An estimate of a unit of work: uploads that wait, and when the next ones are begun. No I/O."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mentor_common.jobs.item import EpochSeconds, StoredItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mentor_common.work.registry import Worker

    Duration = Callable[[int | None], float]
    SizedTask = tuple["TaskTimes", int | None]

_SOON_SECONDS: Final = 30.0
"""An idle worker claims within seconds: who waits for longer waits for a worker."""

Halted = Literal["absent", "outage", "failing"]
"""No worker is there; a service that they need is down; most work fails, so they hardly try."""


class TaskTimes(StoredItem):
    """As much of a TASK item as an estimate needs."""

    status: str
    lease_until: EpochSeconds
    retry_at: EpochSeconds = 0
    started_at: EpochSeconds
    finished_at: EpochSeconds | None = None
    job: str | None = None


class Position(NamedTuple):
    """An upload's position in a queue.

    Parameters
    ----------
    ahead
        Uploads that were accepted earlier and wait too.
    is_lower_bound
        There are so many that not all were counted.
    seconds
        About how long until it is begun; ``None`` without evidence.
    halted
        Why no worker works at all.
    """

    ahead: int
    is_lower_bound: bool = False
    seconds: float | None = None
    halted: Halted | None = None


@dataclass(frozen=True)
class QueueEstimate:
    """The uploads that wait for one unit of work, at one moment.

    Parameters
    ----------
    accepted
        When each of them was accepted, epoch seconds, the oldest first.
    working
        Uploads that are being worked on.
    start_delays
        Seconds until the first, the second … of them is begun, one more than wait; empty
        without evidence.
    is_lower_bound
        Not all were counted.
    halted
        Why no worker works at all, where an upload has waited for longer than a claim takes.
    waiting_since
        Since when the one has waited that has waited for longest, epoch seconds; ``None`` where
        none waits.
    """

    accepted: tuple[float, ...] = ()
    working: int = 0
    start_delays: tuple[float, ...] = ()
    is_lower_bound: bool = False
    halted: Halted | None = None
    waiting_since: float | None = None

    def position(self, accepted_at: float) -> Position:
        """Return the position of an upload that was accepted then."""
        ahead = bisect_left(self.accepted, accepted_at)
        seconds = self.start_delays[ahead] if self.start_delays else None
        return Position(ahead, self.is_lower_bound, seconds, self.halted)

    def oldest_seconds(self, now: float) -> float | None:
        """Return for how long one has waited, at the most; ``None`` where none waits."""
        return None if self.waiting_since is None else max(0.0, now - self.waiting_since)


class Waiting(NamedTuple):
    """An upload that waits.

    Parameters
    ----------
    accepted_at
        Epoch seconds; the queue's order.
    size
        Bytes.
    since
        Since when it waits, epoch seconds: later than it was accepted where it was begun before.
    """

    accepted_at: float
    size: int
    since: float


def estimate(
    waiting: Sequence[Waiting],
    tasks: Sequence[SizedTask],
    workers: Sequence[Worker],
    now: float,
    *,
    is_lower_bound: bool = False,
) -> QueueEstimate:
    """Return the estimate that follows from what was read about one unit of work.

    Parameters
    ----------
    tasks
        All tasks that are known, each with its upload's size in bytes where that is known.
    workers
        Those that are there by what they last wrote of themselves.
    now
        When that was, epoch seconds.
    is_lower_bound
        Not all were read.
    """
    waiting = sorted(waiting)
    running = [each for each in tasks if _runs(each[0], now)]
    last_touched = max((_touched(task) for task, _ in tasks), default=0.0)
    idle = not running and last_touched < now - _SOON_SECONDS
    duration = None if idle else _duration(tasks)
    start_delays: tuple[float, ...] = ()
    if duration is not None:
        ends = [task.started_at + duration(size) - now for task, size in running]
        left = [max(0.0, seconds) for seconds in ends]
        start_delays = tuple(_start_delays(left or [0.0], [duration(one.size) for one in waiting]))
    waits_long = bool(waiting) and waiting[0].accepted_at < now - _SOON_SECONDS
    return QueueEstimate(
        tuple(one.accepted_at for one in waiting),
        len(running),
        start_delays,
        is_lower_bound,
        _halted(workers, is_lower_bound=is_lower_bound) if idle and waits_long else None,
        min((one.since for one in waiting), default=None),
    )


def _runs(task: TaskTimes, now: float) -> bool:
    return task.status == "IN_PROGRESS" and task.lease_until > now


def _touched(task: TaskTimes) -> float:
    """Return when a worker last began or ended something."""
    return max(task.started_at, task.finished_at or 0)


def _duration(tasks: Sequence[SizedTask]) -> Duration | None:
    """Return the function from an upload's size to the seconds that it keeps a worker.

    By those that were done lately, and in proportion to the size: half as far off as the mean
    in a mix of 4 to 45 s of video. ``None`` when none was done.
    """
    # What AWS Transcribe recognises keeps no worker for all that time.
    done = [
        (task.finished_at - task.started_at, size)
        for task, size in tasks
        if task.status == "DONE" and task.finished_at is not None and task.job is None
    ]
    if not done:
        return None
    mean = sum(seconds for seconds, _ in done) / len(done)
    sized = [(seconds, size) for seconds, size in done if size]
    if not sized:
        return lambda _size: mean
    rate = sum(seconds for seconds, _ in sized) / sum(size for _, size in sized)
    return lambda size: mean if size is None else rate * size


def _halted(workers: Sequence[Worker], *, is_lower_bound: bool) -> Halted | None:
    if not workers:
        return None if is_lower_bound else "absent"
    if all(worker.down for worker in workers):
        return "outage"
    return "failing" if all(worker.pausing for worker in workers) else None


def _start_delays(left: list[float], durations: Sequence[float]) -> Iterator[float]:
    """Yield after how many seconds each that waits is begun, and one more.

    Both arguments are seconds: until each who works now is free, and that each that waits will
    take.
    """
    heapq.heapify(left)
    for seconds in durations:
        yield left[0]
        heapq.heapreplace(left, left[0] + seconds)
    yield left[0]
