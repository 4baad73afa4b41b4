"""All who tell how an upload stands say the same, whatever state it is in.

``GET /upload/status/{id}``, ``GET /uploads``, ``mentor-ops jobs list``, ``show`` and ``why``, and
the jobs table itself. Uploads are driven into their states by those who own the items.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.events import SourceObject
from mentor_common.jobs import (
    EXHAUSTED,
    STALLED,
    AnswerKey,
    Answers,
    Intake,
    Job,
    Outcome,
    Reader,
    SubTask,
    Task,
    UploadRequest,
    state,
    upload_id_of,
)
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_common.work.parked import Parked, parking
from mentor_local.accepting import accept
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID
from mentor_ops.app import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.events import TaskKind
    from mentor_common.jobs import OutcomeKind, Table, Transcription

LEASE = 1000.0
JARGON = ("lease", "SQS", "dead letter", "claim", "None", "attempt")
NAMES: dict[TaskKind, list[str]] = {
    "transcode": ["transcoding-web", "transcoding-mobile"],
    "transcribe": ["transcribing"],
}


@dataclass
class RealWorkers:
    """Drives uploads of one mentor into states."""

    table: Table
    clock: ManualClock = field(default_factory=lambda: ManualClock(time.time()))

    @property
    def intake(self) -> Intake:
        """The api's writes."""
        return Intake(self.table, self.clock)

    @property
    def answers(self) -> Answers:
        """The notifier's writes."""
        return Answers(self.table, self.clock)

    def accept(self, transcription: Transcription = "wanted") -> Job:
        """Accept an upload and announce it."""
        answer = AnswerKey(SEED_MENTOR_ID, secrets.token_hex(12))
        job = accept(self.table, answer, transcription=transcription, clock=self.clock)
        self.intake.mark_published(job)
        return job

    def prepare(self) -> Job:
        """Prepare an upload."""
        video = f"{SEED_OWNER_ID}/{secrets.token_hex(8)}"
        job = Job(
            upload_id=upload_id_of(video),
            mentor=SEED_MENTOR_ID,
            question=secrets.token_hex(12),
            revision=0,
            status="PREPARING",
            token="t",
            user=SEED_OWNER_ID,
            video=video,
            source=SourceObject(bucket="b", key=video, etag="e", size=1),
            request=UploadRequest(),
            transcription="wanted",
            prepared_at=self.clock.now(),
        )
        return self.intake.prepare(job)

    def claim(self, job: Job, kind: TaskKind = "transcode") -> tuple[Tasks, Claimant, Task]:
        """Begin a unit of work."""
        tasks = Tasks(self.table, self.clock)
        claimant = Claimant.of_task(job.upload_id, kind, NAMES[kind], "host:1", LEASE)
        claimed = tasks.claim(claimant)
        assert isinstance(claimed, Claimed)
        return tasks, claimant, claimed.task

    def end(self, job: Job, kind: TaskKind, code: str | None = None) -> None:
        """Do a unit of work, well or not."""
        tasks, claimant, task = self.claim(job, kind)
        status = "FAILED" if code else "DONE"
        reason = f"because of {code}" if code else None
        subs = {n: SubTask(status=status, code=code, reason=reason).item() for n in NAMES[kind]}
        changes = {"status": status, "names": subs, "code": code, "reason": reason}
        tasks.finish(claimant, task, {n: v for n, v in changes.items() if v is not None})

    def decide(self, job: Job, kind: OutcomeKind, code: str | None = None, **more: Any) -> Job:
        """Put an outcome and say that GraphQL was told."""
        reason = f"because of {code}" if code else None
        outcome = Outcome(kind=kind, code=code, reason=reason, at=self.clock.now(), **more)
        pair = Reader(self.table).upload(job.upload_id).attempt_pair
        self.answers.put_outcome(job.upload_id, pair, outcome)
        self.answers.mark_published(job, pair)
        return job


def queued(workers: RealWorkers) -> Job:
    return workers.accept()


def idle_and_queued(workers: RealWorkers) -> Job:
    return workers.accept("idle")


