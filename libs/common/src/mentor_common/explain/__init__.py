"""Reasons why an upload is not ready: what it waits for, and about how long."""

from mentor_common.explain.backlog import Backlog
from mentor_common.explain.queue_estimate import Position, QueueEstimate
from mentor_common.explain.reason import Reason
from mentor_common.explain.reasons import why_not_ready, why_task_waits
from mentor_common.explain.waiting import why_halted

__all__ = [
    "Backlog",
    "Position",
    "QueueEstimate",
    "Reason",
    "why_halted",
    "why_not_ready",
    "why_task_waits",
]
