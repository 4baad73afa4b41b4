"""An upload's unit of work: when it is obsolete, where it may write, and its events."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.errors import HandBackError
from mentor_common.events import SourceObject, TaskCompleted, TaskFailed, UploadAccepted
from mentor_common.jobs import SubTask, Task
from mentor_common.work.claims import Claimant
from mentor_common.work.result import WorkDone
from mentor_common.work.runner import Run
from mentor_common.work.upload_work import Assignment, UploadWork

if TYPE_CHECKING:
    from collections.abc import Sequence

UPLOAD_ID, MENTOR, QUESTION = "0" * 36, "a" * 24, "b" * 24
UPLOAD = UploadAccepted(
    upload_id=UPLOAD_ID,
    mentor=MENTOR,
    question=QUESTION,
    source=SourceObject(bucket="b", key="k", etag='"e"', size=1),
    transcribe=True,
)


def upload_work(validity: str = "current", names: Sequence[str] = ("transcribing",)) -> UploadWork:
    """Return a transcriber's work on an upload; what it did is its result's facts."""

    async def work(assignment: Assignment) -> WorkDone:
        return WorkDone({}, facts={"prefix": assignment.prefix, "attempt": assignment.attempt})

    reader: Any = SimpleNamespace(validity=lambda *_: validity)
    claimant = Claimant.of_task(UPLOAD_ID, "transcribe", names, "host:1", 60)
    return UploadWork("transcribe", claimant, UPLOAD, work, reader)


def task(**changes: Any) -> Task:
    claimed: dict[str, Any] = {
        "status": "IN_PROGRESS",
        "token": "t",
        "owner": "host:1",
        "lease_until": 60,
        "attempt": 2,
        "claim": 5,
        "names": {"transcribing": SubTask(status="IN_PROGRESS")},
        "first_at": 10,
        "started_at": 20,
    }
    return Task(**claimed | changes)


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        ("current", None),
        ("superseded", "the upload was superseded"),
        ("cancelled", "the upload was cancelled"),
    ],
)
def test_only_a_current_upload_is_worked_on(validity: str, reason: str | None) -> None:
    assert asyncio.run(upload_work(validity).obsolete()) == reason


def test_an_upload_that_may_be_replaced_waits() -> None:
    with pytest.raises(HandBackError) as raised:
        asyncio.run(upload_work("undecided").obsolete())
    assert raised.value.seconds == 10


def test_a_request_that_asks_for_nothing_is_obsolete_whatever_becomes_of_the_upload() -> None:
    reason = asyncio.run(upload_work("undecided", names=()).obsolete())
    assert reason == "nothing is asked of this worker"


def test_each_claim_writes_under_a_prefix_of_its_own() -> None:
    run = Run(task(), [], lambda _: None)
    done = asyncio.run(upload_work().run(run))
    assert isinstance(done, WorkDone)
    prefix = f"videos/{MENTOR}/{QUESTION}/{UPLOAD_ID}/5"
    assert done.facts == {"prefix": prefix, "attempt": 2}


def test_an_attempts_events_are_the_same_at_each_repetition() -> None:
    work = upload_work()
    done = task(status="DONE", results={"vtt": "es.vtt"}, facts={"language": "es"})
    started, ended = work.started(task()), work.ended(done, at=30)
    assert started.envelope.id == work.started(task(starts=2)).envelope.id
    assert started.envelope.id.endswith("transcribe/2/task.started.v1")
    assert ended.to_json() == work.ended(done, at=30).to_json()
    assert isinstance(ended.data, TaskCompleted)
    assert (ended.data.results, ended.data.language) == ({"vtt": "es.vtt"}, "es")


def test_the_end_of_a_transcode_says_how_the_web_rendition_was_made() -> None:
    done = task(status="DONE", results={"web": "web.mp4"}, facts={"web_rendition": "copied"})
    ended = upload_work().ended(done, at=30)
    assert isinstance(ended.data, TaskCompleted)
    assert ended.data.web_rendition == "copied"


def test_a_failed_task_names_what_failed_and_why() -> None:
    failed = SubTask(status="FAILED", code="no_audio", reason="There is no sound in it.")
    ended = task(
        status="FAILED",
        names={"transcribing": failed},
        code="no_audio",
        reason="There is no sound in it.",
    )
    data = upload_work().ended(ended, at=30).data
    assert isinstance(data, TaskFailed)
    assert (data.failed, data.code) == (["transcribing"], "no_audio")


def test_a_dead_letter_names_the_upload() -> None:
    assert upload_work().subject() == {"upload": UPLOAD_ID}
