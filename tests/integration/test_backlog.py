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
from mentor_common.explain import Backlog, Line, unit_words
from mentor_common.jobs import AnswerKey, Answers, Intake, Reader
from mentor_common.work.claims import Claimed, Holder, Tasks
from mentor_common.work.parked import parking
from mentor_common.work.registry import Registration, Worker
from mentor_local.accepting import accept

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

    def holder(self, job: Job) -> Holder:
        """Return who claims the unit of an upload."""
        return Holder(job.upload_id, self.kind, ["transcoding-web"], "host:1", LEASE)

    def claim(self, job: Job) -> Task:
        """Begin to work on an upload."""
        claimed = Tasks(self.table, self.clock).claim(self.holder(job))
        assert isinstance(claimed, Claimed)
        return claimed.task

    def finish(self, job: Job, task: Task) -> None:
        """End the work on an upload."""
        Tasks(self.table, self.clock).finish(self.holder(job), task, {"status": "DONE"})

    def line(self, **options: Any) -> Line:
        """Return who waits now."""
        line = Backlog(self.table, self.clock, **options).line(self.kind)
        assert line is not None
        return line

    def words(self, job: Job) -> str | None:
        """Return what is said of an upload now."""
        upload = Reader(self.table).upload(job.upload_id)
        backlog = Backlog(self.table, self.clock)
        return unit_words(self.kind, upload, job, self.clock.now(), backlog)

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
    assert stage.words(first) == waits, "so short a wait needs no explanation"
    stage.clock.advance(31)
    nobody = "no transcoder is working now"
    assert stage.words(first) == f"{waits}: next in line; {nobody}"
    assert stage.words(last) == f"{waits}: 19 uploads ahead; {nobody}"
    said: list[str | None] = []
    for number in stage.work(jobs, [60.0] * 20, workers=2):
        assert stage.words(jobs[number]) is None, "it is being worked on"
        line = stage.line()
        assert len(line.accepted) == 19 - number
        assert line.working == min(2, number + 1)
        said.append(stage.words(last))
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


@pytest.mark.parametrize(
    ("seconds", "most_off"),
    [([30.0] * 20, 1.0), ([20.0, 40.0] * 10, 20.0), ([90.0, *[10.0] * 19], 85.0)],
)
def test_what_is_estimated_comes_true(stage: Stage, seconds: list[float], most_off: float) -> None:
    jobs = stage.accept(20, apart=0.25)
    estimated: dict[int, float] = {}
    for number in stage.work(jobs, seconds, workers=3):
        now = stage.clock.now()
        if number in estimated:
            off = abs(now - estimated[number])
            assert off <= most_off, f"upload {number} was begun {off:.0f} s off"
        if number == 10:
            line = stage.line()
            for later in range(number + 1, 20):
                place = line.place(jobs[later].accepted_at or 0)
                assert place.ahead == later - number - 1
                assert place.seconds is not None
                estimated[later] = now + place.seconds
    assert len(estimated) == 9


def test_a_larger_upload_is_expected_to_take_longer(stage: Stage) -> None:
    small, large, last = (*stage.accept(1), *stage.accept(2, size=60_000))
    task = stage.claim(small)
    stage.clock.advance(10)
    stage.finish(small, task)
    task = stage.claim(large)
    place = stage.line().place(last.accepted_at or 0)
    assert place.seconds == 600, "sixty times as large"
    Answers(stage.table, stage.clock).request(large.answer, [large.upload_id])
    Intake(stage.table, stage.clock).mark_heard(large)
    place = stage.line().place(last.accepted_at or 0)
    assert place.seconds == 10, "of an unknown size: as long as those before"


def test_only_those_wait_for_whom_there_is_work_to_do(stage: Stage) -> None:
    jobs = stage.accept(6)
    intake = Intake(stage.table, stage.clock)
    intake.cancel(jobs[0], "mentor")
    newer = accept(stage.table, jobs[0].answer, clock=stage.clock)
    tasks = Tasks(stage.table, stage.clock)
    tasks.hand_back(stage.holder(jobs[1]), stage.claim(jobs[1]), uncount=True)
    failed = stage.claim(jobs[2])
    soon = stage.clock.now() + 600
    tasks.hand_back(stage.holder(jobs[2]), failed, uncount=False, error="x", retry_at=soon)
    intake.cancel(jobs[3], "mentor")
    stage.accept(1, apart=0)
    accepted = [job.accepted_at for job in (jobs[1], jobs[4], jobs[5], newer)]
    line = stage.line()
    assert list(line.accepted) == [*accepted, stage.clock.now()]
    assert stage.words(jobs[1]) == "waiting for a free transcoder to go on"
    assert stage.words(jobs[2]) == (
        "try 1 of 5 of the transcoder did not succeed; the next begins in about 10 min"
    )
    stage.clock.advance(700)
    waits = "waiting for a free transcoder to try again"
    assert stage.words(jobs[2]) == f"{waits}: 1 upload ahead; no transcoder is working now"


