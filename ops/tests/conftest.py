"""The tool over the emulator, and a small assembly line whose work is a function of the test."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.errors import PermanentError, TransientError
from mentor_common.events import Topic, UploadAccepted
from mentor_common.jobs import Reader, accepted_event
from mentor_common.work.claims import Tasks
from mentor_common.work.result import WorkDone
from mentor_common.work.upload_work import Assignment, upload_runner
from mentor_local.accepting import accept, new_answer
from mentor_notifier import bootstrap as notifier
from mentor_notifier.handlers import sweep
from mentor_notifier.settings import NotifierSettings
from mentor_ops.target import find
from ops_command import run_ops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mentor_common.jobs import AnswerKey, Answers, Job, Table, Task
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue
    from mentor_local.graphql.server import GraphQLServer
    from mentor_notifier.answers.reconciler import Reconciler

    Work = Callable[[Assignment], Awaitable[WorkDone]]

POLICY = Policy(slots=10, visibility=4, beat=1, receive_wait=1, backoff_base=0.5, backoff_cap=1)


@dataclass
class Line:
    """Transcoder and notifier as they are, on uploads that need no transcript."""

    cloud: Any
    table: Table
    graphql: GraphQLServer
    reconciler: Reconciler
    answers: Answers
    works: list[str] = field(default_factory=list)

    def accept(self, *, announce: bool = True, answer: AnswerKey | None = None) -> Job:
        """Accept an upload of a new answer, by the api's own writes, and announce it."""
        job = accept(self.table, answer or new_answer(self.graphql.store))
        if announce:
            self.send(accepted_event(job).to_json())
        return job

    def send(self, body: str, which: str = "QUEUE_NAME", **attributes: str) -> None:
        """Put a message into the transcoder's queue or its dead-letter queue."""
        self.cloud.client("sqs").send_message(
            QueueUrl=self.url(which),
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def url(self, which: str = "QUEUE_NAME") -> str:
        """Return the URL of the transcoder's queue or its dead-letter queue."""
        name = self.cloud.environment("transcoder")[which]
        return str(self.cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def count(self, which: str = "QUEUE_NAME") -> tuple[int, int]:
        """Return how many messages are visible, and how many are hidden."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.url(which), AttributeNames=kinds
        )["Attributes"]
        return int(found[kinds[0]]), int(found[kinds[1]])

    @property
    def dead(self) -> int:
        """How many dead letters the transcoder has, hidden ones included."""
        return sum(self.count("DEAD_LETTER_QUEUE_NAME"))

    def task(self, job: Job) -> Task:
        """Return the TASK item."""
        task = Tasks(self.table, SystemClock()).read(job.upload_id, "transcode")
        assert task is not None
        return task

    def work(self, work: Work, seconds: float = 60) -> None:
        """Run a transcoder until its queue is empty."""
        asyncio.run(self._work(work, seconds))

    async def _work(self, work: Work, seconds: float) -> None:
        environment = self.cloud.environment("transcoder")
        clock = SystemClock()

        async def recorded(assignment: Assignment) -> WorkDone:
            self.works.append(assignment.upload.upload_id)
            return await work(assignment)

        names = environment["QUEUE_NAME"], environment["DEAD_LETTER_QUEUE_NAME"]
        async with SqsQueue.connect("us-east-1", *names) as queue:
            adapters = Adapters(
                clock=clock,
                table=self.table,
                reader=Reader(self.table),
                topic=Topic(clients.client("sns", "us-east-1"), environment["TOPIC_ARN"]),
                storage=Storage(clients.client("s3", "us-east-1")),
            )
            renditions = ["transcoding-web", "transcoding-mobile"]
            runner = upload_runner(
                "transcode", lambda _: renditions, recorded, adapters, queue, lease_seconds=3
            )
            handlers = {UploadAccepted.TYPE: runner}
            consumer = Consumer(queue, handlers, POLICY, DependencyBreaker({}), "transcoder")
            stop = asyncio.Event()
            running = asyncio.create_task(consumer.run(stop))
            try:
                async with asyncio.timeout(seconds):
                    while sum(await asyncio.to_thread(self.count)):  # noqa: ASYNC110 -- an emulator's queue announces nothing
                        await asyncio.sleep(0.05)
            finally:
                stop.set()
                await running

    def reconcile(self, job: Job) -> None:
        """Have the notifier look at an upload."""
        self.reconciler.reconcile(job.answer, (job.upload_id,))

    def sweep(self) -> None:
        """Have the notifier look at what is due."""
        sweep(self.answers, self.reconciler)

    def outcome(self, job: Job) -> str | None:
        """Return how an upload ended, by its present attempts."""
        outcome = Reader(self.table).upload(job.upload_id).outcome
        return outcome.kind if outcome and outcome.said else None

    async def succeed(self, assignment: Assignment) -> WorkDone:
        """Do work that goes well."""
        names = ("original", "web", "mobile")
        return WorkDone(
            {name: f"{assignment.prefix}/{name}.mp4" for name in names},
            facts={"sha1": "abc", "web_duration_ms": 2000.0, "mobile_duration_ms": 2000.0},
        )

    async def stumble(self, assignment: Assignment) -> WorkDone:
        """Do work that fails for a reason that may pass."""
        del assignment
        raise TransientError("[Errno 28] No space left on device", retry_after=0)

    async def refuse(self, assignment: Assignment) -> WorkDone:
        """Do work that no start can do."""
        del assignment
        raise PermanentError("not_a_video", "This file is no video. Record or choose a video.")


@pytest.fixture
def line(
    cloud: Any,
    table: Table,
    graphql: GraphQLServer,
    graphql_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Line:
    """An assembly line on empty queues."""
    with monkeypatch.context() as patch:
        for name, value in (cloud.environment("notifier") | graphql_environment).items():
            patch.setenv(name, value)
        wiring = notifier.build(NotifierSettings(), None, Path())  # type: ignore[arg-type]  # it needs no queue
    (swept,) = (call for call in wiring.sweeps if getattr(call, "func", None) is sweep)
    answers, looker = swept.args  # type: ignore[attr-defined]  # a partial of our own
    return Line(cloud, table, graphql, looker, answers)


@pytest.fixture
def dead_letters(cloud: Any) -> DeadLetterQueue:
    """The transcoder's dead-letter queue."""
    assert cloud
    return find(local=False, stage="local", region="us-east-1").queues["transcoder"]


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Return a function that runs one command: exit code, and stdout read as JSON if it is."""
    return partial(run_ops, capsys)


@pytest.fixture
def start_ops(cloud: Any) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that starts the tool as a process of its own."""
    environment = os.environ | cloud.environment("api")

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        command: Sequence[str] = (sys.executable, "-m", "mentor_ops", "--aws", *arguments)
        return subprocess.Popen(
            command,
            env=environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
