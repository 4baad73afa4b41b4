"""Stored items read as models, also those of other releases."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.events import Trim
from mentor_common.jobs import (
    AnswerKey,
    AnswerState,
    Job,
    Outcome,
    SubTask,
    Upload,
    UploadRequest,
    task_id_of,
    upload_id_of,
)
from mentor_common.jobs.model import upload_pk
from simulation.items import MENTOR, QUESTION, UPLOAD, job, outcome, task, upload

ALIGNED: dict[str, Any] = {
    "status": "DONE",
    "facts": {"engine": "alignment"},
    "results": {"vtt": "videos/en.vtt"},
}


def test_ids_and_keys_are_the_same_at_each_repetition() -> None:
    assert upload_id_of("a") == upload_id_of("a") != upload_id_of("b")
    assert task_id_of(UPLOAD, "transcribing") == task_id_of(UPLOAD, "transcribing")
    assert task_id_of(UPLOAD, "transcribing") != task_id_of(UPLOAD, "transcoding-web")
    answer = AnswerKey(MENTOR, QUESTION)
    assert job().answer == answer
    assert answer.pk == f"ANSWER#{MENTOR}#{QUESTION}"
    assert answer.prefix == f"videos/{MENTOR}/{QUESTION}/"
    assert upload_pk(UPLOAD) == f"UPLOAD#{UPLOAD}"


def test_a_stored_job_is_read_as_it_was_written() -> None:
    written = job(request=UploadRequest(trim=Trim(start=1, end=2)), retried={"transcode": 1})
    stored = written.item()
    assert "captions_key" not in stored
    assert Job.model_validate(stored | {"due_kind": "api", "ttl": 1}) == written


@pytest.mark.parametrize(
    ("item", "read"),
    [
        ({"status": "RESTING"}, SubTask(status="IN_PROGRESS")),
        ({"status": "FAILED", "code": "new_code"}, SubTask(status="FAILED", code="new_code")),
    ],
)
def test_an_unknown_status_of_a_shown_task_is_read_as_in_progress(
    item: dict[str, Any], read: SubTask
) -> None:
    assert SubTask.model_validate(item) == read


def test_unknown_values_of_another_release_are_read_as_those_that_do_least() -> None:
    assert Job.model_validate(job().item() | {"transcription": "sung"}).transcription == "idle"
    assert Job.model_validate(job().item() | {"align_captions": "maybe"}).align_captions == "never"
    assert Outcome.model_validate({"kind": "paused", "at": 1.0}).kind == "failed"
    assert Job.model_validate(job().item() | {"status": "SUSPENDED"}).status == "SUSPENDED"


def test_the_notifiers_first_item_needs_the_answer_alone() -> None:
    empty = AnswerState.model_validate({"mentor": MENTOR, "question": QUESTION})
    assert (empty.wanted, empty.open, empty.switched) == (0, set(), None)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, ["transcoding-web", "transcoding-mobile", "transcribing"]),
        ({"transcription": "edited"}, ["transcoding-web", "transcoding-mobile"]),
        (
            {"request": UploadRequest(trim=Trim(start=0, end=1))},
            ["transcoding-web", "transcoding-mobile", "transcribing", "trim-upload"],
        ),
    ],
)
def test_the_shown_tasks_follow_from_the_request(fields: dict[str, Any], names: list[str]) -> None:
    assert job(**fields).sub_tasks == names


@pytest.mark.parametrize(
    ("transcription", "align_key", "needed"),
    [
        ("wanted", None, True),
        ("idle", None, False),
        ("edited", None, False),
        ("edited", "text", True),
    ],
)
def test_the_transcriber_is_needed_for_speech_and_for_alignment(
    transcription: str, align_key: str | None, needed: bool
) -> None:
    assert job(transcription=transcription, align_key=align_key).needs_transcriber is needed


def test_a_task_shows_its_own_status_where_a_name_has_none() -> None:
    partly = task("DONE", names={"trim-upload": {"status": "FAILED", "code": "trim_too_short"}})
    assert partly.sub_task("trim-upload").code == "trim_too_short"
    assert partly.sub_task("transcoding-web").status == "DONE"
    assert [task(status).terminal for status in ("IN_PROGRESS", "WAITING", "DONE", "FAILED")] == [
        False,
        False,
        True,
        True,
    ]


def test_an_upload_is_built_from_its_partition() -> None:
    items = {
        "JOB": job().item(),
        "TASK#transcode": task(attempt=3).item(),
        "CANCEL": {"by": "user", "at": 110.0},
        "OUTCOME#1.1": outcome("failed").item(),
        "OUTCOME#3.1": outcome("ready").item(),
        "PROGRESS#transcode": {"percent": 3},
    }
    read = Upload.of(UPLOAD, items)
    assert read.job == job()
    assert (read.transcribe, read.task("transcribe")) == (None, None)
    assert read.task("transcode") == read.transcode == task(attempt=3)
    assert (read.cancel is not None, set(read.outcomes)) == (True, {"1.1", "3.1"})
    assert Upload.of(UPLOAD, {}).job is None


def test_the_outcome_is_that_of_the_present_attempts() -> None:
    outcomes = {"1.1": outcome("failed"), "2.1": outcome("ready")}
    unclaimed = upload(job(), outcomes=outcomes)
    assert (unclaimed.attempt_pair, unclaimed.outcome) == ("1.1", outcomes["1.1"])
    claimed = upload(job(), transcribe=task(), outcomes=outcomes)
    assert claimed.attempt_pair == "1.1"
    again = upload(job(), transcode=task(attempt=2), outcomes=outcomes)
    assert (again.attempt_pair, again.outcome) == ("2.1", outcomes["2.1"])
    third = upload(job(), transcode=task(attempt=2), transcribe=task(attempt=2), outcomes=outcomes)
    assert third.outcome is None


def test_a_retry_is_requested_for_the_failed_attempt_that_the_job_names() -> None:
    retried = job(retried={"transcode": 1, "transcribe": 2})
    both = upload(retried, transcode=task("FAILED"), transcribe=task("FAILED", attempt=2))
    assert both.retries_requested == ["transcode", "transcribe"]
    claimed = upload(retried, transcode=task(attempt=2), transcribe=task("FAILED"))
    assert claimed.retries_requested == []
    assert upload(None, transcode=task("FAILED")).retries_requested == []


def test_aligned_captions_are_those_of_a_transcriber_that_has_aligned() -> None:
    asked = job(transcription="edited", align_key="text")
    assert upload(asked, transcribe=task(**ALIGNED)).aligned_captions == "videos/en.vtt"
    recognised = task(**ALIGNED | {"facts": {"engine": "pocketsphinx"}})
    never = asked.model_copy(update={"align_captions": "never"})
    for other in (
        upload(asked, transcribe=recognised),
        upload(asked, transcribe=task(**ALIGNED | {"status": "FAILED"})),
        upload(never, transcribe=task(**ALIGNED)),
        upload(job(), transcribe=task(**ALIGNED)),
        upload(asked),
    ):
        assert other.aligned_captions is None
