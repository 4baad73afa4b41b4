"""A worker on the emulator's real queues: claims, retries, dead letters, stops."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.errors import DependencyDownError, PermanentError, StoppedError, TransientError
from mentor_common.events import Event, SourceObject, Topic, UploadAccepted
from mentor_common.jobs import AnswerKey, Answers, Reader
from mentor_common.work.claims import Claimant, Tasks
from mentor_common.work.result import WorkDone
from mentor_common.work.upload_work import Assignment, upload_runner
from mentor_local.accepting import accept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mentor_common.jobs import Table, Task

SOURCE = SourceObject(bucket="b", key="user1/k", etag='"e"', size=1)
POLICY = Policy(
    slots=2, visibility=4, beat=0.5, receive_wait=1, grace=5, backoff_base=0.5, backoff_cap=1
)
LEASE = 4.0


@dataclass
class Worker:
    """A transcoder whose work is a function of the test."""

    cloud: Any
    table: Table
    answer: AnswerKey
    works: list[Assignment] = field(default_factory=list)

    def accept(self, video: str | None = None) -> str:
        """Accept an upload of the answer; return its id."""
        return accept(self.table, self.answer, SOURCE, "wanted", video=video).upload_id

    def event(self, upload_id: str) -> Event:
        """Return the event that announces an upload."""
        data = UploadAccepted(
            upload_id=upload_id,
            mentor=self.answer.mentor,
            question=self.answer.question,
            source=SOURCE,
            transcribe=True,
        )
        return Event.of(data, service="api", step="", at=1.0)

    def url(self, name: str = "QUEUE_NAME") -> str:
        """Return the URL of the queue or the dead-letter queue."""
        sqs = self.cloud.client("sqs")
        queue = self.cloud.environment("transcoder")[name]
        return str(sqs.get_queue_url(QueueName=queue)["QueueUrl"])

    def send(self, body: str, **attributes: str) -> None:
        """Put a message into the worker's queue."""
        self.cloud.client("sqs").send_message(
            QueueUrl=self.url(),
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def messages(self, name: str = "QUEUE_NAME") -> int:
        """Return how many messages are in a queue, hidden ones included."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.url(name), AttributeNames=kinds
        )
        return sum(int(answer["Attributes"][kind]) for kind in kinds)

    def dead(self) -> list[dict[str, Any]]:
        """Take the dead letters."""
        url = self.url("DEAD_LETTER_QUEUE_NAME")
        answer = self.cloud.client("sqs").receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def published(self) -> list[str]:
        """Take the ids of the events the worker published, from the notifier's queue."""
        sqs = self.cloud.client("sqs")
        name = self.cloud.environment("notifier")["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        ids = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                ids.append(json.loads(message["Body"])["id"].split("/", 1)[1])
            if not answer.get("Messages"):
                return ids

    def task(self, upload_id: str) -> Task | None:
        """Return the TASK item."""
        return Tasks(self.table, SystemClock()).read(upload_id, "transcode")

    @asynccontextmanager
    async def running(
        self,
        work: Callable[[Assignment], Awaitable[WorkDone]],
        probe: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncIterator[Consumer]:
        """Run a consumer; stop it in order at the end."""
        environment = self.cloud.environment("transcoder")
        clock = SystemClock()
        topic = Topic(clients.client("sns", "us-east-1"), environment["TOPIC_ARN"])
        storage = Storage(clients.client("s3", "us-east-1"))
        names = environment["QUEUE_NAME"], environment["DEAD_LETTER_QUEUE_NAME"]

        async def recorded(assignment: Assignment) -> WorkDone:
            self.works.append(assignment)
            return await work(assignment)

        async with SqsQueue.connect("us-east-1", *names) as queue:
            adapters = Adapters(clock, self.table, Reader(self.table), topic, storage)
            runner = upload_runner(
                "transcode",
                lambda _: ["transcoding-web"],
                recorded,
                adapters,
                queue,
                lease_seconds=LEASE,
            )
            breaker = DependencyBreaker({"s3": probe} if probe else {}, first_pause=0.1)
            consumer = Consumer(queue, {UploadAccepted.TYPE: runner}, POLICY, breaker, "transcoder")
            stop = asyncio.Event()
            task = asyncio.create_task(consumer.run(stop))
            try:
                yield consumer
            finally:
                stop.set()
                await task


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that the emulator shows but does not announce."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 -- see above
            await asyncio.sleep(0.05)


async def succeed(assignment: Assignment) -> WorkDone:
    return WorkDone({"web": f"{assignment.prefix}/web.mp4"})


@pytest.fixture
def worker(cloud: Any, table: Table, answer_key: AnswerKey) -> Worker:
    """A worker on empty queues."""
    return Worker(cloud, table, answer_key)


def test_a_task_is_recorded_then_published_then_its_message_deleted(worker: Worker) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())

    async def scene() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert task.status == "DONE"
    assert task.percent == 100
    assert task.results["web"].endswith(f"{upload}/1/web.mp4")
    assert worker.published() == ["transcode/1/task.completed.v1"], "moments need no beginning"


def test_a_repeated_message_repeats_the_event_and_does_no_work(worker: Worker) -> None:
    upload = worker.accept()
    for _ in range(3):
        worker.send(worker.event(upload).to_json())

    async def scene() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    assert len(worker.works) == 1
    assert set(worker.published()) == {"transcode/1/task.completed.v1"}
    assert worker.dead() == []


def test_long_work_keeps_message_and_lease(worker: Worker) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())
    finish = asyncio.Event()

    async def scene() -> None:
        async def slow(assignment: Assignment) -> WorkDone:
            assignment.on_percent(40)
            await finish.wait()
            return await succeed(assignment)

        async with worker.running(slow):
            await until(lambda: bool(worker.works))
            begun = worker.task(upload)
            assert begun is not None
            # Longer than both visibility and lease: only the heartbeat keeps them.
            beyond = time.time() + LEASE + 1

            def outlived() -> bool:
                task = worker.task(upload)
                return task is not None and task.lease_until > beyond

            await until(outlived)
            finish.set()
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.starts, len(worker.works)) == ("DONE", 1, 1)


