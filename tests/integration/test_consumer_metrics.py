"""What becomes of messages is counted, each once, in the catalogue's words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import REGISTRY

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    TransientError,
)
from mentor_common.events import Event, SourceObject, UploadAccepted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.consumer import Delivery

TYPE = UploadAccepted.TYPE


class Agreeable:
    """A queue that does as it is told."""

    async def receive(self, most: int, wait_seconds: int, visibility: int) -> list[Message]:
        del most, wait_seconds, visibility
        return []

    async def hide(self, message: Message, seconds: float) -> None:
        del message, seconds

    async def delete(self, message: Message) -> None:
        del message

    async def dead_letter(self, message: Message, reasons: Mapping[str, str]) -> None:
        del message, reasons


def body() -> str:
    data = UploadAccepted(
        upload_id="f0a942ed-31e3-5f15-9c10-ba8af4bc0bf9",
        mentor="5ee0000000000000000000b1",
        question="5ee0000000000000000000c1",
        source=SourceObject(bucket="b", key="k", etag="e", size=1),
        transcribe=True,
    )
    return Event.of(data, service="api", step="", at=1.0).to_json()


def settled(kind: str, outcome: str) -> float:
    labels = {"type": kind, "outcome": outcome}
    return REGISTRY.get_sample_value("mentor_upload_messages_settled_total", labels) or 0.0


def handle(error: BaseException | None, text: str | None = None, *, failed: bool = False) -> None:
    async def handler(delivery: Delivery) -> None:
        delivery.failure_code = "no_video" if failed else None
        if error is not None:
            raise error

    async def scene() -> None:
        queue: Any = Agreeable()
        consumer = Consumer(queue, {TYPE: handler}, Policy(), DependencyBreaker({}), "test")
        await consumer.handle(Message(text or body(), "receipt", "id"))

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "done"),
        (TransientError("later"), "retried"),
        (ValueError("a defect"), "retried"),
        (HandBackError("not now", 1), "handed_back"),
        (DependencyDownError("s3", "away"), "paused"),
        (PermanentError("no_video", "There is no video."), "dead_lettered"),
    ],
)
def test_every_way_a_message_can_go_is_counted(error: BaseException | None, outcome: str) -> None:
    before = settled(TYPE, outcome)
    handle(error)
    assert settled(TYPE, outcome) == before + 1


def test_work_that_failed_for_good_is_no_success() -> None:
    before = settled(TYPE, "failed"), settled(TYPE, "done")
    handle(None, failed=True)
    assert (settled(TYPE, "failed"), settled(TYPE, "done")) == (before[0] + 1, before[1])


def test_what_nobody_can_read_is_counted_as_that() -> None:
    before = settled("unreadable", "dead_lettered")
    handle(None, "{")
    assert settled("unreadable", "dead_lettered") == before + 1


def test_a_dependency_that_is_down_shows_until_it_is_up() -> None:
    def up() -> float | None:
        return REGISTRY.get_sample_value("mentor_upload_dependency_up", {"dependency": "graphql"})

    async def scene() -> None:
        async def answer() -> None:
            return

        breaker = DependencyBreaker({"graphql": answer})
        breaker.trip(DependencyDownError("graphql", "away"))
        assert up() == 0
        await breaker.probe()
        assert up() == 1

    asyncio.run(scene())
