"""The fate of a message by the exception its handler ended with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.consumer import Delivery, DependencyBreaker, Message, ReleaseBreaker
from mentor_common.consumer.settlement import Settlement, disposition_of, given_up
from mentor_common.errors import (
    AccessDeniedError,
    DependencyDownError,
    HandBackError,
    PermanentError,
    RemoteHostError,
    TransientError,
    UnreadableItemError,
)
from mentor_common.events import Event, UploadCancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = UploadCancelled(upload_id="0" * 36, mentor="a" * 24, question="b" * 24, cancelled_by="user1")
PERMANENT = PermanentError("no_video", "There is no picture in it.")
DENIED = AccessDeniedError("s3", "AccessDenied", "s3:PutObject on b")


class Scene:
    """A message, its queue, and the breakers."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.done: list[Any] = []
        self.breaker = DependencyBreaker({})
        self.release_breaker = ReleaseBreaker(window=1, mentors=1)
        queue: Any = self
        self.settlement = Settlement(queue, self.breaker, self.release_breaker, "transcoder")
        event = Event.of(DATA, service="api", step="", at=1.0)
        self.delivery = Delivery(Message(event.to_json(), "receipt", "id", receive_count=3), event)

    async def hide(self, _message: Message, seconds: float) -> None:
        self.record(("hidden", seconds))

    async def delete(self, _message: Message) -> None:
        self.record("deleted")

    async def dead_letter(self, _message: Message, reasons: Mapping[str, str]) -> None:
        self.record(("dead letter", dict(reasons)))

    def record(self, entry: Any) -> None:
        if self.error is not None:
            raise self.error
        self.done.append(entry)

    def settle(self, error: BaseException | None) -> Any:
        """Settle the message; return the one thing that was done with it."""
        asyncio.run(self.settlement.settle(self.delivery, error))
        (only,) = self.done
        return only


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "done"),
        (PERMANENT, "dead_lettered"),
        (HandBackError("not ours", 3), "handed_back"),
        (asyncio.CancelledError(), "handed_back"),
        (DependencyDownError("s3", "503"), "paused"),
        (DENIED, "paused"),
        (TransientError("not now"), "retried"),
        (RemoteHostError("files.example.org is slow."), "retried"),
        (ValueError("a defect"), "retried"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_outcomes_are_named_by_the_exception(error: BaseException | None, outcome: str) -> None:
    assert disposition_of(error) == outcome


def test_work_that_failed_for_good_is_an_outcome_of_its_own() -> None:
    assert disposition_of(None, "no_video") == "failed"
    assert disposition_of(TransientError("not now"), "no_video") == "retried"


def test_what_was_handled_is_deleted() -> None:
    assert Scene().settle(None) == "deleted"


def test_a_permanent_error_is_a_dead_letter_before_the_message_is_deleted() -> None:
    scene = Scene()
    asyncio.run(scene.settlement.settle(scene.delivery, PERMANENT))
    reasons = {"code": "no_video", "text": PERMANENT.reason, "service": "transcoder"}
    assert scene.done == [("dead letter", reasons), "deleted"]


def test_a_message_that_cannot_be_dead_lettered_is_not_deleted() -> None:
    scene = Scene(ValueError("the receipt handle has expired"))
    asyncio.run(scene.settlement.settle(scene.delivery, PERMANENT))
    assert scene.done == []


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (HandBackError("not ours", 3), 3),
        (asyncio.CancelledError(), 0),
        (TransientError("not now", retry_after=7), 7),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_to_come_again_is_hidden(error: BaseException, seconds: float) -> None:
    scene = Scene()
    assert scene.settle(error) == ("hidden", seconds)
    assert not scene.breaker.down


@pytest.mark.parametrize("error", [TransientError("not now"), ValueError("a defect")])
def test_a_try_is_paused_as_its_handler_recorded(error: Exception) -> None:
    scene = Scene()
    assert scene.settle(error) == ("hidden", scene.delivery.retry_delay(error))


@pytest.mark.parametrize("error", [DependencyDownError("s3", "503"), DENIED])
def test_a_dependency_that_is_down_opens_its_breaker(error: DependencyDownError) -> None:
    scene = Scene()
    what, seconds = scene.settle(error)
    assert what == "hidden"
    assert seconds > 0
    assert list(scene.breaker.down) == ["s3"]


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (TransientError("not now"), True),
        (ValueError("a defect"), True),
        (RemoteHostError("files.example.org is slow."), False),
        (HandBackError("not ours", 3), False),
        (DependencyDownError("s3", "503"), False),
        (asyncio.CancelledError(), False),
        (None, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_failures_of_this_release_open_the_release_breaker(
    error: BaseException | None, *, opens: bool
) -> None:
    scene = Scene()
    scene.settle(error)
    assert scene.release_breaker.is_open is opens


def test_a_queue_that_is_down_opens_its_breaker_too() -> None:
    scene = Scene(DependencyDownError("sqs", "503"))
    asyncio.run(scene.settlement.settle(scene.delivery, None))
    assert list(scene.breaker.down) == ["sqs"]


def test_an_item_that_cannot_be_read_again_and_again_makes_a_dead_letter() -> None:
    error = UnreadableItemError("UPLOAD#u", "TASK#transcode", "percent: too large")
    early, late = (Message("{}", "receipt", "id", receive_count=count) for count in (4, 5))
    assert given_up(error, early) is error
    assert given_up(PERMANENT, late) is PERMANENT
    ended_with = given_up(error, late)
    assert disposition_of(ended_with) == "dead_lettered"
    assert isinstance(ended_with, PermanentError)
    assert ended_with.code == "unreadable_item"
    assert "TASK#transcode" in ended_with.reason
