"""Reasons why an upload is not ready: what it waits for, and about how long."""

from mentor_common.explain.backlog import Backlog
from mentor_common.explain.queue_estimate import Position, QueueEstimate
from mentor_common.explain.reasons import why_halted, why_not_ready, why_task_waits

__all__ = [
    "Backlog",
    "Position",
    "QueueEstimate",
    "why_halted",
    "why_not_ready",
    "why_task_waits",
]
