"""Data of the events about uploads. Within a major version only additions.

Consumers ignore fields they do not know, and read values that a neighbouring release may have
added. The meaning of a field never changes: what a service of the last release must not act on is
an event of a type of its own (ADR 0034). An event carries S3 keys, never bytes, and no token,
secret or signed URL.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

ObjectId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
TaskKind = Literal["transcode", "transcribe"]
TaskName = Literal["trim-upload", "transcoding-web", "transcoding-mobile", "transcribing"]
AnyTaskKind = Annotated[str, WithJsonSchema({"enum": list(get_args(TaskKind)), "type": "string"})]
"""A :data:`TaskKind` in what we publish; in what we consume maybe one of a neighbouring release."""
AnyTaskName = Annotated[str, WithJsonSchema({"enum": list(get_args(TaskName)), "type": "string"})]
"""As :data:`AnyTaskKind`, of a :data:`TaskName`."""
CANARY: Final = "ca" * 12
"""Mentor and question of canary messages (:mod:`mentor_common.work.canary`): nobody's id."""


def unknown_as(value: str, values: Any) -> BeforeValidator:
    """Return a validator that reads a text which is none of a Literal's values as ``value``.

    For what a neighbouring release may add a value to. What is written stays within the Literal.
    """

    def read(found: Any) -> Any:
        return value if isinstance(found, str) and found not in get_args(values) else found

    return BeforeValidator(read)


class EventData(BaseModel):
    """Base of all event data: the mentor it belongs to."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    TYPE: ClassVar[str]

    mentor: ObjectId

    @property
    def subject(self) -> str:
        """Id of what the event is about."""
        raise NotImplementedError

    def attributes(self) -> dict[str, str]:
        """Return the SNS message attributes, which serve subscription filters only.

        What a canary message leads to is published like any other event, and heard by nobody.
        """
        return {"type": "canary" if self.mentor == CANARY else self.TYPE}

    def identity(self) -> dict[str, Any]:
        """Return the ids that each log line about the event carries."""
        return {"mentor": self.mentor}


class UploadData(EventData):
    """Base of the events about an upload."""

    upload_id: UploadId = Field(description="uuid5 of the video key")
    mentor: ObjectId
    question: ObjectId

    @property
    def subject(self) -> str:
        """The upload's id."""
        return self.upload_id

    def identity(self) -> dict[str, Any]:
        """Add upload and question."""
        return {"upload_id": self.upload_id, **super().identity(), "question": self.question}


class Trim(BaseModel):
    """The span of the source that is kept: ``[start, end)`` in seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    start: float = Field(ge=0)
    end: float = Field(gt=0)


class SourceObject(BaseModel):
    """The uploaded bytes, pinned by their ETag."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    bucket: str
    key: str
    etag: str
    size: int = Field(ge=1, description="bytes")


class WorkRequested(UploadData):
    """Base of requests for work on an upload: its bytes, and the span that is kept."""

    source: SourceObject
    trim: Trim | None = None


class Hints(BaseModel):
    """Words to expect in a recording."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    mentor: str | None = Field(default=None, description="the mentor's name")
    question: str | None = Field(default=None, description="the question's text")


_Captions = Literal["always", "credible", "never"]
AlignedCaptions = Annotated[_Captions, unknown_as("never", _Captions)]
_TEXT_TO_ALIGN = "a transcript in the static bucket whose words are to be found in the sound"
_CAPTIONS_OF_ALIGNMENT = (
    "when captions are made of it: `always`, only if its words were credibly found, or `never`"
)


class UploadAccepted(WorkRequested):
    """An upload was accepted and its answer's lock is taken."""

    TYPE: ClassVar[str] = "upload.accepted.v1"
    transcribe: bool = Field(
        description="whether speech is to be recognised and a transcript written"
    )
    align_key: str | None = Field(
        default=None,
        description=f"{_TEXT_TO_ALIGN}; none is to be written then. Only releases 0.2 and 0.3 say "
        "this, with `transcribe`; later ones say `alignment.requested.v1`",
    )
    align_captions: AlignedCaptions = Field(default="credible", description=_CAPTIONS_OF_ALIGNMENT)
    hints: Hints | None = None
    generate_thumbnail: bool = False
    is_vbg_video: bool = False
    maintain_original_aspect_ratio: bool = False

    def attributes(self) -> dict[str, str]:
        """Add ``transcribe``: the transcriber subscribes only to what it has to do."""
        return {**super().attributes(), "transcribe": "true" if self.transcribe else "false"}


