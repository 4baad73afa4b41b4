"""Items of uploads and workers, made without a table, for tests of what is concluded from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mentor_common.events import SourceObject
from mentor_common.jobs import Job, Outcome, Task, Upload
from mentor_common.jobs.model import Cancel, UploadRequest
from mentor_common.work.registry import Worker

NOW = 1_800_000_000.0
UPLOAD_ID = "7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"


def job(**changes: Any) -> Job:
    """Return an accepted upload of an idle clip, whose announcement was published."""
    values = {
        "upload_id": UPLOAD_ID,
        "mentor": "a" * 24,
        "question": "b" * 24,
        "revision": 1,
        "status": "ACCEPTED",
        "token": "t",
        "user": "c" * 24,
        "video": "v",
        "source": SourceObject(bucket="b", key="k", etag="e", size=1),
        "request": UploadRequest(),
        "transcription": "idle",
        "prepared_at": NOW - 10,
        "accepted_at": NOW - 9,
        "published": True,
    }
    return Job.model_validate(values | changes)


def task(**changes: Any) -> Task:
    """Return a task that a worker holds for another minute."""
    values = {
        "status": "IN_PROGRESS",
        "token": "t",
        "owner": "host:1",
        "lease_until": NOW + 60,
        "first_at": NOW - 8,
        "started_at": NOW - 8,
    }
    return Task.model_validate(values | changes)


def upload(
    transcode: Task | None = None,
    transcribe: Task | None = None,
    cancel: Cancel | None = None,
    outcome: Outcome | None = None,
    **changes: Any,
) -> Upload:
    """Return an upload; keywords change its job."""
    made = Upload(UPLOAD_ID, job(**changes), transcode, transcribe, cancel, {})
    return replace(made, outcomes={made.attempt_pair: outcome}) if outcome else made


def worker(**changes: Any) -> Worker:
    """Return a transcoder that has just reported."""
    values = {
        "service": "transcoder",
        "process": "host:1",
        "version": "1",
        "started_at": NOW,
        "written_at": NOW,
        "slots": 1,
        "in_flight": 0,
        "turned_at": NOW,
        "down": {},
        "pausing": False,
        "stopping": False,
    }
    return Worker.model_validate(values | changes)
