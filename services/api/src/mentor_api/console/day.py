"""The last day in figures: what came, how it ended, and how long it took to be ready."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from mentor_api.console.models import Day, Failure, Hour, Total
from mentor_common.jobs import DayIndex
from mentor_common.jobs.item import EpochSeconds, StoredItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.clock import Clock
    from mentor_common.jobs import Table

_HOUR = 3600
_HOURS = 24
_KEEP_SECONDS = 15.0


@dataclass
class LastDay:
    """The last 24 hours; a reading is good for some seconds."""

    table: Table
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _good_until: float = 0.0
    _read: Day | None = None

    def figures(self) -> Day:
        """Return the figures of the day and of each of its hours, the oldest first."""
        with self._lock:
            now = self.clock.now()
            if self._read is None or now >= self._good_until:
                self._read = _figures(DayIndex(self.table), now)
                self._good_until = now + _KEEP_SECONDS
            return self._read


class _Job(StoredItem):
    """A JOB in the index."""

    day_at: EpochSeconds
    status: str = ""


class _Outcome(StoredItem):
    """An OUTCOME in the index; ``accepted_at`` is its upload's."""

    day_at: EpochSeconds
    kind: str = ""
    code: str | None = None
    accepted_at: EpochSeconds | None = None


def _figures(days: DayIndex, now: float) -> Day:
    first = now // _HOUR * _HOUR - (_HOURS - 1) * _HOUR
    hours = range(_HOURS)
    came: Counter[int] = Counter()
    for job in _Job.from_items(days.between("JOB", first, now)):
        if job.status == "ACCEPTED":
            came[_hour(job.day_at, first)] += 1
    ended: list[Counter[str]] = [Counter() for _ in hours]
    seconds: list[list[float]] = [[] for _ in hours]
    failures: Counter[str] = Counter()
    for outcome in _Outcome.from_items(days.between("OUTCOME", first, now)):
        hour = _hour(outcome.day_at, first)
        ended[hour][outcome.kind] += 1
        if outcome.kind == "ready" and outcome.accepted_at is not None:
            seconds[hour].append(outcome.day_at - outcome.accepted_at)
        elif outcome.kind == "failed":
            failures[outcome.code or "unknown"] += 1
    return Day(
        hours=[
            Hour(begins=first + hour * _HOUR, **_counts(came[hour], ended[hour], seconds[hour]))
            for hour in hours
        ],
        total=Total(**_counts(came.total(), sum(ended, Counter()), [*chain(*seconds)])),
        failures=[Failure(code=code, count=count) for code, count in failures.most_common(10)],
    )


def _hour(at: float, first: float) -> int:
    return min(max(int((at - first) // _HOUR), 0), _HOURS - 1)


def _counts(came: int, ended: Counter[str], seconds: Sequence[float]) -> dict[str, Any]:
    """Return counts by outcome, and the median and 95th percentile (linear between ranks)."""
    cuts = seconds if len(seconds) == 1 else []
    if len(seconds) > 1:
        cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "came": came,
        **{kind: ended[kind] for kind in ("ready", "failed", "cancelled", "superseded")},
        "seconds_half": round(statistics.median(seconds), 1) if seconds else None,
        "seconds_most": round(cuts[-1], 1) if seconds else None,
    }
