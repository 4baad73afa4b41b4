"""Deletes in batches: when one is sent, and that each message's fate is its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from mentor_common.consumer.batches import MOST_MESSAGES, Batches
from mentor_common.consumer.queue import Message, SqsQueue
from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

NEVER = 3600.0


def messages(count: int) -> list[Message]:
    return [Message("", receipt=f"r{number}", message_id=str(number)) for number in range(count)]


class Sent:
    """Takes batches; each is answered when the test lets it be."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.answers = asyncio.Event()
        self.began = asyncio.Event()

    async def __call__(self, batch: Sequence[Message]) -> list[Exception | None]:
        self.batches.append([message.receipt for message in batch])
        self.began.set()
        await self.answers.wait()
        return [None] * len(batch)


def test_a_full_batch_is_sent_at_once_and_others_wait_for_none_under_way() -> None:
    async def scene() -> None:
        sent = Sent()
        batches = Batches(sent, gather_seconds=NEVER)
        first, second = messages(MOST_MESSAGES), messages(MOST_MESSAGES)
        adding = [asyncio.create_task(batches.add(one)) for one in (*first, *second)]
        await sent.began.wait()
        await asyncio.sleep(0)
        assert [len(batch) for batch in sent.batches] == [MOST_MESSAGES, MOST_MESSAGES]
        assert not any(task.done() for task in adding), "nobody is told before it is done"
        sent.answers.set()
        await asyncio.gather(*adding)

    asyncio.run(scene())


def test_a_batch_that_does_not_fill_is_sent_a_moment_later() -> None:
    async def scene() -> list[list[str]]:
        sent = Sent()
        sent.answers.set()
        batches = Batches(sent, gather_seconds=0.001)
        await asyncio.gather(*map(batches.add, messages(3)))
        return sent.batches

    assert asyncio.run(scene()) == [["r0", "r1", "r2"]]


def test_what_waits_at_the_end_is_sent_also_for_callers_that_were_cancelled() -> None:
    async def scene() -> list[list[str]]:
        sent = Sent()
        sent.answers.set()
        batches = Batches(sent, gather_seconds=NEVER)
        adding = [asyncio.create_task(batches.add(one)) for one in messages(2)]
        await asyncio.sleep(0)
        adding[0].cancel()
        await batches.flush(NEVER)
        await adding[1]
        await batches.flush(NEVER)
        return sent.batches

    assert asyncio.run(scene()) == [["r0", "r1"]]


def test_a_batch_that_hangs_keeps_no_process_from_its_end() -> None:
    async def scene() -> bool:
        batches = Batches(Sent(), gather_seconds=NEVER)
        adding = asyncio.create_task(batches.add(messages(1)[0]))
        await asyncio.sleep(0)
        await batches.flush(0.001)
        return adding.done()

    assert asyncio.run(scene()) is False


class Sqs:
    """SQS as far as deletes need it, with an answer of the test's."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer

    async def get_queue_url(self, **_request: Any) -> dict[str, str]:
        return {"QueueUrl": "q"}

    async def delete_message_batch(self, **_request: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def fates(answer: dict[str, Any] | Exception, count: int) -> list[BaseException | None]:
    async def scene() -> list[BaseException | None]:
        queue = SqsQueue(Sqs(answer), "q", "dead")
        deletes: list[Awaitable[None]] = [queue.delete(message) for message in messages(count)]
        return await asyncio.gather(*deletes, return_exceptions=True)

    return asyncio.run(scene())


def test_each_entry_of_a_batch_has_its_own_fate() -> None:
    gone, old, broken, unmentioned = fates(
        {
            "Failed": [
                {"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"},
                {"Id": "2", "SenderFault": False, "Code": "InternalError"},
            ],
            "Successful": [{"Id": "0"}],
        },
        4,
    )
    assert gone is None
    assert isinstance(old, ClientError)
    assert "ReceiptHandleIsInvalid" in str(old)
    assert isinstance(broken, DependencyDownError)
    assert isinstance(unmentioned, DependencyDownError), "silence is no success"


def refused(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DeleteMessageBatch")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("ServiceUnavailable", 503), DependencyDownError),
        (refused("QueueDoesNotExist", 400), ClientError),
        (ValueError("a defect"), ValueError),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_call_that_fails_is_the_fate_of_all_in_its_batch(
    error: Exception, kind: type[Exception]
) -> None:
    assert [type(fate) for fate in fates(error, 3)] == [kind] * 3
