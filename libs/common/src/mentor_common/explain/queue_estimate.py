"""Who waits for a unit of work, who works, and when the next ones are begun. No I/O."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mentor_common.aws.table import Item
    from mentor_common.work.registry import Worker

_SOON_SECONDS: Final = 30.0
"""An idle worker claims within seconds: who waits for longer waits for a worker."""

Halted = Literal["absent", "outage", "failing"]
"""No worker is there; a service that they need is down; most work fails, so they hardly try."""


@dataclass(frozen=True)
class Place:
    """Where an upload stands in a line.

    Parameters
    ----------
    ahead
        Uploads that were accepted earlier and wait too.
    at_least
        There are so many that not all were counted.
    seconds
        About how long until it is begun; ``None`` without evidence.
    halted
        Why no worker works at all.
    """

    ahead: int
    at_least: bool = False
    seconds: float | None = None
    halted: Halted | None = None


@dataclass(frozen=True)
class Line:
    """Those who wait for one unit of work, at one moment.

    Parameters
    ----------
    accepted
        When each of them was accepted, epoch seconds, the oldest first.
    working
        Uploads that are being worked on.
    begins
        Seconds until the first, the second … of the line is begun, one more than wait; empty
        without evidence.
    at_least
        Not all were counted.
    halted
        Why no worker works at all, where somebody has waited for longer than a claim takes.
    """

    accepted: tuple[float, ...] = ()
    working: int = 0
    begins: tuple[float, ...] = ()
    at_least: bool = False
    halted: Halted | None = None

    def place(self, accepted_at: float) -> Place:
        """Return where an upload that was accepted then stands."""
        ahead = bisect_left(self.accepted, accepted_at)
        seconds = self.begins[ahead] if self.begins else None
        return Place(ahead, self.at_least, seconds, self.halted)


class Waiter(NamedTuple):
    """An upload that waits: when it was accepted, epoch seconds, and its size in bytes."""

    accepted_at: float
    size: int


@dataclass(frozen=True)
class Seen:
    """What was read about one unit of work.

    Parameters
    ----------
    waiting
        Those that wait.
    tasks
        All TASK items that are known, each with its upload's size in bytes where that is known.
    workers
        Those that are there by their own word.
    at_least
        Not all were read.
    now
        When that was, epoch seconds.
    """

    waiting: Sequence[Waiter]
    tasks: Sequence[tuple[Item, int | None]]
    workers: Sequence[Worker]
    at_least: bool
    now: float

    def line(self) -> Line:
        """Return the line that forms before those who work."""
        waiting = sorted(self.waiting)
        running = [(task, size) for task, size in self.tasks if self._runs(task)]
        lately = max((_touched(task) for task, _ in self.tasks), default=0.0)
        idle = not running and lately < self.now - _SOON_SECONDS
        takes = None if idle else self._takes()
        begins: tuple[float, ...] = ()
        if takes is not None:
            ends = [task["started_at"] + takes(size) - self.now for task, size in running]
            left = [max(0.0, seconds) for seconds in ends]
            begins = tuple(_begins(left or [0.0], [takes(one.size) for one in waiting]))
        waits_long = bool(waiting) and waiting[0].accepted_at < self.now - _SOON_SECONDS
        return Line(
            tuple(one.accepted_at for one in waiting),
            len(running),
            begins,
            self.at_least,
            self._halted() if idle and waits_long else None,
        )

    def _runs(self, task: Item) -> bool:
        return bool(task["status"] == "IN_PROGRESS" and task["lease_until"] > self.now)

    def _takes(self) -> Callable[[int | None], float] | None:
        """Return what tells for how long an upload of a size keeps a worker, in seconds.

        By those that were done lately, and in proportion to the size: half as far off as the mean
        in a mix of 4 to 45 s of video. ``None`` when none was done.
        """
        # What AWS Transcribe has heard keeps no worker for all that time.
        done = [
            (task["finished_at"] - task["started_at"], size)
            for task, size in self.tasks
            if task["status"] == "DONE" and "job" not in task
        ]
        if not done:
            return None
        mean = sum(seconds for seconds, _ in done) / len(done)
        sized = [(seconds, size) for seconds, size in done if size]
        if not sized:
            return lambda _size: mean
        rate = sum(seconds for seconds, _ in sized) / sum(size for _, size in sized)
        return lambda size: mean if size is None else rate * size

    def _halted(self) -> Halted | None:
        if not self.workers:
            return None if self.at_least else "absent"
        if all(worker.down for worker in self.workers):
            return "outage"
        return "failing" if all(worker.pausing for worker in self.workers) else None


def _touched(task: Item) -> float:
    """Return when a worker last began or ended something."""
    return float(max(task["started_at"], task.get("finished_at", 0)))


def _begins(left: list[float], takes: Sequence[float]) -> Iterator[float]:
    """Yield after how many seconds each that waits is begun, and one more.

    Parameters
    ----------
    left
        Seconds until each who works now is free.
    takes
        Seconds that each that waits will take.
    """
    heapq.heapify(left)
    for seconds in takes:
        yield left[0]
        heapq.heapreplace(left, left[0] + seconds)
    yield left[0]