class AlignmentRequested(WorkRequested):
    """The words of an accepted upload's edited transcript are to be found in its sound.

    The transcript itself is not to be written. Said beside ``upload.accepted``, whose
    ``transcribe`` is false then: a transcriber that does not know this event leaves the upload
    alone.
    """

    TYPE: ClassVar[str] = "alignment.requested.v1"
    align_key: str = Field(description=_TEXT_TO_ALIGN)
    align_captions: AlignedCaptions = Field(default="credible", description=_CAPTIONS_OF_ALIGNMENT)
    align_language: str | None = Field(
        default=None, description="the transcript's language, ISO 639, where it is known"
    )


class UploadCancelled(UploadData):
    """Somebody cancelled the upload."""

    TYPE: ClassVar[str] = "upload.cancelled.v1"
    cancelled_by: str = Field(description="user id, or `graphql` for a status set outside")


class TaskEvent(UploadData):
    """Base of the events of a worker about its unit of work."""

    task: AnyTaskKind = Field(description="the unit of work; one claim, one attempt count")
    names: list[AnyTaskName] = Field(description="the tasks of the upload UI that it stands for")
    attempt: int = Field(ge=1)

    def identity(self) -> dict[str, Any]:
        """Add task and attempt."""
        return super().identity() | {"task": self.task, "attempt": self.attempt}


class TaskStarted(TaskEvent):
    """A worker claimed the task."""

    TYPE: ClassVar[str] = "task.started.v1"


class TaskCompleted(TaskEvent):
    """The task's results are stored and verified."""

    TYPE: ClassVar[str] = "task.completed.v1"
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )
    language: str | None = Field(
        default=None, description="what is spoken, BCP 47, where the task has found out"
    )
    web_rendition: str | None = Field(
        default=None,
        description="how the web rendition was made: `copied`, or `encoded: ` and why",
    )


class TaskFailed(TaskEvent):
    """The task failed and will not be retried unless an operator redrives it."""

    TYPE: ClassVar[str] = "task.failed.v1"
    failed: list[AnyTaskName] = Field(description="which of `names` failed")
    code: str
    reason: str = Field(description="a sentence a mentor understands")


class AnswerReady(UploadData):
    """The answer shows the new upload: media, transcript and captions."""

    TYPE: ClassVar[str] = "answer.ready.v1"
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )


class AnswerFailed(UploadData):
    """The upload failed; `captions` means that the new video is live without text."""

    TYPE: ClassVar[str] = "answer.failed.v1"
    failed: list[AnyTaskName]
    code: str
    reason: str


class TranscriptionChanged(EventData):
    """AWS Transcribe has ended a job; an EventBridge rule writes its event in this form."""

    TYPE: ClassVar[str] = "transcription.changed.v1"
    mentor: ObjectId = Field(default="0" * 24, description="AWS does not know whose it is")
    job: str = Field(
        pattern=r"^[0-9a-zA-Z._-]+-[0-9a-f-]{36}-[0-9]+-[0-9]+$",
        description="prefix of the stage, upload, attempt and claim",
    )
    status: str

    @property
    def upload_id(self) -> str:
        """The upload that the job is for."""
        return self.job.rsplit("-", 2)[0][-36:]

    @property
    def subject(self) -> str:
        """The job's name."""
        return self.job

    def identity(self) -> dict[str, Any]:
        """Name the upload and the job."""
        return {"upload_id": self.upload_id, "job": self.job}
