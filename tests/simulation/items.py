"""Stored items of an upload with defaults, for tests of pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.events import SourceObject
from mentor_common.jobs import AnswerState, Current, Job, Outcome, Task, Upload, UploadRequest

if TYPE_CHECKING:
    from mentor_common.jobs import Cancel

MENTOR, QUESTION = "5" * 24, "6" * 24
UPLOAD = "11111111-1111-5111-8111-111111111111"
OTHER_UPLOAD = "22222222-2222-5222-8222-222222222222"
SOURCE = SourceObject(bucket="uploads", key="video", etag="e", size=7)


def job(upload_id: str = UPLOAD, **fields: Any) -> Job:
    """Return an accepted job with speech to recognise; ``fields`` replace the defaults."""
    defaults: dict[str, Any] = {
        "upload_id": upload_id,
        "mentor": MENTOR,
        "question": QUESTION,
        "revision": 1,
        "status": "ACCEPTED",
        "token": "t",
        "user": "user",
        "video": "video",
        "source": SOURCE,
        "request": UploadRequest(),
        "transcription": "wanted",
        "prepared_at": 100.0,
        "accepted_at": 101.0,
    }
    return Job(**defaults | fields)


def task(status: str = "IN_PROGRESS", **fields: Any) -> Task:
    """Return a task's first attempt."""
    defaults: dict[str, Any] = {
        "status": status,
        "token": "t",
        "owner": "a:1",
        "lease_until": 200.0,
        "first_at": 102.0,
        "started_at": 102.0,
    }
    return Task(**defaults | fields)


def upload(
    of: Job | None,
    *,
    transcode: Task | None = None,
    transcribe: Task | None = None,
    cancel: Cancel | None = None,
    outcomes: dict[str, Outcome] | None = None,
) -> Upload:
    """Return an upload with these items."""
    upload_id = of.upload_id if of else UPLOAD
    return Upload(upload_id, of, transcode, transcribe, cancel, outcomes or {})


def current(upload_id: str = UPLOAD, *, accepted: bool = True) -> Current:
    """Return the lock on an answer that an upload holds."""
    return Current(upload_id=upload_id, revision=1, accepted=accepted, seq=1)


def outcome(kind: Any, *, published: bool = False) -> Outcome:
    """Return an outcome."""
    return Outcome(kind=kind, at=150.0, said=published)


def answer_state(**fields: Any) -> AnswerState:
    """Return the notifier's state of the answer."""
    return AnswerState(mentor=MENTOR, question=QUESTION, **fields)
