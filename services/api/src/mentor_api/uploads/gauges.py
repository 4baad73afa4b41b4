"""Gauges of how many uploads wait and are worked on, by the jobs table."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from mentor_common.jobs import KINDS
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog

_WATCHED_SECONDS = 120.0
"""For so long after a scrape of the metrics somebody looks at them."""


@dataclass(frozen=True)
class Gauges:
    """Shows how many wait and are worked on; every replica shows the same."""

    backlog: Backlog
    clock: Clock

    def run(self) -> None:
        """Read the estimates; what cannot be read is no number, rather than an old one.

        Nothing is read while nobody scrapes them.
        """
        looked_at = metrics.scraped_within(_WATCHED_SECONDS)
        for task in KINDS:
            queue = self.backlog.estimate(task) if looked_at else None
            oldest = (queue.oldest_seconds(self.clock.now()) or 0.0) if queue else nan
            metrics.UPLOADS_WAITING.labels(task=task).set(len(queue.accepted) if queue else nan)
            metrics.UPLOADS_WORKING.labels(task=task).set(queue.working if queue else nan)
            metrics.OLDEST_WAITING.labels(task=task).set(oldest)