def test_transcripts_have_a_line_of_their_own(stage: Stage) -> None:
    stage.accept(3)
    stage.accept(2, transcription="wanted")
    assert len(stage.line().accepted) == 5
    stage.kind = "transcribe"
    assert len(stage.line().accepted) == 2, "nobody transcribes idle clips"


def test_what_waits_for_aws_neither_works_nor_is_evidence(stage: Stage) -> None:
    stage.kind = "transcribe"
    jobs = stage.accept(3, transcription="wanted")
    for job in jobs[:2]:
        task = stage.claim(job)
        until = stage.clock.now() + 60, stage.clock.now() + 14400
        parked = parking("transcribe", "job-1", *until)
        Tasks(stage.table, stage.clock).park(stage.holder(job), task, parked)
    waits = "waiting for AWS Transcribe to write down what is said"
    assert stage.words(jobs[0]) == waits
    stage.clock.advance(300)
    assert stage.words(jobs[0]) == f"{waits}, since about 5 min"
    line = stage.line()
    assert (len(line.accepted), line.working, line.begins) == (1, 0, ())


def test_an_old_upload_that_is_still_being_worked_on_counts_as_work(stage: Stage) -> None:
    (old,) = stage.accept(1)
    stage.claim(old)
    Answers(stage.table, stage.clock).request(old.answer, [old.upload_id])
    Intake(stage.table, stage.clock).mark_heard(old)
    (waiting,) = stage.accept(1)
    stage.clock.advance(900)
    assert stage.line().working == 1
    assert stage.words(waiting) == "waiting for a free transcoder"


def test_a_worker_that_went_away_is_told_apart_from_one_that_was_stopped(stage: Stage) -> None:
    (job,) = stage.accept(1)
    stage.claim(job)
    assert stage.words(job) is None
    stage.clock.advance(LEASE + 1)
    assert stage.words(job) == (
        "the transcoder that worked on it went away; another takes over within a minute"
    )
    stage.clock.advance(300)
    assert stage.words(job) == (
        "waiting for a free transcoder to go on: next in line; no transcoder is working now"
    )
    stage.claim(job)
    assert stage.words(job) == "trying again (try 2 of 5)"


def test_there_may_be_more_than_are_counted(stage: Stage) -> None:
    jobs = stage.accept(12)
    line = stage.line(most=10)
    assert (len(line.accepted), line.at_least) == (10, True)
    place = line.place(jobs[-1].accepted_at or 0)
    assert (place.ahead, place.at_least) == (10, True)
    assert not stage.line(most=13).at_least


def test_more_are_read_than_dynamodb_gives_at_once(stage: Stage) -> None:
    jobs = stage.accept(120, apart=0.125)
    for job in jobs[::2]:
        stage.claim(job)
    line = stage.line()
    assert (len(line.accepted), line.working) == (60, 60)


def test_the_table_is_read_once_for_all_who_ask_within_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.accept(3)
    reads = []
    many = type(stage.table).many

    def counted(*arguments: Any) -> Any:
        reads.append(1)
        return many(*arguments)

    monkeypatch.setattr(type(stage.table), "many", counted)
    backlog = Backlog(stage.table, stage.clock)
    for _ in range(500):
        backlog.line("transcode")
        backlog.line("transcribe")
    assert len(reads) == 1
    stage.clock.advance(3)
    assert backlog.line("transcode") is not None
    assert len(reads) == 2


def test_while_the_backlog_cannot_be_read_the_rest_is_still_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> Any:
        raise DependencyDownError("dynamodb", "throttled")

    (job,) = stage.accept(1)
    monkeypatch.setattr(type(stage.table), "many", down)
    assert stage.words(job) == "waiting for a free transcoder"
    assert Backlog(stage.table, stage.clock).line("transcode") is None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, ""),
        ({"down": {"graphql": "HTTP 503"}, "pausing": True}, "a service that it needs is back"),
        ({"pausing": True}, "most work fails now, so the transcoder tries one upload at a time"),
        ({"service": "transcriber"}, "no transcoder is working now"),
        ({"written_at": -60.0}, "no transcoder is working now"),
    ],
)
def test_what_workers_say_of_themselves_tells_why_none_works(
    stage: Stage, how: dict[str, Any], words: str
) -> None:
    (job,) = stage.accept(1)
    stage.clock.advance(60)
    now = stage.clock.now()
    said = {
        "service": "transcoder",
        "process": "host:1",
        "version": "1",
        "down": {},
        "started_at": 1.0,
        "turned_at": now,
        "slots": 1,
        "in_flight": 0,
        "pausing": False,
        "stopping": False,
        **how,
        "written_at": now + how.get("written_at", 0),
    }
    Registration(stage.table, stage.clock, said["service"]).write(Worker.model_validate(said))
    assert (stage.words(job) or "").endswith(words)
    assert words or stage.words(job) == "waiting for a free transcoder"