def test_bad_input_fails_in_one_attempt_without_a_dead_letter(worker: Worker) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())

    async def refuse(_assignment: Assignment) -> WorkDone:
        raise PermanentError("no_video", "There is no picture in it.")

    async def scene() -> None:
        async with worker.running(refuse):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.code, task.reason) == (
        "FAILED",
        "no_video",
        "There is no picture in it.",
    )
    assert len(worker.works) == 1
    assert worker.published()[-1] == "transcode/1/task.failed.v1"
    assert worker.dead() == []


def test_five_starts_then_failed_and_one_dead_letter_that_can_be_redriven(
    worker: Worker,
) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())

    async def stumble(_assignment: Assignment) -> WorkDone:
        raise TransientError("disk full", retry_after=0)

    async def scene() -> None:
        async with worker.running(stumble):
            await until(lambda: worker.messages() == 0, seconds=40)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.code, len(worker.works)) == ("FAILED", "gave_up", 5)
    assert worker.published()[-1] == "transcode/1/task.failed.v1"
    (dead,) = worker.dead()
    reasons = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert reasons["attempt"] == "1"
    assert reasons["code"] == "gave_up"
    assert reasons["upload"] == upload
    assert {"text", "first", "last"} <= set(reasons)

    for _ in range(2):  # A redrive is safe to run twice.
        worker.send(dead["Body"], **reasons)

    async def redriven() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(redriven())
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.attempt, len(worker.works)) == ("DONE", 2, 6)


def test_a_message_that_names_no_failed_attempt_reopens_nothing(worker: Worker) -> None:
    upload = worker.accept()
    tasks = Tasks(worker.table, SystemClock())
    claimant = Claimant.of_task(upload, "transcode", ["transcoding-web"], "test", 60)
    claimed = tasks.claim(claimant)
    tasks.finish(claimant, claimed.task, {"status": "FAILED", "code": "x", "reason": "y"})  # type: ignore[union-attr]  # a fresh task is claimed
    worker.send(worker.event(upload).to_json())
    worker.send(worker.event(upload).to_json(), attempt="7")

    async def scene() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    assert worker.works == []


def test_an_outage_costs_no_start_and_no_dead_letter(worker: Worker) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())
    outage = [True]

    async def store(assignment: Assignment) -> WorkDone:
        if outage[0]:
            raise DependencyDownError("s3", "503")
        return await succeed(assignment)

    async def probe() -> None:
        if outage[0]:
            raise DependencyDownError("s3", "503")

    async def scene() -> None:
        async with worker.running(store, probe) as consumer:
            await until(lambda: consumer.breaker.is_open)
            assert "s3" in consumer.breaker.down
            tried = len(worker.works)
            await until(lambda: consumer.breaker.pause > 0.3)
            assert len(worker.works) == tried, "nothing is received during an outage"
            outage[0] = False
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.starts) == ("DONE", 1)
    assert worker.dead() == []


