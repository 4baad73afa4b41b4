"""What waits for workers, counted from the real jobs table while a scripted clock goes on."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.events import SourceObject
from mentor_common.explain import Backlog, QueueEstimate, why_task_waits
from mentor_common.jobs import AnswerKey, Answers, Intake, Reader
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_common.work.parked import Parked, parking
from mentor_common.work.registry import Registration
from mentor_local.accepting import accept
from upload_items import worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.events import TaskKind
    from mentor_common.jobs import Job, Table, Task, Transcription

LEASE = 1000.0
MENTORS = [secrets.token_hex(12) for _ in range(4)]


@dataclass
class Stage:
    """Uploads and the workers that claim them, by a clock of the test's."""

    table: Table
    clock: ManualClock = field(default_factory=lambda: ManualClock(round(time.time())))
    kind: TaskKind = "transcode"

    def accept(
        self,
        count: int,
        apart: float = 1.0,
        transcription: Transcription = "idle",
        size: int = 1000,
    ) -> list[Job]:
        """Accept uploads of several mentors one after the other."""
        source = SourceObject(bucket="b", key="k", etag="e", size=size)
        jobs = []
        for number in range(count):
            self.clock.advance(apart)
            answer = AnswerKey(MENTORS[number % len(MENTORS)], secrets.token_hex(12))
            job = accept(self.table, answer, source, transcription, self.clock)
            Intake(self.table, self.clock).mark_published(job)
            jobs.append(job)
        return jobs

    def claimant(self, job: Job) -> Claimant:
        """Return who claims the unit of an upload."""
        return Claimant.of_task(job.upload_id, self.kind, ["transcoding-web"], "host:1", LEASE)

    def claim(self, job: Job) -> Task:
        """Begin to work on an upload."""
        claimed = Tasks(self.table, self.clock).claim(self.claimant(job))
        assert isinstance(claimed, Claimed)
        return claimed.task

    def finish(self, job: Job, task: Task) -> None:
        """End the work on an upload."""
        Tasks(self.table, self.clock).finish(self.claimant(job), task, {"status": "DONE"})

    def estimate(self, **options: Any) -> QueueEstimate:
        """Return how many wait now."""
        estimate = Backlog(self.table, self.clock, **options).estimate(self.kind)
        assert estimate is not None
        return estimate

    def why(self, job: Job) -> str | None:
        """Return what an upload waits for now."""
        upload = Reader(self.table).upload(job.upload_id)
        backlog = Backlog(self.table, self.clock)
        reason = why_task_waits(self.kind, upload, job, self.clock.now(), backlog)
        return reason.text if reason else None

    def work(self, jobs: Sequence[Job], seconds: Sequence[float], workers: int) -> Iterator[int]:
        """Let workers do all uploads in order; yield the number of each that was begun."""
        running: list[tuple[float, Job, Task]] = []
        for number, job in enumerate(jobs):
            if len(running) == workers:
                ends, done, task = running.pop(0)
                self.clock.advance(ends - self.clock.now())
                self.finish(done, task)
            running.append((self.clock.now() + seconds[number], job, self.claim(job)))
            running.sort(key=lambda each: each[0])
            yield number


@pytest.fixture
def stage(cloud: Any, table: Table) -> Stage:
    """An empty jobs table."""
    assert cloud
    return Stage(table)