def preparing(workers: RealWorkers) -> Job:
    return workers.prepare()


def aborted(workers: RealWorkers) -> Job:
    job = workers.prepare()
    assert workers.intake.abort(job)
    return job


def running(workers: RealWorkers) -> Job:
    job = workers.accept()
    tasks, claimant, task = workers.claim(job)
    tasks.extend(claimant, task, 40)
    return job


def tried_again(workers: RealWorkers) -> Job:
    job = workers.accept()
    tasks, claimant, task = workers.claim(job)
    later = workers.clock.now() + 600
    tasks.hand_back(claimant, task, uncount=False, error="OSError: full", retry_at=later)
    return job


def left_behind(workers: RealWorkers) -> Job:
    job = workers.accept("idle")
    tasks, claimant, task = workers.claim(job)
    tasks.hand_back(claimant, task, uncount=True)
    return job


def at_aws(workers: RealWorkers) -> Job:
    job = workers.accept()
    workers.end(job, "transcode")
    tasks, claimant, task = workers.claim(job, "transcribe")
    now = workers.clock.now()
    tasks.park(claimant, task, parking("transcribe", Parked("job-1", 60, 14400), now))
    return job


def all_made(workers: RealWorkers) -> Job:
    job = workers.accept("idle")
    workers.end(job, "transcode")
    return job


def cancelling(workers: RealWorkers) -> Job:
    job = workers.accept()
    workers.claim(job)
    workers.intake.cancel(job, "mentor")
    return job


def cancelled(workers: RealWorkers) -> Job:
    return workers.decide(cancelling(workers), "cancelled", "cancelled")


def ready(workers: RealWorkers) -> Job:
    return workers.decide(all_made(workers), "ready")


def bad_video(workers: RealWorkers) -> Job:
    job = workers.accept("idle")
    workers.end(job, "transcode", "no_video")
    return workers.decide(job, "failed", "no_video")


def given_up(workers: RealWorkers) -> Job:
    job = workers.accept("idle")
    workers.end(job, "transcode", EXHAUSTED)
    return workers.decide(job, "failed", EXHAUSTED)


def retries_requested(workers: RealWorkers) -> Job:
    job = given_up(workers)
    workers.intake.mark_retried(job, {"transcode": 1})
    return job


def without_captions(workers: RealWorkers) -> Job:
    job = workers.accept()
    workers.end(job, "transcode")
    workers.end(job, "transcribe", "no_words")
    return workers.decide(job, "failed", "captions", failed=["transcribing"])


def stalled(workers: RealWorkers) -> Job:
    return workers.decide(workers.accept(), "failed", STALLED)


def superseded(workers: RealWorkers) -> Job:
    job = workers.accept()
    workers.intake.cancel(job, "mentor")
    accept(workers.table, job.answer, clock=workers.clock)
    return workers.decide(job, "superseded", "superseded")


