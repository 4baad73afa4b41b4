"""Gauges of how many uploads wait and are worked on, by the jobs table, and who waits for long."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from mentor_common.jobs import KINDS
from mentor_common.telemetry import metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog

_log = get_logger(__name__)
_LONG_SECONDS = 60.0
"""Who waits for less long is not worth a line."""
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


@dataclass(frozen=True)
class WaitingLog:
    """Says in the log who waits for long.

    The metric filters of ``infra/stage/alarms.yaml`` read it: what SQS tells of its oldest message
    counts work in progress as well.
    """

    backlog: Backlog
    clock: Clock

    def run(self) -> None:
        """Write a line for each unit of work for which somebody has waited for a minute or more."""
        for task in KINDS:
            queue = self.backlog.estimate(task)
            oldest = queue.oldest_seconds(self.clock.now()) if queue else None
            if queue and oldest is not None and oldest >= _LONG_SECONDS:
                waiting = len(queue.accepted)
                _log.info("uploads wait", task=task, uploads=waiting, oldest_seconds=round(oldest))
