"""Deletes in batches on the emulator: at shutdown, in part, and with a crash before them."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY

from mentor_common import failpoints
from mentor_common.aws import clients
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.events import Event, SourceObject, UploadAccepted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mentor_common.consumer import Delivery, Message


def send(cloud: Any, count: int) -> set[str]:
    """Put events into the transcoder's queue; return their ids."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=cloud.environment("transcoder")["QUEUE_NAME"])["QueueUrl"]
    source = SourceObject(bucket="b", key="k", etag="e", size=1)
    events = [
        Event.of(
            UploadAccepted(
                upload_id=str(uuid.uuid4()),
                mentor="5ee0000000000000000000b1",
                question="5ee0000000000000000000c1",
                source=source,
                transcribe=False,
            ),
            service="api",
            step="",
            at=0,
        )
        for _ in range(count)
    ]
    entries = [
        {"Id": str(number), "MessageBody": event.to_json()} for number, event in enumerate(events)
    ]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return {event.envelope.id for event in events}


def on_queue(cloud: Any, use: Callable[[SqsQueue], Awaitable[None]]) -> None:
    """Use the transcoder's queue until its client is closed."""
    environment = cloud.environment("transcoder")
    names = environment["QUEUE_NAME"], environment["DEAD_LETTER_QUEUE_NAME"]

    async def scene() -> None:
        async with SqsQueue.connect("us-east-1", *names) as queue:
            await use(queue)

    asyncio.run(scene())


def left(cloud: Any) -> int:
    """Return how many messages there are, hidden ones included."""
    found: list[int] = []

    async def look(queue: SqsQueue) -> None:
        found.append(sum((await queue.figures())[queue.name].values()))

    on_queue(cloud, look)
    return found[0]


def calls() -> float:
    """Return how many batches this process has had deleted."""
    labels = {"service": "sqs", "operation": "DeleteMessageBatch", "outcome": "ok"}
    return REGISTRY.get_sample_value("mentor_upload_aws_call_seconds_count", labels) or 0.0


async def handle(queue: SqsQueue, count: int, **policy: Any) -> list[str]:
    """Handle so many messages, then stop in order; return their events' ids."""
    handled: list[str] = []
    stop = asyncio.Event()

    async def nothing(delivery: Delivery) -> None:
        handled.append(delivery.event.envelope.id)
        if len(handled) == count:
            stop.set()

    own = Policy(slots=10, receive_wait=5, **policy)
    handlers = {UploadAccepted.TYPE: nothing}
    await Consumer(queue, handlers, own, DependencyBreaker({}), "test").run(stop)
    return handled


def test_what_was_handled_before_a_stop_is_deleted_by_one_call(cloud: Any) -> None:
    ids = send(cloud, 7)
    before = calls()

    async def scene(queue: SqsQueue) -> None:
        assert set(await handle(queue, 7)) == ids

    on_queue(cloud, scene)
    assert left(cloud) == 0
    assert calls() - before <= 2, "one, unless the emulator gave the messages in two parts"


def test_a_delete_that_waits_when_the_client_is_closed_is_sent(cloud: Any) -> None:
    send(cloud, 1)

    async def scene(queue: SqsQueue) -> None:
        (message,) = await queue.receive(1, 5, 60)
        deleting = asyncio.create_task(queue.delete(message))
        await asyncio.sleep(0)
        deleting.cancel()

    on_queue(cloud, scene)
    assert left(cloud) == 0


def test_of_a_batch_that_fails_in_part_only_the_failed_message_comes_again(cloud: Any) -> None:
    ids = send(cloud, 3)
    failures: list[BaseException | None] = []

    async def scene(queue: SqsQueue) -> None:
        messages: list[Message] = []
        while len(messages) < len(ids):
            messages += await queue.receive(10, 5, 60)
        await queue.hide(messages[0], 0)
        (again,) = await queue.receive(10, 5, 0)  # the first receipt is worth nothing any more
        assert again.message_id == messages[0].message_id
        deletes = map(queue.delete, messages)
        failures.extend(await asyncio.gather(*deletes, return_exceptions=True))
        (only,) = await queue.receive(10, 5, 60)
        assert only.message_id == again.message_id

    on_queue(cloud, scene)
    refused, *deleted = failures
    assert deleted == [None, None]
    assert isinstance(refused, clients.AwsRefusedError)
    assert clients.error_code(refused) == "ReceiptHandleIsInvalid"
    assert left(cloud) == 1


def test_after_a_crash_between_work_and_delete_the_whole_batch_comes_again(cloud: Any) -> None:
    ids = send(cloud, 4)

    def crash(point: str) -> None:
        if point == "sqs.delete:before":
            raise failpoints.InjectedError(point)

    async def crashing(queue: SqsQueue) -> None:
        with failpoints.watching(crash):
            assert set(await handle(queue, 4, visibility=1)) == ids

    async def healthy(queue: SqsQueue) -> None:
        assert set(await handle(queue, 4)) == ids

    on_queue(cloud, crashing)
    assert left(cloud) == 4
    on_queue(cloud, healthy)
    assert left(cloud) == 0
