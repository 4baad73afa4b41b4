"""A consumer that was asked to stop: what it finishes, what it hands back, and that it lives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from mentor_common.consumer.health import STUCK_SECONDS
from mentor_common.events import Event, UploadCancelled
from mentor_common.work.single_event import FileQueue
from simulation.loop import VirtualLoop

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery


class OneMessage(FileQueue):
    """A queue of one message; later long polls find nothing."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._left = [message]
        self.handed_back: float | None = None

    async def receive(self, _most: int, wait_seconds: int, _visibility: int) -> list[Message]:
        if self._left:
            return [self._left.pop()]
        await asyncio.sleep(wait_seconds)
        return []

    async def hide(self, _message: Message, seconds: float) -> None:
        if seconds == 0:
            self.handed_back = asyncio.get_running_loop().time()


def message() -> Message:
    data = UploadCancelled(
        upload_id="0" * 36, mentor="a" * 24, question="b" * 24, cancelled_by="user1"
    )
    body = Event.of(data, service="api", step="", at=1.0).to_json()
    return Message(body, receipt="receipt", message_id="id")


@pytest.mark.parametrize(("grace", "ends_at"), [(1200.0, 1000.0), (90.0, 100.0)])
def test_work_goes_on_for_the_grace_and_the_poll_loop_counts_as_turning(
    grace: float, ends_at: float
) -> None:
    """Work of 1,000 s; SIGTERM comes after 10."""
    loop = VirtualLoop()
    queue = OneMessage(message())

    async def handler(_: Delivery) -> None:
        await asyncio.sleep(1000)

    handlers = {UploadCancelled.TYPE: handler}
    policy = Policy(grace=grace)
    consumer = Consumer(queue, handlers, policy, DependencyBreaker({}), "test")
    idle: list[float] = []

    async def scene() -> float:
        stop = asyncio.Event()
        running = asyncio.create_task(consumer.run(stop))
        await asyncio.sleep(10)
        stop.set()
        while not running.done():
            await asyncio.wait({running}, timeout=1)
            idle.append(loop.time() - consumer.last_turn)
        return loop.time()

    try:
        ended_at = loop.run_until_complete(scene())
    finally:
        loop.close()

    assert ended_at == pytest.approx(ends_at, abs=1)
    assert max(idle) < STUCK_SECONDS
    assert queue.deleted is (grace > 1000)
    assert (queue.handed_back is None) is queue.deleted
