"""Who waits for a unit of work, who works, and when the next ones are begun. No I/O."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.consumer.presence import Worker
    from mentor_common.jobs.table import Item

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


@dataclass(frozen=True)
class Seen:
    """What was read about one unit of work.

    Parameters
    ----------
    accepted
        When each that waits was accepted.
    tasks
        All TASK items that are known.
    workers
        Those that are there by their own word.
    at_least
        Not all were read.
    now
        When that was, epoch seconds.
    """

    accepted: Sequence[float]
    tasks: Sequence[Item]
    workers: Sequence[Worker]
    at_least: bool
    now: float

    def line(self) -> Line:
        """Return the line that forms before those who work."""
        running = self._running()
        mean = self._mean()
        waiting = tuple(sorted(self.accepted))
        lately = max((_touched(task) for task in self.tasks), default=0.0)
        idle = not running and lately < self.now - _SOON_SECONDS
        begins: tuple[float, ...] = ()
        if mean is not None and not idle:
            left = [max(0.0, task["started_at"] + mean - self.now) for task in running]
            begins = tuple(_begins(left or [0.0], mean, len(waiting) + 1))
        waits_long = bool(waiting) and waiting[0] < self.now - _SOON_SECONDS
        halted = self._halted() if idle and waits_long else None
        return Line(waiting, len(running), begins, self.at_least, halted)

    def _running(self) -> list[Item]:
        started = [task for task in self.tasks if task["status"] == "IN_PROGRESS"]
        return [task for task in started if task["lease_until"] > self.now]

    def _mean(self) -> float | None:
        """Return how long an upload keeps a worker, by those that were done lately."""
        done = [task for task in self.tasks if task["status"] == "DONE"]
        # What AWS Transcribe has heard keeps no worker for all that time.
        took = [task["finished_at"] - task["started_at"] for task in done if "job" not in task]
        return sum(took) / len(took) if took else None

    def _halted(self) -> Halted | None:
        if not self.workers:
            return None if self.at_least else "absent"
        if all(worker.down for worker in self.workers):
            return "outage"
        return "failing" if all(worker.pausing for worker in self.workers) else None


def _touched(task: Item) -> float:
    """Return when a worker last began or ended something."""
    return float(max(task["started_at"], task.get("finished_at", 0)))


def _begins(left: list[float], each: float, count: int) -> Iterator[float]:
    """Yield after how many seconds the next ``count`` are begun.

    Parameters
    ----------
    left
        Seconds until each who works now is free.
    each
        Seconds that one upload takes.
    count
        How many.
    """
    heapq.heapify(left)
    for _ in range(count):
        begin = left[0]
        yield begin
        heapq.heapreplace(left, begin + each)
