"""What is measured of a message when it is received."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from mentor_common.events import Event, UploadCancelled
from mentor_common.work.single_event import FileQueue

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery


def aged() -> float:
    """Return how many messages' ages were measured."""
    labels = {"type": UploadCancelled.TYPE}
    return REGISTRY.get_sample_value("mentor_upload_message_age_seconds_count", labels) or 0


def test_a_message_that_comes_again_has_been_in_work_and_its_age_is_no_wait() -> None:
    async def handler(_: Delivery) -> None:
        """Do nothing."""

    data = UploadCancelled(
        upload_id="0" * 36, mentor="a" * 24, question="b" * 24, cancelled_by="user1"
    )
    body = Event.of(data, service="api", step="", at=1.0).to_json()
    first = Message(body, receipt="receipt", message_id="id", sent_at=1.0)
    handlers = {UploadCancelled.TYPE: handler}
    consumer = Consumer(FileQueue(), handlers, Policy(), DependencyBreaker({}), "test")
    before = aged()

    asyncio.run(consumer.handle(first))
    assert aged() == before + 1
    asyncio.run(consumer.handle(replace(first, receive_count=2)))
    assert aged() == before + 1