def test_the_words_change_as_the_queue_drains(stage: Stage) -> None:
    jobs = stage.accept(20)
    first, last = jobs[0], jobs[-1]
    waits = "waiting for a free transcoder"
    assert stage.why(first) == waits, "so short a wait needs no explanation"
    stage.clock.advance(31)
    nobody = "no transcoder is running"
    assert stage.why(first) == f"{waits}: next in line; {nobody}"
    assert stage.why(last) == f"{waits}: 19 uploads ahead; {nobody}"
    said: list[str | None] = []
    for number in stage.work(jobs, [60.0] * 20, workers=2):
        assert stage.why(jobs[number]) is None, "it is being worked on"
        queue = stage.estimate()
        assert len(queue.accepted) == 19 - number
        assert queue.working == min(2, number + 1)
        said.append(stage.why(last))
    # Two at once, a minute each: a pair of them begins every minute.
    minutes = {ahead: -(-ahead // 2) for ahead in range(17)}
    assert said == [
        f"{waits}: 18 uploads ahead",
        f"{waits}: 17 uploads ahead",
        *(
            f"{waits}: {ahead} uploads ahead, about {minutes[ahead]} min"
            for ahead in range(16, 1, -1)
        ),
        f"{waits}: 1 upload ahead, about 1 min",
        f"{waits}: next in line, less than a minute",
        None,
    ]


def test_a_larger_upload_is_expected_to_take_longer(stage: Stage) -> None:
    small, large, last = (*stage.accept(1), *stage.accept(2, size=60_000))
    task = stage.claim(small)
    stage.clock.advance(10)
    stage.finish(small, task)
    task = stage.claim(large)
    position = stage.estimate().position(last.accepted_at or 0)
    assert position.seconds == 600, "sixty times as large"
    Answers(stage.table, stage.clock).request(large.answer, [large.upload_id])
    Intake(stage.table, stage.clock).mark_claimed(large)
    position = stage.estimate().position(last.accepted_at or 0)
    assert position.seconds == 10, "of an unknown size: as long as those before"


def test_time_in_work_is_no_waiting(stage: Stage) -> None:
    (job,) = stage.accept(1)
    stage.clock.advance(30)
    assert stage.estimate().oldest_seconds(stage.clock.now()) == 30
    task = stage.claim(job)
    stage.clock.advance(LEASE - 1)
    assert stage.estimate().oldest_seconds(stage.clock.now()) is None, "it is worked on"
    stage.clock.advance(11)
    assert stage.estimate().oldest_seconds(stage.clock.now()) == 10, "since its worker was lost"
    task = stage.claim(job)
    later = stage.clock.now() + 60
    Tasks(stage.table, stage.clock).hand_back(
        stage.claimant(job), task, uncount=False, error="x", retry_at=later
    )
    stage.clock.advance(65)
    assert stage.estimate().oldest_seconds(stage.clock.now()) == 5, "since it may be tried again"


def test_only_those_wait_for_whom_there_is_work_to_do(stage: Stage) -> None:
    jobs = stage.accept(6)
    intake = Intake(stage.table, stage.clock)
    intake.cancel(jobs[0], "mentor")
    newer = accept(stage.table, jobs[0].answer, clock=stage.clock)
    tasks = Tasks(stage.table, stage.clock)
    tasks.hand_back(stage.claimant(jobs[1]), stage.claim(jobs[1]), uncount=True)
    failed = stage.claim(jobs[2])
    soon = stage.clock.now() + 600
    tasks.hand_back(stage.claimant(jobs[2]), failed, uncount=False, error="x", retry_at=soon)
    intake.cancel(jobs[3], "mentor")
    stage.accept(1, apart=0)
    accepted = [job.accepted_at for job in (jobs[1], jobs[4], jobs[5], newer)]
    queue = stage.estimate()
    assert list(queue.accepted) == [*accepted, stage.clock.now()]
    assert stage.why(jobs[1]) == "waiting for a free transcoder to go on"
    assert stage.why(jobs[2]) == (
        "try 1 of 5 of the transcoder failed; the next begins in about 10 min"
    )
    stage.clock.advance(700)
    waits = "waiting for a free transcoder to try again"
    assert stage.why(jobs[2]) == f"{waits}: 1 upload ahead; no transcoder is running"


def test_transcripts_have_a_line_of_their_own(stage: Stage) -> None:
    stage.accept(3)
    stage.accept(2, transcription="wanted")
    assert len(stage.estimate().accepted) == 5
    stage.kind = "transcribe"
    assert len(stage.estimate().accepted) == 2, "nobody transcribes idle clips"


def test_what_waits_for_aws_neither_works_nor_is_evidence(stage: Stage) -> None:
    stage.kind = "transcribe"
    jobs = stage.accept(3, transcription="wanted")
    for job in jobs[:2]:
        task = stage.claim(job)
        parked = parking("transcribe", Parked("job-1", 60, 14400), stage.clock.now())
        Tasks(stage.table, stage.clock).park(stage.claimant(job), task, parked)
    waits = "waiting for AWS Transcribe to write down what is said"
    assert stage.why(jobs[0]) == waits
    stage.clock.advance(300)
    assert stage.why(jobs[0]) == f"{waits}, since about 5 min"
    queue = stage.estimate()
    assert (len(queue.accepted), queue.working, queue.start_delays) == (1, 0, ())


def test_an_old_upload_that_is_still_being_worked_on_counts_as_work(stage: Stage) -> None:
    (old,) = stage.accept(1)
    stage.claim(old)
    Answers(stage.table, stage.clock).request(old.answer, [old.upload_id])
    Intake(stage.table, stage.clock).mark_claimed(old)
    (waiting,) = stage.accept(1)
    stage.clock.advance(900)
    assert stage.estimate().working == 1
    assert stage.why(waiting) == "waiting for a free transcoder"


def test_a_worker_that_went_away_is_told_apart_from_one_that_was_stopped(stage: Stage) -> None:
    (job,) = stage.accept(1)
    stage.claim(job)
    assert stage.why(job) is None
    stage.clock.advance(LEASE + 1)
    assert stage.why(job) == (
        "the transcoder working on it stopped; another takes over within a minute"
    )
    stage.clock.advance(300)
    assert stage.why(job) == (
        "waiting for a free transcoder to go on: next in line; no transcoder is running"
    )
    stage.claim(job)
    assert stage.why(job) == "trying again (try 2 of 5)"


def test_there_may_be_more_than_are_counted(stage: Stage) -> None:
    jobs = stage.accept(12)
    queue = stage.estimate(most=10)
    assert (len(queue.accepted), queue.is_lower_bound) == (10, True)
    position = queue.position(jobs[-1].accepted_at or 0)
    assert (position.ahead, position.is_lower_bound) == (10, True)
    assert not stage.estimate(most=13).is_lower_bound


def test_more_are_read_than_dynamodb_gives_at_once(stage: Stage) -> None:
    jobs = stage.accept(120, apart=0.125)
    for job in jobs[::2]:
        stage.claim(job)
    queue = stage.estimate()
    assert (len(queue.accepted), queue.working) == (60, 60)


def test_the_table_is_read_once_for_all_who_ask_within_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.accept(3)
    reads = []
    many = type(stage.table).get_many

    def counted(*arguments: Any) -> Any:
        reads.append(1)
        return many(*arguments)

    monkeypatch.setattr(type(stage.table), "get_many", counted)
    backlog = Backlog(stage.table, stage.clock)
    for _ in range(500):
        backlog.estimate("transcode")
        backlog.estimate("transcribe")
    assert len(reads) == 1
    stage.clock.advance(3)
    assert backlog.estimate("transcode") is not None
    assert len(reads) == 2


def test_while_the_backlog_cannot_be_read_the_rest_is_still_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> Any:
        raise DependencyDownError("dynamodb", "throttled")

    (job,) = stage.accept(1)
    monkeypatch.setattr(type(stage.table), "get_many", down)
    assert stage.why(job) == "waiting for a free transcoder"
    assert Backlog(stage.table, stage.clock).estimate("transcode") is None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"down": {"graphql": "HTTP 503"}, "pausing": True}, "a service that it depends on"),
        ({"service": "transcriber"}, "no transcoder is running"),
        ({"written_at": -60.0}, "no transcoder is running"),
    ],
)
def test_what_workers_say_of_themselves_tells_why_none_works(
    stage: Stage, how: dict[str, Any], words: str
) -> None:
    (job,) = stage.accept(1)
    stage.clock.advance(60)
    now = stage.clock.now()
    said = worker(turned_at=now, **how | {"written_at": now + how.get("written_at", 0)})
    Registration(stage.table, stage.clock, said.service).write(said)
    assert (stage.why(job) or "").endswith(words)
