"""The SQS consumer of all services. It knows queues and messages, and nothing of jobs."""

from mentor_common.consumer.breaker import DependencyBreaker, ReleaseBreaker
from mentor_common.consumer.delivery import Delivery, backoff
from mentor_common.consumer.loop import Consumer, Policy
from mentor_common.consumer.queue import Message, Queue, SqsQueue

__all__ = [
    "Consumer",
    "Delivery",
    "DependencyBreaker",
    "Message",
    "Policy",
    "Queue",
    "ReleaseBreaker",
    "SqsQueue",
    "backoff",
]