DRIVEN: dict[Callable[[RealWorkers], Job], tuple[str, str | None]] = {
    queued: ("QUEUED", "the video is waiting for a free transcoder"),
    idle_and_queued: ("QUEUED", "the video is waiting for a free transcoder"),
    preparing: ("PREPARING", "it is being received"),
    aborted: ("ABORTED", "it was not accepted"),
    running: ("IN_PROGRESS", "the video is being made: 40 %; the transcript is waiting"),
    tried_again: ("IN_PROGRESS", "try 1 of 5 of the transcoder failed; the next begins"),
    left_behind: ("IN_PROGRESS", "the video is waiting for a free transcoder to go on"),
    at_aws: (
        "IN_PROGRESS",
        "the transcript is waiting for AWS Transcribe to write down what is said",
    ),
    all_made: ("IN_PROGRESS", "everything is ready; the answer is about to show it"),
    cancelling: ("CANCELLING", "it is being cancelled"),
    cancelled: ("CANCELLED", "it was cancelled"),
    ready: ("READY", None),
    bad_video: ("FAILED", "it failed: because of no_video"),
    given_up: ("FAILED", "it failed: because of gave_up"),
    retries_requested: ("QUEUED", "the video is waiting to be tried again"),
    without_captions: ("FAILED", "the answer shows the video, without a transcript"),
    stalled: ("FAILED", "it failed: because of stalled"),
    superseded: ("SUPERSEDED", "a newer upload of this answer was accepted"),
}


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that runs mentor-ops and reads its JSON."""

    def run(*arguments: str) -> Any:
        capsys.readouterr()
        main(["--aws", "--stage", "local", "--region", "us-east-1", *arguments, "--json"])
        return json.loads(capsys.readouterr().out)

    return run


def test_all_say_the_same_of_every_state(api: Any, ops: Callable[..., Any]) -> None:
    workers = RealWorkers(api.table)
    jobs = {drive: drive(workers) for drive in DRIVEN}
    wanted = {jobs[drive].upload_id: said for drive, said in DRIVEN.items()}
    query = {"mentor": SEED_MENTOR_ID, "limit": 50}
    page = api.client.get("/uploads", query_string=query, headers=api.headers).get_json()["data"]
    of_page = {one["upload_id"]: one for one in page["uploads"]}
    listed = {one["upload"]: one for one in ops("jobs", "list", "--state", "all")}
    active = {one["upload"] for one in ops("jobs", "list")}
    assert set(wanted) <= set(of_page) & set(listed)
    for drive, job in jobs.items():
        name, upload_id = drive.__name__, job.upload_id
        path = f"/upload/status/{upload_id}"
        status = api.client.get(path, headers=api.headers).get_json()["data"]
        shown = ops("jobs", "show", upload_id)
        found = ops("jobs", "why", upload_id)
        says = {
            "table": state(Reader(api.table).upload(upload_id)),
            "status": status["state"],
            "page": of_page[upload_id]["state"],
            "list": listed[upload_id]["state"],
            "show": shown["state"],
            "why": found["state"],
        }
        expected, why = wanted[upload_id]
        assert says == dict.fromkeys(says, expected), name
        assert status == of_page[upload_id], name
        assert (status["why"] or "").startswith(why or ""), name
        assert (status["why"] is None) == (why is None), name
        if why and "gave_up" not in why:
            assert found["why"].startswith(status["why"]), name
        over = expected in {"READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED"}
        assert (upload_id in active) is not over, name
        assert_tasks_agree(status, shown, name)


def assert_tasks_agree(status: dict[str, Any], shown: dict[str, Any], name: str) -> None:
    """Check the tasks that people see against the units of work that operators see."""
    for task in status["tasks"]:
        kind = "transcribe" if task["task_name"] == "transcribing" else "transcode"
        unit = shown["tasks"][kind]
        if unit is None:
            assert task["attempt"] == 1, name
            continue
        assert task["attempt"] == unit["attempt"], name
        if task["status"] == "IN_PROGRESS":
            assert task["percent"] == unit["percent"], name


def test_every_task_that_is_not_over_says_what_it_waits_for(api: Any) -> None:
    workers = RealWorkers(api.table)
    for drive, (expected, _) in DRIVEN.items():
        job = drive(workers)
        path = f"/upload/status/{job.upload_id}"
        status = api.client.get(path, headers=api.headers).get_json()["data"]
        for task in status["tasks"]:
            runs_well = task["status"] == "DONE" or task["percent"] > 0
            assert task["reason"] or runs_well, drive.__name__
            said = f"{task['reason'] or ''} {status['why'] or ''}"
            assert not any(word in said for word in JARGON), f"{expected}: {said}"


def test_the_etag_stays_while_only_seconds_pass(api: Any) -> None:
    workers = RealWorkers(api.table)
    for job in (tried_again(workers), queued(workers), running(workers)):
        path = f"/upload/status/{job.upload_id}"
        first = api.client.get(path, headers=api.headers)
        headers = api.headers | {"If-None-Match": first.headers["ETag"]}
        assert api.client.get(path, headers=headers).status_code == 304
