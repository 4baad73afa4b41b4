"""Uploads as the api accepts them, in the jobs table."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from mentor_common.clock import Clock, SystemClock
from mentor_common.jobs import AnswerKey, Intake, Job, Table, UploadRequest, upload_id_of

if TYPE_CHECKING:
    from mentor_common.events import SourceObject
    from mentor_common.jobs.model import Transcription


def new_video() -> str:
    """Return a key for a video of the user ``user1``."""
    return f"user1/{uuid.uuid4()}"


def accept_upload(
    table: Table,
    answer: AnswerKey,
    source: SourceObject,
    video: str,
    *,
    transcription: Transcription = "wanted",
    clock: Clock | None = None,
) -> Job:
    """Return an upload of an answer that was prepared a second ago and is accepted now.

    Parameters
    ----------
    table, answer
        Where it is written, and what it is for.
    source, video
        The object, and the key that the upload's id is made of.
    transcription
        What becomes of the speech.
    clock
        Time of acceptance; the system's when ``None``.
    """
    clock = clock or SystemClock()
    intake = Intake(table, clock)
    prepared = Job(
        upload_id=upload_id_of(video),
        mentor=answer.mentor,
        question=answer.question,
        revision=0,
        status="PREPARING",
        token=uuid.uuid4().hex,
        user="user1",
        video=video,
        source=source,
        request=UploadRequest(),
        transcription=transcription,
        prepared_at=clock.now() - 1,
    )
    return intake.accept(intake.prepare(prepared))
