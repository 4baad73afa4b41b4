"""Which workers are there: what a process says of itself, and that nothing depends on it."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

from mentor_common.clock import ManualClock, SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.errors import DependencyDownError
from mentor_common.work.registry import Registration, registered, workers
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from mentor_common.jobs import Table


async def seen(
    cloud: Any, table: Table, *, stop: bool = False, down: bool = False
) -> list[dict[str, Any]]:
    """Have a consumer say of itself what it has to say; return what is then read."""
    environment = cloud.environment("transcoder")
    names = environment["QUEUE_NAME"], environment["DEAD_LETTER_QUEUE_NAME"]
    async with SqsQueue.connect("us-east-1", *names) as queue:
        breaker = DependencyBreaker({})
        consumer = Consumer(queue, {}, Policy(slots=3), breaker, "transcoder")
        if down:
            breaker.trip(DependencyDownError("s3", "SlowDown"))
        stopping = asyncio.Event()
        if stop:
            stopping.set()
        registration = Registration(table, SystemClock(), "transcoder")
        async with registered(registration, consumer, stopping, every=0.05):
            await asyncio.to_thread(
                wait_until, lambda: bool(workers(table, time.time())), seconds=30, what="a word"
            )
            found = await asyncio.to_thread(workers, table, time.time())
    return [one.model_dump() for one in found]


def test_a_process_says_that_it_is_there_and_goes_with_a_word(cloud: Any, table: Table) -> None:
    began = time.time()
    (worker,) = asyncio.run(seen(cloud, table))
    assert worker["service"] == "transcoder"
    assert worker["process"].endswith(f":{os.getpid()}")
    assert (worker["slots"], worker["in_flight"], worker["stopping"]) == (3, 0, False)
    assert worker["down"] == {}
    assert not worker["pausing"]
    assert began <= worker["turned_at"] <= time.time()
    assert workers(table, time.time()) == [], "withdrawn"


def test_it_says_what_it_waits_for_and_that_it_is_ending(cloud: Any, table: Table) -> None:
    (worker,) = asyncio.run(seen(cloud, table, stop=True, down=True))
    assert worker["down"] == {"s3": "s3: SlowDown"}
    assert (worker["pausing"], worker["stopping"]) == (True, True)


def test_one_that_is_silent_is_late_then_gone_then_forgotten(cloud: Any, table: Table) -> None:
    assert cloud
    clock = ManualClock(time.time())
    registration = Registration(table, clock, "notifier")
    consumer = Consumer(None, {}, Policy(), DependencyBreaker({}), "notifier")  # type: ignore[arg-type] # it receives nothing
    registration.write(registration.of(consumer, idle=0.0, stopping=False))
    (worker,) = workers(table, clock.now())
    assert worker.version
    expected = {0: "alive", 44: "alive", 46: "late", 119: "late", 121: "gone", 3500: "gone"}
    assert {after: worker.liveness(clock.now() + after) for after in expected} == expected
    assert workers(table, clock.now() + 3700) == [], "whatever the table still holds"


def test_a_table_that_does_not_answer_ends_nothing(cloud: Any, table: Table) -> None:
    class Down:
        tries = 0

        def overwrite(self, *_parts: Any) -> None:
            Down.tries += 1
            raise DependencyDownError("dynamodb", "nobody there")

    async def scene() -> None:
        registration = Registration(Down(), SystemClock(), "transcoder")  # type: ignore[arg-type] # a fake by hand
        consumer = Consumer(None, {}, Policy(), DependencyBreaker({}), "transcoder")  # type: ignore[arg-type] # it receives nothing
        async with registered(registration, consumer, asyncio.Event(), every=0.01):
            await asyncio.to_thread(
                wait_until, lambda: Down.tries > 2, seconds=30, what="three tries"
            )

    asyncio.run(scene())
    assert cloud
    assert workers(table, time.time()) == []
