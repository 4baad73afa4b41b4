"""The one consumer of all services. DESIGN §4, rules 6 to 13."""

from mentor_common.consumer.breaker import DependencyBreaker, ReleaseBreaker
from mentor_common.consumer.delivery import Delivery, backoff
from mentor_common.consumer.held import ending
from mentor_common.consumer.loop import Consumer, Policy
from mentor_common.consumer.queue import Message, Queue, SqsQueue
from mentor_common.consumer.task import Assignment, Ports, TaskRunner, WorkDone, WorkGoesOn, end_of
from mentor_common.consumer.worker import Wiring, run

__all__ = [
    "Assignment",
    "Consumer",
    "Delivery",
    "DependencyBreaker",
    "Message",
    "Policy",
    "Ports",
    "Queue",
    "ReleaseBreaker",
    "SqsQueue",
    "TaskRunner",
    "Wiring",
    "WorkDone",
    "WorkGoesOn",
    "backoff",
    "end_of",
    "ending",
    "run",
]
