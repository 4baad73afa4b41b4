"""The heartbeat: how soon a cancelled encode ends, and how often percents are written."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mentor_common.consumer import Consumer, DependencyBreaker, Policy
from mentor_common.consumer import heartbeat as module
from mentor_common.consumer.delivery import Delivery
from mentor_common.consumer.heartbeat import beat
from mentor_common.consumer.queue import Message
from mentor_common.errors import StoppedError
from mentor_common.events import Event, SourceObject, UploadAccepted

if TYPE_CHECKING:
    import pytest

MENTOR, QUESTION = "a" * 24, "b" * 24


class Hidings:
    """A queue that only counts."""

    def __init__(self) -> None:
        self.count = 0

    async def hide(self, _message: Message, _seconds: float) -> None:
        self.count += 1


def make_delivery() -> Delivery:
    source = SourceObject(bucket="b", key="k", etag='"e"', size=1)
    data = UploadAccepted(
        upload_id="0" * 36, mentor=MENTOR, question=QUESTION, source=source, transcribe=False
    )
    event = Event.of(data, service="api", step="", at=1.0)
    return Delivery(Message(event.to_json(), "receipt", "id"), event)


def test_a_cancellation_is_seen_between_two_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    queue, delivery = Hidings(), make_delivery()
    looks: list[float] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(asyncio.Event().wait())

        async def look() -> None:
            looks.append(loop.time())
            if len(looks) == 4:
                raise StoppedError("the upload was cancelled")

        delivery.on_beat = look
        await beat(delivery, queue, work, beat_seconds=20, visibility=60)  # type: ignore[arg-type] # a fake by hand
        await asyncio.wait({work})
        assert work.cancelled()

    asyncio.run(scene())
    assert isinstance(delivery.stopped, StoppedError)
    assert queue.count == 0
    gaps = [later - sooner for sooner, later in pairwise(looks)]
    assert min(gaps) >= 0.049


def test_a_beat_that_comes_after_the_works_end_does_not_cancel_what_is_said_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    queue, delivery = Hidings(), make_delivery()

    async def scene() -> None:
        looked = asyncio.Event()
        work = asyncio.create_task(asyncio.Event().wait())

        async def look() -> None:
            delivery.on_beat = None  # the work ends, and its lease is given back meanwhile
            looked.set()
            raise StoppedError("the lease was lost")

        delivery.on_beat = look
        heart = asyncio.create_task(
            beat(delivery, queue, work, beat_seconds=20, visibility=60)  # type: ignore[arg-type] # a fake by hand
        )
        await looked.wait()
        await asyncio.sleep(0)
        assert not heart.done()
        assert not work.cancelling()
        heart.cancel()
        work.cancel()
        await asyncio.wait({heart, work})

    asyncio.run(scene())
    assert delivery.stopped is None


def test_a_defect_in_a_beat_does_not_end_the_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    queue, delivery = Hidings(), make_delivery()

    async def scene() -> None:
        beats = 0
        work = asyncio.create_task(asyncio.Event().wait())

        async def defective() -> None:
            nonlocal beats
            beats += 1
            if beats < 3:
                raise ValueError("an item that no model reads")
            raise StoppedError("the upload was cancelled")

        delivery.on_beat = defective
        await beat(delivery, queue, work, beat_seconds=20, visibility=60)  # type: ignore[arg-type] # a fake by hand
        await asyncio.wait({work})
        assert work.cancelled()
        assert beats == 3

    asyncio.run(scene())


def test_a_look_comes_every_5_s_at_most_and_percent_with_it() -> None:
    """Twice this is the ten seconds within which a cancelled encode has to end."""
    assert module.CHECK_SECONDS == 5


def test_what_was_handled_stays_hidden_until_it_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A delete may wait for others, or for SQS."""
    monkeypatch.setattr(module, "_BEGIN_SECONDS", 0.0)

    class SlowDelete(Hidings):
        """A queue whose delete ends when the message was hidden once more."""

        def __init__(self) -> None:
            super().__init__()
            self.hidden = asyncio.Event()
            self.deleted = False

        async def hide(self, message: Message, seconds: float) -> None:
            await super().hide(message, seconds)
            self.hidden.set()

        async def delete(self, _message: Message) -> None:
            await asyncio.wait_for(self.hidden.wait(), 5)
            self.deleted = True

    async def scene() -> bool:
        queue: Any = SlowDelete()

        async def handler(_delivery: Delivery) -> None:
            return

        policy = Policy(beat=0.01)
        handlers = {UploadAccepted.TYPE: handler}
        consumer = Consumer(queue, handlers, policy, DependencyBreaker({}), "test")
        await consumer.handle(make_delivery().message)
        return bool(queue.deleted)

    assert asyncio.run(scene())
