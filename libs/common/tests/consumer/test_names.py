"""What names a message on each line about it, and what of it is reported."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.testing import capture_logs

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from mentor_common.consumer.settlement import Settlement
from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    TransientError,
)
from mentor_common.events import Event, UploadCancelled
from mentor_common.telemetry import error_reports
from mentor_common.work.single_event import FileQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mentor_common.consumer import Delivery

Reports = list[tuple[str, dict[str, Any]]]


class Inbox(FileQueue):
    """A queue that gives what it has at once."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__()
        self.messages = messages

    async def receive(self, most: int, wait_seconds: int, visibility: int) -> list[Message]:
        del wait_seconds, visibility
        await asyncio.sleep(0)  # as any queue does; else the poll loop lets nobody else run
        given, self.messages = self.messages[:most], self.messages[most:]
        return given


def event() -> Event:
    data = UploadCancelled(
        upload_id=str(uuid.uuid4()),
        mentor=secrets.token_hex(12),
        question=secrets.token_hex(12),
        cancelled_by="user1",
    )
    return Event.of(data, service="api", step="", at=1.0)


def message(body: str, receives: int = 1) -> Message:
    name = uuid.uuid4().hex
    return Message(body, receipt=name, message_id=name, receive_count=receives)


def consumer(
    handler: Callable[[Delivery], Awaitable[None]], queue: FileQueue, slots: int = 1
) -> Consumer:
    policy = Policy(slots=slots, receive_wait=0)
    return Consumer(queue, {UploadCancelled.TYPE: handler}, policy, DependencyBreaker({}), "test")


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Reports:
    """What was reported, each with what was bound then."""
    made: Reports = []

    def report(what: str, **_: Any) -> None:
        made.append((what, get_contextvars()))

    monkeypatch.setattr(error_reports, "report", report)
    return made


def test_messages_at_once_never_get_to_see_each_others_names() -> None:
    events = [event() for _ in range(40)]
    seen: dict[str, list[dict[str, Any]]] = {}
    together, all_seen = asyncio.Barrier(8), asyncio.Event()
    log = structlog.get_logger()

    async def handler(delivery: Delivery) -> None:
        mine = delivery.event.envelope.id
        delivery.log_with(task=mine)
        bind_contextvars(left_behind=mine)
        await together.wait()
        seen[mine] = [get_contextvars(), await asyncio.to_thread(get_contextvars)]
        log.info("handled", of=mine)
        if len(seen) == len(events):
            all_seen.set()

    async def scene() -> None:
        clear_contextvars()  # of what an earlier test has bound outside of any message
        stop = asyncio.Event()
        inbox = Inbox([message(each.to_json()) for each in events])
        one = consumer(handler, inbox, slots=8)
        running = asyncio.create_task(one.run(stop))
        async with asyncio.timeout(20):
            await all_seen.wait()
        stop.set()
        await running
        assert get_contextvars() == {}

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        asyncio.run(scene())
    for each in events:
        expected = {"event_id": each.envelope.id, **each.data.identity()}
        for bound in seen[each.envelope.id]:
            assert bound.pop("message_id")
            assert bound == expected | {"left_behind": each.envelope.id, "task": each.envelope.id}
    handled = [line for line in lines if line["event"] == "handled"]
    assert len(handled) == len(events)
    assert all(line["of"] == line["event_id"] == line["left_behind"] for line in handled)


def test_what_is_said_after_the_handler_still_names_its_work() -> None:
    async def handler(delivery: Delivery) -> None:
        delivery.log_with(task="transcode", attempt=2)
        raise TransientError("not now")

    said = event()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        asyncio.run(consumer(handler, FileQueue()).handle(message(said.to_json())))
    (line,) = (each for each in lines if each["event"] == "will retry")
    names = {"task": "transcode", "attempt": 2, "event_id": said.envelope.id}
    assert names.items() <= line.items()


@pytest.mark.parametrize(
    "error",
    [
        TransientError("not now"),
        DependencyDownError("graphql", "HTTP 503"),
        HandBackError("not ours", 1),
        asyncio.CancelledError(),
        ValueError("a defect, tried again"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_goes_better_the_next_time_is_not_reported(
    reports: Reports, error: BaseException
) -> None:
    async def handler(_delivery: Delivery) -> None:
        raise error

    asyncio.run(consumer(handler, FileQueue()).handle(message(event().to_json())))
    assert reports == []


def test_a_dead_letter_is_reported_with_what_names_it(reports: Reports) -> None:
    async def handler(_delivery: Delivery) -> None:
        raise PermanentError("manifest_missing", "The list is no longer there.")

    said = event()
    asyncio.run(consumer(handler, FileQueue()).handle(message(said.to_json())))
    asyncio.run(consumer(handler, FileQueue()).handle(message("junk")))
    (first, bound), (second, _) = reports
    assert first == second == "dead letter: a message that cannot be handled"
    assert bound["upload_id"] == said.data.subject


def test_a_defect_that_nobody_gives_up_is_reported_when_it_has_failed_often(
    reports: Reports,
) -> None:
    async def handler(_delivery: Delivery) -> None:
        raise ValueError("a defect")

    said = event()
    one = consumer(handler, FileQueue())
    for receives in (1, 2, 3, 4):
        asyncio.run(one.handle(message(said.to_json(), receives)))
    assert reports == []
    for receives in (5, 6, 7):
        asyncio.run(one.handle(message(said.to_json(), receives)))
    assert [what for what, _ in reports] == ["a message fails again and again"]


def test_handling_that_breaks_off_is_reported_with_the_messages_names(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_delivery: Delivery) -> None:
        """Work that is done."""

    said = event()

    async def scene() -> None:
        stop = asyncio.Event()

        async def settle(*_: Any) -> None:
            stop.set()
            raise SystemError("nobody expects that")

        monkeypatch.setattr(Settlement, "settle", settle)
        await consumer(handler, Inbox([message(said.to_json())])).run(stop)

    asyncio.run(scene())
    ((what, bound),) = reports
    assert what == "a message's handling broke off"
    assert bound["upload_id"] == said.data.subject
