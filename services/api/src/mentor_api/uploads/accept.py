"""Accepting an upload: authorise, look, prepare, create the document, accept, publish."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from structlog.contextvars import bind_contextvars
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from mentor_api import graphql_documents
from mentor_api.http.problems import (
    Problem,
    bad_request,
    in_progress,
    not_found,
    unavailable,
)
from mentor_common import captions
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.errors import DependencyDownError, PermanentError
from mentor_common.events import SourceObject
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import (
    UI_NAMES,
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
from mentor_common.media import HEAD_BYTES, NO_VIDEO, container_of, refusal_text
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.http.auth import Caller
    from mentor_api.http.body import AnswerUpload
    from mentor_api.http.permissions import Permissions
    from mentor_api.word_timings import WordTimings
    from mentor_common.clock import Clock
    from mentor_common.events import AlignedCaptions, Topic

_log = get_logger(__name__)
_IDLE = "_IDLE_"
_ASKS = 9
_SECONDS_BETWEEN_ASKS = 0.25
_T = TypeVar("_T")


@dataclass(frozen=True)
class Buckets:
    """Names of the upload and static buckets, base of public URLs, and the size limit."""

    uploads: str
    static: str
    static_url_base: str
    max_bytes: int
    form_max_bytes: int


@dataclass(frozen=True)
class Acceptor:
    """The story of ``POST /upload/answer``."""

    permissions: Permissions
    word_timings: WordTimings
    graphql: GraphQLClient
    storage: Storage
    intake: Intake
    reader: Reader
    topic: Topic
    clock: Clock
    buckets: Buckets

    def accept(self, caller: Caller, upload: AnswerUpload) -> Job:
        """Accept the upload, or return the accepted one that does the same work.

        Raises
        ------
        Problem
            With nothing of this upload active and no lock of it left behind.
        DependencyDownError
            Before anything was written.
        """
        self.permissions.edit_mentor(caller, upload.answer.mentor)
        bind_contextvars(upload_id=upload_id_of(upload.video))
        known = _soon(lambda: self._known(upload))
        if known is not None:
            return known
        source = self._look(upload.video)
        before = self._before(caller, upload)
        described = self._describe(caller, upload, source, before)
        try:
            job = _soon(lambda: self._known(upload) or self.intake.prepare(described))
        except InProgressError:
            raise in_progress() from None
        if job.status == "ACCEPTED":
            return job
        self._tell(caller, job, before)
        try:
            job = self.intake.accept(job)
        except PreparationLostError:
            self.intake.abort(job)
            raise unavailable("The upload service") from None
        metrics.UPLOADS_ACCEPTED.labels(transcription=job.transcription).inc()
        metrics.UPLOAD_BYTES.observe(job.source.size)
        publish(self.topic, self.intake, job)
        return job

    def _known(self, upload: AnswerUpload) -> Job | None:
        """Return the job that the key already has: the key is the idempotency key."""
        job = self.reader.upload(upload_id_of(upload.video)).job
        if job is None or job.status == "ABORTED":
            return None
        if job.answer != upload.answer:
            raise bad_request("video was already used for another answer; upload it again")
        if job.status == "PREPARING":
            raise UnsettledError
        return job

    def _look(self, video: str) -> SourceObject:
        """Look at size and first bytes; pin the ETag."""
        bucket = self.buckets.uploads
        try:
            head = self.storage.head(bucket, video)
            if head.size == 0:
                raise bad_request(NO_VIDEO)
            if head.size > self.buckets.max_bytes:
                raise Problem(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"video is larger than {self.buckets.max_bytes} bytes; shorten it",
                )
            first = self.storage.first_bytes(bucket, video, head.etag, HEAD_BYTES)
        except ObjectMissingError:
            raise not_found(
                "video s3 object not found: its upload did not finish; upload it again "
                f"(a file over {self.buckets.form_max_bytes >> 20} MB is refused: shorten it)"
            ) from None
        if container_of(first) is None:
            raise bad_request(refusal_text(first))
        return SourceObject(bucket=bucket, key=video, etag=head.etag, size=head.size)

    def _before(self, caller: Caller, upload: AnswerUpload) -> dict[str, Any]:
        """Read the question's name and what the answer holds now."""
        variables = {"mentor": upload.answer.mentor, "question": upload.answer.question}
        try:
            return self.graphql.as_user(caller.token, graphql_documents.BEFORE, variables)
        except GraphQLRefusedError as error:
            if any("question not found" in message for message in error.messages):
                raise not_found("question not found; reload the page") from None
            _log.warning("question and answer not readable", error=str(error))
            raise unavailable("The mentor's profile service") from None

    def _describe(
        self, caller: Caller, upload: AnswerUpload, source: SourceObject, before: dict[str, Any]
    ) -> Job:
        transcription: Transcription = "wanted"
        if upload.request.has_edited_transcript:
            transcription = "edited"
        elif (before.get("question") or {}).get("name") == _IDLE:
            transcription = "idle"
        upload_id = upload_id_of(upload.video)
        heard = (
            self.word_timings.of(upload.answer) if upload.request.has_edited_transcript else None
        )
        words_key = self._cut_words(upload, upload_id, heard)
        aligned = transcription == "edited" and words_key is None
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
            captions_key=self._cut_captions(upload, upload_id, before, heard),
            words_key=words_key,
            align_key=self._store_text(upload, upload_id, before) if aligned else None,
            align_captions=_captions_of_alignment(upload, before),
            prepared_at=self.clock.now(),
            traceparent=tracing.current_traceparent(),
        )

    def _cut_captions(
        self,
        upload: AnswerUpload,
        upload_id: str,
        before: dict[str, Any],
        heard: captions.TimedTranscript | None,
    ) -> str | None:
        """Cut the captions of an edited transcript to the trim; ``None`` where they stay."""
        text = ((before.get("answer") or {}).get("vttMedia") or {}).get("vttText")
        trim = upload.request.trim
        if not (upload.request.has_edited_transcript and trim and text):
            return None
        try:
            words = heard.words if heard else ()
            cues = captions.trimmed(captions.parse_vtt(text), words, trim.start, trim.end)
        except (PermanentError, ValueError):
            _log.warning("the answer's captions are not readable and stay as they are")
            return None
        key = _key_of(upload, upload_id, "en.vtt")
        self.storage.put_text(captions.format_vtt(cues), self.buckets.static, key)
        return key

    def _cut_words(
        self, upload: AnswerUpload, upload_id: str, heard: captions.TimedTranscript | None
    ) -> str | None:
        """Cut the word timings of an edited transcript to the trim: captions are made of them."""
        if heard is None:
            return None
        if trim := upload.request.trim:
            heard = heard.cut(trim.start, trim.end)
        key = _key_of(upload, upload_id, "transcript.json")
        self.storage.put_text(heard.to_json(), self.buckets.static, key)
        return key

    def _store_text(
        self, upload: AnswerUpload, upload_id: str, before: dict[str, Any]
    ) -> str | None:
        """Store an edited transcript whose words the transcriber has to find in the sound."""
        text = (before.get("answer") or {}).get("transcript")
        if not text or not text.strip():
            return None
        key = _key_of(upload, upload_id, "edited.txt")
        self.storage.put_text(text, self.buckets.static, key)
        return key

    def _tell(self, caller: Caller, job: Job, before: dict[str, Any]) -> None:
        """Create GraphQL's document, or undo everything."""
        variables = {
            "mentor": job.mentor,
            "question": job.question,
            "status": self._document(job, before),
        }
        try:
            answer = self.graphql.as_service(graphql_documents.CREATE_TASK, variables)
            if (answer.get("api") or {}).get("uploadTaskUpdate") is True:
                return
            problem = "not applied"
            maybe_written = False
        except GraphQLRefusedError as error:
            problem, maybe_written = str(error), False
        except DependencyDownError as error:
            problem, maybe_written = str(error), True
        _log.error("upload not accepted: GraphQL", error=problem, upload_id=job.upload_id)
        if (
            self.reader.displaced(job) is not None  # whose document this is, and is told again
            or self._delete_document(caller, job)
            or not maybe_written
        ):
            self.intake.abort(job)
        else:
            # The answer stays ours until the sweep has shown FAILED on what may be there.
            self.intake.expire_preparation(job)
        raise unavailable("The mentor's profile service")

    def _delete_document(self, caller: Caller, job: Job) -> bool:
        """Delete what a write that timed out may have left, while the answer is still ours."""
        variables = {"mentor": job.mentor, "question": job.question}
        try:
            self.graphql.as_user(caller.token, graphql_documents.DELETE_TASK, variables)
        except (DependencyDownError, GraphQLRefusedError) as error:
            _log.warning("document not deleted", error=str(error), upload_id=job.upload_id)
            return False
        return True

    def _document(self, job: Job, before: dict[str, Any]) -> dict[str, Any]:
        """Return all nine keys: what is not supplied would survive from an earlier upload."""
        tasks = {task["task_name"]: task for task in task_list(job)}
        document: dict[str, Any] = {field: tasks.get(name) for name, field in UI_NAMES.items()}
        document |= dict.fromkeys(("originalMedia", "webMedia", "mobileMedia", "vttMedia"))
        # An empty text cannot be written later, only now.
        document["transcript"] = "" if job.transcription == "wanted" else None
        vtt = (before.get("answer") or {}).get("vttMedia")
        if job.transcription == "edited" and vtt and vtt.get("url"):
            url = vtt["url"].removeprefix(self.buckets.static_url_base)
            document["vttMedia"] = {"type": "subtitles", "tag": "en", "url": url}
        return document