@pytest.mark.parametrize("how", ["cancelled", "superseded"])
def test_obsolete_work_is_stopped_and_publishes_nothing(worker: Worker, how: str) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())
    stopped: list[str] = []

    async def endless(assignment: Assignment) -> WorkDone:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(assignment.upload.upload_id)
        return WorkDone({})

    def end_it() -> None:
        answers = Answers(worker.table, SystemClock())
        answers.put_cancel(upload, "test")
        if how == "superseded":
            worker.accept()

    async def scene() -> None:
        async with worker.running(endless):
            await until(lambda: bool(worker.works))
            await asyncio.to_thread(end_it)
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    assert stopped == [upload]
    assert worker.published() == []


def test_a_living_lease_of_another_hides_the_message(worker: Worker) -> None:
    upload = worker.accept()
    holder = Claimant.of_task(upload, "transcode", ["transcoding-web"], "another", 3)
    Tasks(worker.table, SystemClock()).claim(holder)
    lease = worker.task(upload)
    assert lease is not None
    worker.send(worker.event(upload).to_json())

    async def scene() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert task.started_at >= lease.lease_until, "not before the lease had ended"
    assert (task.status, task.claim, task.starts) == ("DONE", 2, 2)
    assert task.last_error == "another was lost: its lease ended", "and the operator can see it"
    assert worker.works[0].prefix.endswith("/2"), "each claim writes under its own prefix"


def test_stopping_hands_back_uncounted_and_buries_nothing(worker: Worker) -> None:
    upload = worker.accept()
    worker.send(worker.event(upload).to_json())

    async def endless(_assignment: Assignment) -> WorkDone:
        await asyncio.Event().wait()
        return WorkDone({})

    async def scene() -> None:
        with suppress(TimeoutError):
            async with worker.running(endless):
                await until(lambda: bool(worker.works))

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert (task.starts, task.lease_until) == (0, 0)

    async def again() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0, seconds=3)

    asyncio.run(again())
    assert worker.dead() == []


def test_poison_is_buried_at_once_while_good_messages_go_on(worker: Worker) -> None:
    upload = worker.accept()
    good = worker.event(upload).to_json()
    poison = ["no json", "[]", "{}", good.replace("accepted.v1", "accepted.v9")]
    for body in [*poison, good]:
        worker.send(body)

    async def scene() -> None:
        async with worker.running(succeed):
            await until(lambda: worker.messages() == 0)

    asyncio.run(scene())
    task = worker.task(upload)
    assert task is not None
    assert task.status == "DONE"
    dead = worker.dead()
    assert sorted(message["Body"] for message in dead) == sorted(poison)
    assert all("code" in message["MessageAttributes"] for message in dead)


@pytest.mark.parametrize("left_behind", [False, True], ids=["fresh", "left behind"])
def test_of_ten_simultaneous_claims_one_wins(worker: Worker, *, left_behind: bool) -> None:
    upload = worker.accept()
    tasks = Tasks(worker.table, SystemClock())
    if left_behind:
        tasks.claim(Claimant.of_task(upload, "transcode", ["transcoding-web"], "dead", 0))

    def claim(number: int) -> str:
        claimant = Claimant.of_task(upload, "transcode", ["transcoding-web"], f"worker{number}", 60)
        return type(tasks.claim(claimant)).__name__

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(claim, range(10))) == ["Busy"] * 9 + ["Claimed"]


def test_a_zombie_cannot_write_after_its_lease_was_taken(worker: Worker) -> None:
    upload = worker.accept()
    tasks = Tasks(worker.table, SystemClock())
    zombie = Claimant.of_task(upload, "transcode", ["transcoding-web"], "zombie", -1)
    first: Any = tasks.claim(zombie)
    tasks.claim(Claimant.of_task(upload, "transcode", ["transcoding-web"], "another", 60))
    with pytest.raises(StoppedError):
        tasks.finish(zombie, first.task, {"status": "DONE"})
    with pytest.raises(StoppedError):
        tasks.extend(zombie, first.task, 50)
    task = worker.task(upload)
    assert task is not None
    assert (task.status, task.owner) == ("IN_PROGRESS", "another")


def test_a_beat_that_is_late_does_not_take_back_a_lease_that_was_given_back(
    worker: Worker,
) -> None:
    """Otherwise the next try would wait for a whole lease, and who waits for it as well."""
    claimant = Claimant.of_task(worker.accept(), "transcode", ["transcoding-web"], "one", 60)
    tasks = Tasks(worker.table, SystemClock())
    claimed: Any = tasks.claim(claimant)
    tasks.extend(claimant, claimed.task, 10)
    tasks.hand_back(claimant, claimed.task, uncount=False, error="it broke")
    with pytest.raises(StoppedError):
        tasks.extend(claimant, claimed.task, 50)
    again: Any = tasks.claim(claimant)
    assert again.task.starts == 2
