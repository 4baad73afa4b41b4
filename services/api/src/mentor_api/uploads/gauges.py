"""Gauges of the uploads that wait and that are worked on, from the jobs table."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from mentor_common.explain.backlog import WORKERS
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog


@dataclass(frozen=True)
class Gauges:
    """Sets the gauges; every replica sets the same.

    Parameters
    ----------
    backlog, clock
        The uploads that wait for each kind of worker, and the time.
    """

    backlog: Backlog
    clock: Clock

    def run(self) -> None:
        """Set the gauges anew; what cannot be read is NaN, rather than an old number."""
        for task in WORKERS:
            line = self.backlog.line(task)
            oldest = self.clock.now() - line.accepted[0] if line and line.accepted else 0.0
            metrics.UPLOADS_WAITING.labels(task=task).set(len(line.accepted) if line else nan)
            metrics.UPLOADS_WORKING.labels(task=task).set(line.working if line else nan)
            metrics.OLDEST_WAITING.labels(task=task).set(oldest if line else nan)
