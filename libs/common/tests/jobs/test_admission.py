"""Admission of a new upload: what is active on the answer decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.jobs import Cancel, UploadRequest, answer_is_free, answer_shows
from mentor_common.jobs.admission import admission
from simulation.items import (
    OTHER_UPLOAD,
    SOURCE,
    UPLOAD,
    answer_state,
    current,
    job,
    outcome,
    task,
    upload,
)

if TYPE_CHECKING:
    from mentor_common.jobs import Upload

NEW = job(OTHER_UPLOAD, source=SOURCE.model_copy(update={"etag": "new"}))
CANCEL = Cancel(by="user", at=110.0)
FAILED = task("FAILED")


def test_an_answer_without_an_upload_is_free() -> None:
    assert answer_is_free(None, None, None)
    assert answer_is_free(current(), upload(None), None)
    assert admission(NEW, None, None, None) == "take"


@pytest.mark.parametrize(
    "ended",
    [
        upload(job(status="ABORTED")),
        upload(job(), cancel=CANCEL),
        upload(job(), transcode=FAILED),
        upload(job(), transcribe=FAILED),
        upload(job(), outcomes={"1.1": outcome("failed")}),
        upload(job(), outcomes={"1.1": outcome("superseded")}),
    ],
    ids=["aborted", "cancelled", "no video", "no text", "failed", "superseded"],
)
def test_an_upload_that_has_ended_leaves_the_answer_free(ended: Upload) -> None:
    assert answer_is_free(current(), ended, None)
    assert admission(NEW, current(), ended, None) == "take"


@pytest.mark.parametrize(
    "active",
    [
        upload(job()),
        upload(job(), transcode=task(), transcribe=task("DONE")),
        upload(job(), transcode=task("DONE"), transcribe=task("DONE")),
        upload(job(), outcomes={"1.1": outcome("ready")}),
        upload(job(), cancel=CANCEL, outcomes={"1.1": outcome("ready")}),
        upload(job(transcription="edited", align_key="text"), transcribe=FAILED),
    ],
    ids=["accepted", "worked on", "undecided", "ready", "cancelled too late", "not aligned"],
)
def test_an_active_upload_holds_the_answer(active: Upload) -> None:
    assert not answer_is_free(current(), active, None)


def test_a_preparation_holds_the_answer_unless_it_is_cancelled() -> None:
    preparing = job(status="PREPARING")
    assert not answer_is_free(current(accepted=False), upload(preparing), None)
    assert answer_is_free(current(accepted=False), upload(preparing, cancel=CANCEL), None)


def test_an_upload_that_the_answer_shows_is_no_longer_active() -> None:
    ready = upload(job(), outcomes={"1.1": outcome("ready")})
    shown = answer_state(switched=f"{UPLOAD}/1.1")
    assert answer_shows(UPLOAD, shown)
    assert answer_is_free(current(), ready, shown)
    assert not answer_shows(UPLOAD, answer_state(switched=f"{OTHER_UPLOAD}/1.1"))
    assert not answer_shows(UPLOAD, answer_state())
    assert not answer_shows(UPLOAD, None)


def test_the_owner_replaces_an_active_upload_and_nobody_else_does() -> None:
    active = upload(job())
    assert admission(NEW, current(), active, None) == "take"
    stranger = NEW.model_copy(update={"user": "another"})
    assert admission(stranger, current(), active, None) == "refuse"


@pytest.mark.parametrize(
    ("held", "active"),
    [
        (current(accepted=False), upload(job(status="PREPARING"))),
        (current(), upload(job(), outcomes={"1.1": outcome("ready")})),
    ],
    ids=["being prepared", "about to be shown"],
)
def test_a_step_of_moments_is_waited_for(held: Any, active: Upload) -> None:
    assert admission(NEW, held, active, None) == "wait"


def test_the_same_upload_and_the_same_work_join_the_active_one() -> None:
    active = upload(job())
    assert admission(job(source=NEW.source), current(), active, None) == "join"
    same = job(OTHER_UPLOAD)
    assert admission(same, current(), active, None) == "join"


@pytest.mark.parametrize(
    "change",
    [
        {"source": SOURCE.model_copy(update={"size": 8})},
        {"request": UploadRequest(is_vbg_video=True)},
        {"transcription": "idle"},
    ],
)
def test_other_bytes_or_other_options_are_other_work(change: dict[str, Any]) -> None:
    assert admission(job(OTHER_UPLOAD, **change), current(), upload(job()), None) == "take"


def test_a_trim_of_the_shown_video_does_not_replace_a_recording() -> None:
    trim = NEW.model_copy(update={"request": UploadRequest(from_answer=True)})
    assert admission(trim, current(), upload(job()), None) == "refuse"
    older_trim = upload(job(request=UploadRequest(from_answer=True)))
    assert admission(trim, current(), older_trim, None) == "take"
