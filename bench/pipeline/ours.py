"""Our consumer with a handler that does nothing, as a worker's process runs it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from bench.pipeline.stopwatch import QUEUE, SLOTS, Stopwatch
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.events import UploadAccepted
from mentor_common.telemetry.logs import configure

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery


async def main() -> None:
    """Consume until the last message was handled, then stop as a worker stops."""
    stop = asyncio.Event()
    watch = Stopwatch()

    async def nothing(_delivery: Delivery) -> None:
        if watch.handled():
            stop.set()

    async with SqsQueue.connect("us-east-1", QUEUE, QUEUE) as queue:
        handlers = {UploadAccepted.TYPE: nothing}
        policy = Policy(slots=SLOTS, receive_wait=1)
        consumer = Consumer(queue, handlers, policy, DependencyBreaker({}), "bench")
        await consumer.run(stop)


if __name__ == "__main__":
    configure("bench")
    # As a worker that sends its traces nowhere: trace ids exist all the same.
    trace.set_tracer_provider(TracerProvider(sampler=ALWAYS_OFF))
    asyncio.run(main())
