"""Accepting an upload: authorise, inspect the video, prepare, show the tasks, accept, publish."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from structlog.contextvars import bind_contextvars
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from mentor_api.http.problems import Problem, bad_request, in_progress, unavailable
from mentor_api.uploads.edited_transcript import captions_of_alignment
from mentor_common.errors import DependencyDownError
from mentor_common.jobs import (
    InProgressError,
    Intake,
    Job,
    PreparationLostError,
    Reader,
    Transcription,
    UnsettledError,
    announcements,
    task_id_of,
    upload_id_of,
)
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.logs import get_logger
from mentor_common.threads import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.http.auth import Caller
    from mentor_api.uploads.edited_transcript import EditedTranscripts
    from mentor_api.uploads.gateway import AnswerBefore, Gateway
    from mentor_api.uploads.models import AnswerUpload
    from mentor_api.uploads.source import Sources
    from mentor_common.clock import Clock
    from mentor_common.events import SourceObject, Topic
    from mentor_common.jobs.model import Current
    from mentor_common.jobs.outcome import AnswerState

    Seen = tuple[Current | None, AnswerState | None]

_log = get_logger(__name__)
NOTIFIED = {"notified": "true"}
"""Message attribute of an announcement that the notifier need not receive: the acceptance has
written its item. Without it where something may have been missed, and from earlier releases."""
_TRIES = 9
_SECONDS_BETWEEN_TRIES = 0.25
_T = TypeVar("_T")


@dataclass(frozen=True)
class Acceptor:
    """Handling of ``POST /upload/answer``."""

    gateway: Gateway
    sources: Sources
    edited_transcripts: EditedTranscripts
    intake: Intake
    reader: Reader
    topic: Topic
    clock: Clock

    def accept(self, caller: Caller, upload: AnswerUpload) -> Job:
        """Accept the upload, or return the accepted one that does the same work.

        Raises
        ------
        Problem
            With nothing of this upload active and no lock of it left behind.
        DependencyDownError
            Before anything was written.
        """
        mentor, question = upload.answer.mentor, upload.answer.question
        bind_contextvars(mentor=mentor, question=question, upload_id=upload_id_of(upload.video))
        asked, read, inspected = side_by_side(
            lambda: self.gateway.before(caller, upload.answer),
            lambda: _settled(lambda: self._seen(upload)),
            lambda: self.sources.inspect(upload.video),
        )
        before = asked()  # Whether the caller may do this, before all else is said.
        known: Job | None
        known, seen = read()
        if known is not None:
            return known
        job = self._job(caller, upload, inspected(), before)
        tries = iter([seen])  # What was seen is good for the first try.
        try:
            prepared = _settled(lambda: self._prepare(job, upload, next(tries, None)))
        except InProgressError:
            raise in_progress() from None
        if prepared.status == "ACCEPTED":
            return prepared
        self._show_tasks(caller, prepared, before)
        try:
            accepted = self.intake.accept(prepared, seen[1])
        except PreparationLostError:
            self.intake.abort(prepared)
            raise unavailable("The upload service") from None
        metrics.UPLOADS_ACCEPTED.labels(transcription=accepted.transcription).inc()
        metrics.UPLOAD_BYTES.observe(accepted.source.size)
        publish(self.topic, self.intake, accepted, **NOTIFIED)
        return accepted

    def _seen(self, upload: AnswerUpload) -> tuple[Job | None, Seen]:
        """Return the job that the key already has, and what there is of the answer.

        The key is the idempotency key.
        """
        upload_id = upload_id_of(upload.video)
        job, current, state = self.reader.before(upload_id, upload.answer)
        return self._known(upload, job), (current, state)

    def _known(self, upload: AnswerUpload, job: Job | None) -> Job | None:
        if job is None or job.status == "ABORTED":
            return None
        if job.answer != upload.answer:
            raise bad_request("video was already used for another answer; upload it again")
        if job.status == "PREPARING":
            raise UnsettledError
        return job

    def _prepare(self, job: Job, upload: AnswerUpload, seen: Seen | None) -> Job:
        """Take the answer for the job, unless its key has another one by now: that is returned."""
        try:
            return self.intake.prepare(job, seen)
        except UnsettledError:
            known, _ = self._seen(upload)
            if known is None:
                raise
            return known

    def _job(
        self, caller: Caller, upload: AnswerUpload, source: SourceObject, before: AnswerBefore
    ) -> Job:
        """Return the job to prepare; what an edited transcript needs is stored."""
        upload_id = upload_id_of(upload.video)
        transcription: Transcription = "idle" if before.question_is_idle else "wanted"
        kept: dict[str, Any] = {}
        if upload.request.has_edited_transcript:
            transcription = "edited"
            kept = self.edited_transcripts.store(upload, upload_id, before)
        return Job(
            upload_id=upload_id,
            mentor=upload.answer.mentor,
            question=upload.answer.question,
            revision=0,
            status="PREPARING",
            token=uuid.uuid4().hex,
            user=caller.user,
            video=upload.video,
            source=source,
            request=upload.request,
            transcription=transcription,
            transcript_sha256=_transcript_hash(before),
            align_captions=captions_of_alignment(upload.request.trim, before),
            hints=before.hints,
            prepared_at=self.clock.now(),
            traceparent=tracing.current_traceparent(),
            **kept,
        )

    def _show_tasks(self, caller: Caller, job: Job, before: AnswerBefore) -> None:
        """Create GraphQL's upload task, or undo everything."""
        tasks = task_list(job)
        failure = self.gateway.create_task(job, tasks, before)
        if failure is None:
            return
        _log.error("upload not accepted: GraphQL", error=failure.error, upload_id=job.upload_id)
        if (
            self.reader.displaced(job) is not None  # whose task this is, and is shown again
            or self.gateway.delete_task(caller, job)
            or not failure.maybe_written
        ):
            self.intake.abort(job)
        else:
            # The answer stays ours until the sweep has shown FAILED on what may be there.
            self.intake.expire_preparation(job)
        raise unavailable("The mentor's profile service")


def _settled(ask: Callable[[], _T]) -> _T:
    """Ask until another request has settled what it is in the middle of, at most two seconds.

    Clients take a 503 for a failure, and preparing takes a fraction of a second.
    """
    try:
        return Retrying(
            retry=retry_if_exception_type(UnsettledError),
            stop=stop_after_attempt(_TRIES),
            wait=wait_fixed(_SECONDS_BETWEEN_TRIES),
            reraise=True,
        )(ask)
    except UnsettledError:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Your first request for this video is still being worked on; ask again soon.",
            retry_after=5,
        ) from None


def _transcript_hash(before: AnswerBefore) -> str | None:
    text = before.markdown_transcript
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def task_list(job: Job) -> list[dict[str, str]]:
    """Return the tasks as the upload UI knows them; the same at each repetition."""
    return [
        {"task_name": name, "task_id": task_id_of(job.upload_id, name), "status": "QUEUED"}
        for name in job.sub_tasks
    ]


def publish(topic: Topic, intake: Intake, job: Job, **attributes: str) -> bool:
    """Announce an accepted upload; in an outage the sweep does it later.

    ``attributes`` are those of :meth:`.Topic.publish`.
    """
    try:
        for event in announcements(job):
            topic.publish(event, **attributes)
        intake.mark_published(job)
    except DependencyDownError as error:
        _log.warning("not announced yet", error=str(error), upload_id=job.upload_id)
        return False
    _log.info("upload accepted", upload_id=job.upload_id, mentor=job.mentor, question=job.question)
    return True
