"""The last day in figures: what came, how it ended, and how long it took to be ready."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import DayIndex
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.clock import Clock
    from mentor_common.jobs import Table

_HOUR = 3600
_HOURS = 24
_KEEP_SECONDS = 15.0
_OUTCOMES = ("ready", "failed", "cancelled", "superseded")


@dataclass
class Day:
    """The last 24 hours; a reading is good for some seconds."""

    table: Table
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _good_until: float = 0.0
    _last: dict[str, Any] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """Return ``hours`` (the oldest first), ``total`` and ``failures`` by their reason.

        An hour has ``begins``, ``came``, a count for each outcome, and ``seconds_half`` and
        ``seconds_most``: within how many seconds half, and 95 of 100, were ready; or null.
        """
        with self._lock:
            now = self.clock.now()
            if now >= self._good_until:
                self._last = self._read(now)
                self._good_until = now + _KEEP_SECONDS
            return self._last

    def _read(self, now: float) -> dict[str, Any]:
        first = now // _HOUR * _HOUR - (_HOURS - 1) * _HOUR
        days = DayIndex(self.table)
        came: Counter[int] = Counter()
        for job in days.between("JOB", first, now):
            if job.get("status") == "ACCEPTED":
                came[_hour(job["day_at"], first)] += 1
        ended: list[Counter[str]] = [Counter() for _ in range(_HOURS)]
        seconds: list[list[float]] = [[] for _ in range(_HOURS)]
        failures: Counter[str] = Counter()
        for outcome in days.between("OUTCOME", first, now):
            hour, kind = _hour(outcome["day_at"], first), outcome.get("kind", "")
            ended[hour][kind] += 1
            if kind == "ready" and "accepted_at" in outcome:
                seconds[hour].append(outcome["day_at"] - outcome["accepted_at"])
            elif kind == "failed":
                failures[outcome.get("code") or "unknown"] += 1
        hours: list[dict[str, Any]] = [
            {"begins": iso(first + hour * _HOUR), "came": came[hour]}
            | {kind: ended[hour][kind] for kind in _OUTCOMES}
            | _times(seconds[hour])
            for hour in range(_HOURS)
        ]
        total: dict[str, Any] = {"came": came.total()}
        total |= {kind: sum(each[kind] for each in ended) for kind in _OUTCOMES}
        return {
            "hours": hours,
            "total": total | _times([each for hour in seconds for each in hour]),
            "failures": [{"code": code, "count": n} for code, n in failures.most_common(10)],
        }


def _hour(at: float, first: float) -> int:
    return min(max(int((at - first) // _HOUR), 0), _HOURS - 1)


def _times(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the median and the 95th percentile (linear between ranks)."""
    if not seconds:
        return {"seconds_half": None, "seconds_most": None}
    if len(seconds) == 1:
        return {"seconds_half": round(seconds[0], 1), "seconds_most": round(seconds[0], 1)}
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "seconds_half": round(statistics.median(seconds), 1),
        "seconds_most": round(cuts[-1], 1),
    }
