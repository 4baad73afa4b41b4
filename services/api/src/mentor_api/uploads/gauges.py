"""What the jobs table says about the lines of uploads, as gauges."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from mentor_common.jobs import KINDS
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog


@dataclass(frozen=True)
class Gauges:
    """Shows who waits and who is worked on; every replica shows the same.

    Parameters
    ----------
    backlog, clock
        The jobs table's lines, and the time.
    """

    backlog: Backlog
    clock: Clock

    def run(self) -> None:
        """Read the lines; what cannot be read is no number, rather than an old one."""
        for task in KINDS:
            line = self.backlog.line(task)
            oldest = self.clock.now() - line.accepted[0] if line and line.accepted else 0.0
            metrics.UPLOADS_WAITING.labels(task=task).set(len(line.accepted) if line else nan)
            metrics.UPLOADS_WORKING.labels(task=task).set(line.working if line else nan)
            metrics.OLDEST_WAITING.labels(task=task).set(oldest if line else nan)
