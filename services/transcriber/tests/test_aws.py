"""AWS Transcribe: started, waited for and finished, against the emulator and recorded answers."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from inspect import unwrap
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.clock import ManualClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.errors import AccessDeniedError, TransientError
from mentor_common.events import SourceObject, TranscriptionChanged, decode
from mentor_common.jobs import (
    AnswerKey,
    Job,
    Reader,
    Table,
    Task,
    Write,
    accepted_event,
)
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_common.work.parked import Parked, ParkedTasks, parking
from mentor_local.accepting import accept, new_video
from mentor_local.provision import service_credentials
from mentor_local.waiting import wait_until
from mentor_transcriber.bootstrap import build
from mentor_transcriber.engines.aws import JobState, TranscribeJobs, recognition_of
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_transcriber.reconciler import TranscriptionReconciler

WORDS = "deterministic placeholder speech"  # of the emulator's Transcribe
RECORDED = {
    "jobName": "a",
    "status": "COMPLETED",
    "results": {
        "transcripts": [{"transcript": "Hello, world. Bye."}],
        "items": [
            {
                "type": "pronunciation",
                "start_time": "0.009",
                "end_time": "0.38",
                "alternatives": [{"confidence": "0.998", "content": "Hello"}],
            },
            {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": ","}]},
            {
                "type": "pronunciation",
                "start_time": "0.38",
                "end_time": "0.9",
                "alternatives": [{"confidence": "0.97", "content": "world"}],
            },
            {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
            {
                "type": "pronunciation",
                "start_time": "1.9",
                "end_time": "2.2",
                "alternatives": [{"confidence": "0.5", "content": "Bye"}],
            },
            {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
        ],
    },
}


@dataclass
class World:
    """A transcriber with ``TRANSCRIBE_ENGINE=aws`` on the emulator."""

    cloud: Any
    table: Table
    scratch: Path
    answer: AnswerKey
    settings: TranscriberSettings = field(default_factory=TranscriberSettings)

    def accept(self, film: Path) -> Job:
        """Upload a film and accept it."""
        video = new_video()
        bucket = self.settings.signed_upload_bucket
        content = film.read_bytes()
        etag = self.cloud.client("s3").put_object(Bucket=bucket, Key=video, Body=content)["ETag"]
        source = SourceObject(bucket=bucket, key=video, etag=etag, size=len(content))
        return accept(self.table, self.answer, source, "wanted", video=video)

    def send(self, job: Job) -> None:
        """Announce an upload to the worker."""
        self.cloud.client("sqs").send_message(
            QueueUrl=self.url("transcriber"), MessageBody=accepted_event(job).to_json()
        )

    def url(self, service: str) -> str:
        """Return the URL of a service's queue."""
        name = self.cloud.environment(service)["QUEUE_NAME"]
        return str(self.cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def received(self, service: str) -> list[Any]:
        """Take the events that wait in a queue."""
        answer = self.cloud.client("sqs").receive_message(
            QueueUrl=self.url(service), MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        return [decode(message["Body"]) for message in answer.get("Messages", [])]

    def task(self, job: Job) -> Task:
        """Return the upload's task."""
        task = Reader(self.table).upload(job.upload_id).transcribe
        assert task is not None
        return task

    def text(self, key: str) -> str:
        """Return a stored result."""
        bucket = self.settings.static_bucket
        body = self.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
        return str(body.read().decode())

    def park(self, job: Job, clock: ManualClock, name: str) -> Task:
        """Leave the upload's task waiting for a job, as a worker does that has started one."""
        tasks = Tasks(self.table, clock)
        claimant = Claimant.of_task(job.upload_id, "transcribe", ["transcribing"], "me", 60)
        claim = tasks.claim(claimant)
        assert isinstance(claim, Claimed)
        facts = {"engine": "aws", "duration_s": 3.0, "prefix": f"videos/x/{name}"}
        changes = parking("transcribe", Parked(name, 60, 3600, facts), clock.now())
        return tasks.park(claimant, claim.task, changes)

    async def run(
        self,
        condition: Callable[[TranscriptionReconciler], bool],
        breaker: DependencyBreaker | None = None,
    ) -> None:
        """Run the worker until something is the case."""
        names = self.settings.queue_name, self.settings.dead_letter_queue_name
        async with SqsQueue.connect("us-east-1", *names) as queue:
            wiring = build(self.settings, queue, self.scratch)
            reconciler: Any = wiring.handlers[TranscriptionChanged.TYPE]
            policy = Policy(receive_wait=1, backoff_base=0.5, backoff_cap=1)
            guard = breaker or DependencyBreaker({})
            consumer = Consumer(queue, wiring.handlers, policy, guard, "t")
            stop = asyncio.Event()
            running = asyncio.create_task(consumer.run(stop))
            try:
                await asyncio.to_thread(
                    wait_until, lambda: condition(reconciler), seconds=60, what="the worker's work"
                )
            finally:
                stop.set()
                await running


@pytest.fixture
def make_world(
    cloud: Any,
    table: Table,
    tmp_path: Path,
    answer_key: AnswerKey,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., World]:
    """Return a function that makes a world, with the rule for job events or without."""

    def make(*, rule: bool) -> World:
        s3 = cloud.client("s3")
        (bucket,) = (
            each["Name"] for each in s3.list_buckets()["Buckets"] if "-transcribe-" in each["Name"]
        )
        if not rule:
            cloud.client("events").remove_targets(
                Rule="mentor-upload-local-transcribe-jobs", Ids=["transcriber"]
            )
        environment = cloud.environment("transcriber") | {
            "TRANSCRIBE_ENGINE": "aws",
            "TRANSCRIBE_INPUT_BUCKET": bucket,
            "TRANSCRIBE_OUTPUT_BUCKET": bucket,
            "TRANSCRIBE_CHECK_SECONDS": "0.2",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        return World(cloud, table, scratch, answer_key)

    return make


@pytest.fixture
def talk(film: Callable[..., Path], write_wav: Callable[[str, bytes], Path]) -> Path:
    """A film with sound; what the emulator hears does not depend on it."""
    return film("talk.mp4", seconds=10, sound=write_wav("hum.wav", bytes(32_000 * 10)))


def is_done(world: World, job: Job) -> bool:
    return Reader(world.table).upload(job.upload_id).transcribe is not None and (
        world.task(job).status == "DONE"
    )


@pytest.mark.parametrize("rule", [True, False])
def test_a_job_ends_by_its_event_or_by_the_sweep_when_that_never_comes(
    make_world: Callable[..., World], talk: Path, rule: bool
) -> None:
    world = make_world(rule=rule)
    job = world.accept(talk)
    world.send(job)
    seen: set[str] = set()

    def ended(reconciler: TranscriptionReconciler) -> bool:
        upload = Reader(world.table).upload(job.upload_id)
        if upload.transcribe is not None:
            seen.add(upload.transcribe.status)
        if not rule:
            reconciler.sweep()
        return is_done(world, job)

    asyncio.run(world.run(ended))
    task = world.task(job)
    assert "WAITING" in seen
    assert (task.attempt, task.starts, task.claim) == (1, 1, 1)
    assert task.job == f"mentor-upload-local-{job.upload_id}-1-1"
    document = json.loads(world.text(task.results["transcript"]))
    assert WORDS in document["text"]
    assert document["engine"] == "aws"
    assert document["duration"] == pytest.approx(10, abs=0.1)
    assert document["words"][0]["start"] == 0
    assert "WEBVTT" in world.text(task.results["vtt"])
    types = [event.envelope.type for event in world.received("notifier")]
    assert set(types) == {"task.completed.v1"}
    assert ParkedTasks(world.table, ManualClock(time.time() + 1e6), "transcribe").due() == []
    assert list(world.scratch.iterdir()) == []


def test_an_upload_that_iam_refuses_to_transcribe_waits_uncounted_until_the_role_is_mended(
    make_world: Callable[..., World], talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(rule=True)
    for name, value in service_credentials(world.cloud.stack, "transcriber").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "session", unwrap(clients.session))  # without cached keys
    refusal = {"Effect": "Deny", "Action": "transcribe:StartTranscriptionJob", "Resource": "*"}
    about: dict[str, Any] = {
        "UserName": "mentor-upload-local-transcriber",
        "PolicyName": "a-role-that-lacks-it",
    }
    iam = world.cloud.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    iam.put_user_policy(**about, PolicyDocument=document)
    job = world.accept(talk)
    world.send(job)
    breaker = DependencyBreaker({}, first_pause=0.1, first_hold=0.1)
    told: list[str] = []

    def ended(_reconciler: TranscriptionReconciler) -> bool:
        task = Reader(world.table).upload(job.upload_id).transcribe
        if breaker.down and task is not None and task.claim > 1 and not told:
            told.extend(breaker.down.values())
            assert task.status not in {"FAILED", "WAITING"}
            iam.delete_user_policy(**about)
        return is_done(world, job) and not breaker.down

    asyncio.run(world.run(ended, breaker))

    assert told[0].startswith(
        "transcribe: AccessDeniedException: transcribe:StartTranscriptionJob on "
    )
    assert world.task(job).starts == 1, "what was refused was not counted"
    assert world.task(job).attempt == 1


def test_media_that_transcribe_may_not_read_are_a_refusal_too() -> None:
    client = clients.client("transcribe", "us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error(
            "start_transcription_job",
            "BadRequestException",
            "The S3 URI that you provided can't be accessed. Make sure that you have read "
            "permission and try your request again.",
        )
        with pytest.raises(AccessDeniedError, match="on in and out is refused"):
            TranscribeJobs(client, ("en-US",)).start("a", ("in", "a.wav"), ("out", "a.json"))


def test_a_failed_job_is_started_again_after_a_pause_and_at_last_fails(
    make_world: Callable[..., World], talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(rule=False)
    job = world.accept(talk)
    clock = ManualClock(1_000_000.0)
    reconciler = make_reconciler(world, clock)
    monkeypatch.setattr(TranscribeJobs, "state", lambda *_: JobState("failed", "bad weather"))
    names = []
    for start in range(1, 6):
        task = world.park(job, clock, f"mentor-upload-local-{job.upload_id}-1-{start}")
        assert (task.starts, task.claim) == (start, start)
        names.append(task.job)
        clock.advance(61)
        reconciler.sweep()
        assert (world.task(job).status, world.task(job).lease_until) == ("IN_PROGRESS", 0)
        assert world.received("transcriber") == [], "not at once"
        clock.advance(30 * 2**start + 1)
        reconciler.sweep()
        (again,) = world.received("transcriber")
        assert again.data.upload_id == job.upload_id
    assert len(set(names)) == 5
    claimant = Claimant.of_task(job.upload_id, "transcribe", ["transcribing"], "me", 60)
    over = Tasks(world.table, clock).claim(claimant).task  # type: ignore[union-attr] # asserted next
    assert (over.status, over.names["transcribing"].code) == ("FAILED", "gave_up")


def make_reconciler(world: World, clock: ManualClock) -> TranscriptionReconciler:
    """Return the worker's reconciler with a clock of the test."""
    connect = Adapters.connect

    def with_clock(settings: TranscriberSettings) -> Adapters:
        adapters = connect(settings)
        return Adapters(clock, adapters.table, adapters.reader, adapters.topic, adapters.storage)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Adapters, "connect", staticmethod(with_clock))
        queue: Any = None
        reconciler: Any = build(world.settings, queue, world.scratch).handlers[
            TranscriptionChanged.TYPE
        ]
    made: TranscriptionReconciler = reconciler
    return made


def test_what_comes_late_changes_nothing(
    make_world: Callable[..., World], talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of an older claim's job, and that of an upload which no longer counts."""
    world = make_world(rule=False)
    clock = ManualClock(time.time())
    reconciler = make_reconciler(world, clock)
    job = world.accept(talk)
    name = f"mentor-upload-local-{job.upload_id}-1-1"
    parked = world.park(job, clock, name)

    reconciler.reconcile(job.upload_id, name.replace("-1-1", "-1-7"))
    assert world.task(job) == parked

    asked: list[str] = []

    def running(_: TranscribeJobs, job: str) -> JobState:
        asked.append(job)
        return JobState("running")

    monkeypatch.setattr(TranscribeJobs, "state", running)
    reconciler.reconcile(job.upload_id, name)
    assert asked == [name]
    assert world.task(job).status == "WAITING"

    cancel = Write(f"UPLOAD#{job.upload_id}", "CANCEL", put={"by": "me", "at": 1.0})
    world.table.write(cancel)
    reconciler.reconcile(job.upload_id, name)
    assert asked == [name], "nobody asks for what no longer counts"
    clock.advance(1e6)
    assert ParkedTasks(world.table, clock, "transcribe").due() == []


def test_conflict_adopts_the_job_and_a_quota_is_tried_again_later() -> None:
    client = clients.client("transcribe", "us-east-1")
    jobs = TranscribeJobs(client, ("en-US",), "names")
    asked = {
        "TranscriptionJobName": "n",
        "LanguageCode": "en-US",
        "MediaFormat": "wav",
        "Media": {"MediaFileUri": "s3://in/a.wav"},
        "OutputBucketName": "out",
        "OutputKey": "t/n.json",
        "Settings": {"VocabularyName": "names"},
    }
    with Stubber(client) as stub:
        for code in ("ConflictException", "LimitExceededException"):
            stub.add_client_error("start_transcription_job", code, expected_params=asked)
        jobs.start("n", ("in", "a.wav"), ("out", "t/n.json"))
        with pytest.raises(TransientError) as refused:
            jobs.start("n", ("in", "a.wav"), ("out", "t/n.json"))
        assert refused.value.retry_after == 60
        failed = {"TranscriptionJobStatus": "FAILED", "FailureReason": "no speech"}
        stub.add_response("get_transcription_job", {"TranscriptionJob": failed})
        assert jobs.state("n") == JobState("failed", "no speech")
        stub.add_client_error("get_transcription_job", "BadRequestException")
        assert jobs.state("n").status == "missing"


def test_punctuation_clings_to_the_word_before_it() -> None:
    heard = recognition_of(json.dumps(RECORDED))
    assert heard.text == "Hello, world. Bye."
    assert [word.text for word in heard.words] == ["Hello,", "world.", "Bye."]
    assert (heard.words[0].start, heard.words[2].end) == (0.009, 2.2)
    assert heard.words[1].confidence == 0.97
