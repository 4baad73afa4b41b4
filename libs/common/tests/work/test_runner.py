"""Claimed work from start to end: its order, and the fate of the claim by exception."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.consumer import Delivery, Message
from mentor_common.errors import (
    DependencyDownError,
    HandBackError,
    PermanentError,
    StoppedError,
    TransientError,
)
from mentor_common.events import Event, MediaCopyRequested, SourceObject
from mentor_common.telemetry import error_reports
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_common.work.parked import Parked
from mentor_common.work.result import WorkDone
from mentor_common.work.runner import Run, Runner, returned_claim
from simulation.memory import NOW, Clock, table_in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.jobs import Task

SOURCE = SourceObject(bucket="b", key="k", etag='"e"', size=1)
REQUEST = MediaCopyRequested(
    transfer_id="0" * 36,
    mentor="a" * 24,
    question="b" * 24,
    number=0,
    tag="web",
    manifest=SOURCE,
)
CLAIMANT = Claimant.of_task("upload", "transcode", ["transcoding-web"], "host:1", 60, max_starts=2)


class StoredTasks(Tasks):
    """Tasks on a table in memory that writes down what was done to them."""

    def __init__(self, clock: Clock, log: list[str]) -> None:
        super().__init__(table_in_memory(), clock)
        self.log = log

    def finish(self, claimant: Claimant, task: Task, changes: dict[str, Any]) -> Task:
        finished = super().finish(claimant, task, changes)
        self.log.append(f"recorded {finished.status}")
        return finished


@dataclass
class Outside:
    """Topic, queue and work of one message; ``log`` is what happened, in order."""

    result: WorkDone | Parked | BaseException = field(default_factory=lambda: WorkDone({}))
    obsolete_reason: str | Exception | None = None
    wait: HandBackError | None = None
    log: list[str] = field(default_factory=list)
    letters: list[dict[str, str]] = field(default_factory=list)
    name: str = "transcode"
    claimant: Claimant = CLAIMANT

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.tasks = StoredTasks(self.clock, self.log)

    async def obsolete(self) -> str | None:
        if isinstance(self.obsolete_reason, Exception):
            raise self.obsolete_reason
        return self.obsolete_reason

    @contextmanager
    def reserved(self) -> Iterator[None]:
        if self.wait is not None:
            raise self.wait
        self.log.append("reserved")
        try:
            yield
        finally:
            self.log.append("freed")

    async def run(self, run: Run) -> WorkDone | Parked:
        self.log.append(f"run {run.task.attempt}.{run.task.starts}")
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def started(self, task: Task) -> Event:
        return self.event(f"started/{task.attempt}")

    def ended(self, task: Task, at: float) -> Event:
        assert at == self.clock.now()
        return self.event(f"{task.status}/{task.attempt}")

    def event(self, step: str) -> Event:
        return Event.of(REQUEST, service="api", step=step, at=NOW)

    def subject(self) -> dict[str, str]:
        return {"upload": "upload"}

    def publish(self, event: Event) -> None:
        self.log.append("published " + event.envelope.id.split("/", 1)[1].rsplit("/", 1)[0])

    async def dead_letter(self, _message: Message, reasons: dict[str, str]) -> None:
        self.log.append("dead letter")
        self.letters.append(reasons)

    def handle(self, delivery: Delivery | None = None) -> Delivery:
        """Hand the runner a message."""
        delivery = delivery or message()
        outside: Any = self
        runner = Runner(lambda _: self, self.tasks, outside, outside, self.clock)
        asyncio.run(runner(delivery))
        return delivery

    @property
    def task(self) -> Task:
        task = self.tasks.read("upload", "transcode")
        assert task is not None
        return task


def message(**attributes: str) -> Delivery:
    event = Event.of(REQUEST, service="api", step="", at=1.0)
    return Delivery(Message(event.to_json(), "receipt", "id", attributes), event)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(error_reports, "report", lambda what, **_: made.append(what))
    return made


def test_work_is_claimed_run_recorded_and_published_in_this_order() -> None:
    outside = Outside(WorkDone({"web": "web.mp4"}))
    delivery = outside.handle()
    assert outside.log == [
        "reserved",
        "run 1.1",
        "recorded DONE",
        "published DONE/1",
        "freed",
    ]
    assert (outside.task.results, delivery.failure_code) == ({"web": "web.mp4"}, None)
    assert delivery.log_fields == {"task": "transcode", "attempt": 1}
    assert delivery.on_beat is None, "no heartbeat touches the task any more"


def test_a_repeated_message_only_publishes_again() -> None:
    outside = Outside()
    outside.handle()
    outside.log.clear()
    outside.handle()
    assert outside.log == ["reserved", "published DONE/1", "freed"]


def test_bad_input_is_published_as_failed_and_is_no_dead_letter() -> None:
    outside = Outside(PermanentError("no_video", "No picture."))
    delivery = outside.handle()
    assert outside.log[-2:] == ["published FAILED/1", "freed"]
    assert (outside.task.code, delivery.failure_code, outside.letters) == (
        "no_video",
        "no_video",
        [],
    )


def test_parked_work_publishes_nothing_yet() -> None:
    outside = Outside(Parked("job-1", 60, 3600))
    outside.handle()
    assert outside.log == ["reserved", "run 1.1", "freed"]
    assert (outside.task.status, outside.task.job) == ("WAITING", "job-1")


def test_obsolete_work_is_not_claimed() -> None:
    outside = Outside(obsolete_reason="the upload was superseded")
    outside.handle()
    assert outside.log == []
    assert outside.tasks.read("upload", "transcode") is None


@pytest.mark.parametrize(
    "outside",
    [
        Outside(obsolete_reason=HandBackError("a newer upload is being accepted", 10)),
        Outside(wait=HandBackError("files.example.org has not answered yet", 2)),
    ],
)
def test_work_that_has_to_wait_is_not_claimed(outside: Outside) -> None:
    with pytest.raises(HandBackError):
        outside.handle()
    assert outside.tasks.read("upload", "transcode") is None


def test_a_task_that_another_holds_is_handed_back_until_its_lease_ends() -> None:
    outside = Outside()
    outside.tasks.claim(CLAIMANT)
    outside.clock.time = NOW + 20
    with pytest.raises(HandBackError) as raised:
        outside.handle()
    assert raised.value.seconds == 41
    assert "run 1.1" not in outside.log


def test_the_message_after_the_last_start_is_a_dead_letter_that_names_the_attempt(
    reports: list[str],
) -> None:
    outside = Outside(ZeroDivisionError("a defect"))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            outside.handle()
    outside.log.clear()
    delivery = outside.handle()
    assert outside.log == ["reserved", "published FAILED/1", "dead letter", "freed"]
    assert (delivery.failure_code, reports) == ("gave_up", ["gave up: all starts were in vain"])
    (letter,) = outside.letters
    assert "ZeroDivisionError" in letter.pop("error")
    assert letter.pop("text").startswith("We tried several times")
    assert letter == {
        "attempt": "1",
        "code": "gave_up",
        "first": f"{NOW:.0f}",
        "last": f"{NOW:.0f}",
        "upload": "upload",
    }
    outside.result = WorkDone({})
    outside.handle(message(attempt="1"))
    assert (outside.task.status, outside.task.attempt) == ("DONE", 2)


def test_work_that_gives_itself_up_is_a_dead_letter_and_is_reported_where_it_was_raised(
    reports: list[str],
) -> None:
    outside = Outside(PermanentError("gave_up", "We tried 3 times."))
    outside.handle()
    assert outside.log[-3:] == ["published FAILED/1", "dead letter", "freed"]
    assert reports == []


@pytest.mark.parametrize(
    ("error", "starts", "last_error"),
    [
        (TransientError("disk full", retry_after=7), 1, "TransientError"),
        (ZeroDivisionError("a defect"), 1, "ZeroDivisionError"),
        (HandBackError("not now", 3), 1, "HandBackError"),
        (DependencyDownError("s3", "503"), 0, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_breaks_off_hands_the_claim_back(
    error: Exception, starts: int, last_error: str | None
) -> None:
    outside = Outside(error)
    delivery = message()
    with pytest.raises(type(error)):
        outside.handle(delivery)
    task = outside.task
    assert (task.status, task.starts, task.lease_until) == ("IN_PROGRESS", starts, 0)
    assert (task.last_error or "").startswith(last_error or "")
    assert (task.last_error is None) == (last_error is None)
    if last_error:
        assert task.retry_at == pytest.approx(NOW + delivery.retry_delay(error))
    assert not any(line.startswith("published DONE") for line in outside.log)


def test_a_result_that_came_too_late_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside()

    async def run(_run: Run) -> WorkDone:
        outside.clock.time = NOW + 61
        assert isinstance(outside.tasks.claim(CLAIMANT), Claimed)
        return WorkDone({})

    monkeypatch.setattr(outside, "run", run)
    with pytest.raises(HandBackError) as raised:
        outside.handle()
    assert raised.value.seconds == 1
    assert outside.log == ["reserved", "freed"]
    assert (outside.task.claim, outside.task.status) == (2, "IN_PROGRESS")


def test_an_outage_in_which_the_claim_cannot_be_handed_back_leaves_it_to_its_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = Outside(DependencyDownError("s3", "503"))

    def down(*_: object, **__: object) -> None:
        raise DependencyDownError("dynamodb", "503")

    monkeypatch.setattr(outside.tasks, "hand_back", down)
    with pytest.raises(DependencyDownError, match="s3"):
        outside.handle()
    assert outside.task.lease_until == NOW + 60


@pytest.mark.parametrize("reason", ["the upload was cancelled", None])
def test_work_that_was_stopped_is_obsolete_or_handed_back(
    monkeypatch: pytest.MonkeyPatch, reason: str | None
) -> None:
    outside = Outside(asyncio.CancelledError())
    delivery = message()
    delivery.stopped = StoppedError("the lease was lost")
    seen: list[None] = []

    async def obsolete() -> str | None:
        seen.append(None)
        return reason if len(seen) > 1 else None  # before the claim it still was wanted

    monkeypatch.setattr(outside, "obsolete", obsolete)
    if reason:
        outside.handle(delivery)
    else:
        with pytest.raises(HandBackError) as raised:
            outside.handle(delivery)
        assert raised.value.seconds == CLAIMANT.lease_seconds
    assert (outside.task.starts, outside.task.lease_until) == (0, 0)
    assert outside.log == ["reserved", "run 1.1", "freed"]


@pytest.mark.parametrize(
    ("error", "shutdown", "stopped", "uncount"),
    [
        (asyncio.CancelledError(), True, False, True),
        (asyncio.CancelledError(), False, True, True),
        (asyncio.CancelledError(), False, False, False),
        (DependencyDownError("s3", "503"), False, False, True),
        (TransientError("disk full"), False, False, False),
        (ValueError("a defect"), False, False, False),
    ],
)
def test_only_stops_and_outages_take_the_start_back(
    error: BaseException, *, shutdown: bool, stopped: bool, uncount: bool
) -> None:
    delivery = message()
    delivery.shutdown = shutdown
    delivery.stopped = StoppedError("the upload was cancelled") if stopped else None
    returned = returned_claim(error, delivery, NOW)
    assert returned["uncount"] is uncount
    assert ("error" in returned) is not uncount
