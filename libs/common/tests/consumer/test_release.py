"""Whose failures open the release breaker: ours, and nobody else's."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from typing import TYPE_CHECKING

import pytest

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from mentor_common.errors import RemoteHostError, TransientError
from mentor_common.events import Event, UploadCancelled
from mentor_common.work.single_event import FileQueue

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery


def message() -> Message:
    data = UploadCancelled(
        upload_id=str(uuid.uuid4()),
        mentor=secrets.token_hex(12),
        question=secrets.token_hex(12),
        cancelled_by="user1",
    )
    body = Event.of(data, service="api", step="", at=1.0).to_json()
    return Message(body, receipt="receipt", message_id=data.upload_id)


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (RemoteHostError("files.example.org keeps us waiting for its answer."), False),
        (TransientError("work folder: No space left on device"), True),
    ],
)
def test_hosts_of_others_that_fail_at_every_import_are_no_sign_of_a_bad_release(
    error: Exception, *, opens: bool
) -> None:
    async def handler(_: Delivery) -> None:
        raise error

    handlers = {UploadCancelled.TYPE: handler}
    consumer = Consumer(FileQueue(), handlers, Policy(), DependencyBreaker({}), "test")

    async def handle() -> None:
        for _ in range(20):
            await consumer.handle(message())

    asyncio.run(handle())
    assert consumer.release_breaker.is_open is opens