def _soon(ask: Callable[[], _T]) -> _T:
    """Ask until another request has settled what it is in the middle of, at most two seconds.

    Clients take a 503 for a failure, and preparing takes a fraction of a second.
    """
    try:
        return Retrying(
            retry=retry_if_exception_type(UnsettledError),
            stop=stop_after_attempt(_ASKS),
            wait=wait_fixed(_SECONDS_BETWEEN_ASKS),
            reraise=True,
        )(ask)
    except UnsettledError:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Your first request for this video is still being worked on; ask again soon.",
            retry_after=5,
        ) from None


def _key_of(upload: AnswerUpload, upload_id: str, name: str) -> str:
    # Claim 0: written before any worker's claim, and by nobody else.
    return f"videos/{upload.answer.mentor}/{upload.answer.question}/{upload_id}/0/{name}"


def _captions_of_alignment(upload: AnswerUpload, before: dict[str, Any]) -> AlignedCaptions:
    """Say when alignment makes captions: a person's stay, and so do all without a trim."""
    vtt = (before.get("answer") or {}).get("vttMedia") or {}
    if not vtt.get("url"):
        return "always"
    if upload.request.trim is None or captions.is_manual_captions(vtt["url"]):
        return "never"
    return "credible"


def _transcript_hash(before: dict[str, Any]) -> str | None:
    text = (before.get("answer") or {}).get("markdownTranscript")
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def task_list(job: Job) -> list[dict[str, str]]:
    """Return the tasks as the upload UI knows them; the same at each repetition."""
    return [
        {"task_name": name, "task_id": task_id_of(job.upload_id, name), "status": "QUEUED"}
        for name in job.task_names
    ]


def publish(topic: Topic, intake: Intake, job: Job) -> bool:
    """Announce an accepted upload; in an outage the sweep does it later."""
    try:
        for event in announcements(job):
            topic.publish(event)
        intake.mark_published(job)
    except DependencyDownError as error:
        _log.warning("not announced yet", error=str(error), upload_id=job.upload_id)
        return False
    _log.info("upload accepted", upload_id=job.upload_id, mentor=job.mentor, question=job.question)
    return True
