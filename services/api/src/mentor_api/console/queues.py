"""State of the queues: what waits, since when, what is in work, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_api.console.models import Queue
from mentor_common.jobs import KINDS

if TYPE_CHECKING:
    from mentor_common.explain import Backlog
    from mentor_common.operating.ages import OldestMessageAges
    from mentor_common.operating.dead_letter_queue import DeadLetterQueues


def figures(
    queues: DeadLetterQueues, ages: OldestMessageAges, backlog: Backlog, now: float
) -> list[Queue]:
    """Return the figures of each service's queue.

    ``ages`` says since when the oldest message waits, as the queue service measures it; where
    nothing is measured, ``backlog`` says who waits by the jobs table.
    """
    waited: dict[str, float | None] = {}
    for kind, work in KINDS.items():
        estimate = backlog.estimate(kind)
        waited[work.service] = estimate.oldest_seconds(now) if estimate else None
    every = queues.all()
    measured = ages.seconds([queue.queue_name for queue in every])
    found = []
    for queue in every:
        source = queue.source_depth()
        found.append(
            Queue(
                service=queue.service,
                waiting=source.visible,
                in_work=source.hidden,
                oldest_seconds=measured.get(queue.queue_name, waited.get(queue.service)),
                dead=queue.depth().total,
            )
        )
    return found
