"""An accepted upload without an api: by the api's own writes to the jobs table, for tests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from mentor_common.clock import SystemClock
from mentor_common.events import SourceObject
from mentor_common.jobs import AnswerKey, Intake, Job, UploadRequest, upload_id_of

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.jobs import Table, Transcription
    from mentor_local.graphql.store import Store


def new_answer(store: Store, question: str | None = None) -> AnswerKey:
    """Add a mentor and a question to GraphQL; ``question`` is its name, ``_IDLE_`` say."""
    owner = store.find("users")[0]["_id"]
    mentor = store.add_mentor(owner)["_id"]
    return AnswerKey(mentor, store.add_question(name=question)["_id"])


def new_video() -> str:
    """Return a key for a video of the user ``user1``."""
    return f"user1/{uuid.uuid4()}"


def accept(
    table: Table,
    answer: AnswerKey,
    source: SourceObject | None = None,
    transcription: Transcription = "idle",
    clock: Clock | None = None,
    video: str | None = None,
) -> Job:
    """Accept a new upload of an answer; nothing is announced.

    Without ``source`` the uploaded object is not there. The upload's id is made of ``video``, the
    object's key; a new one when ``None``.
    """
    clock = clock or SystemClock()
    video = video or new_video()
    intake = Intake(table, clock)
    job = Job(
        upload_id=upload_id_of(video),
        mentor=answer.mentor,
        question=answer.question,
        revision=0,
        status="PREPARING",
        token=uuid.uuid4().hex,
        user="user1",
        video=video,
        source=source or SourceObject(bucket="b", key=video, etag="e", size=1),
        request=UploadRequest(),
        transcription=transcription,
        prepared_at=clock.now(),
    )
    return intake.accept(intake.prepare(job))
