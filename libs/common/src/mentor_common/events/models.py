"""What the services say to each other. Within a major version only additions.

Consumers ignore fields they do not know. An event carries S3 keys, never bytes, and no token,
secret or signed URL.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ObjectId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
TaskKind = Literal["transcode", "transcribe"]
TaskName = Literal["trim-upload", "transcoding-web", "transcoding-mobile", "transcribing"]


class EventData(BaseModel):
    """Base of all event data: which upload it is about."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    TYPE: ClassVar[str]

    upload_id: UploadId = Field(description="uuid5 of the video key")
    mentor: ObjectId
    question: ObjectId

    def attributes(self) -> dict[str, str]:
        """Return the SNS message attributes, which serve subscription filters only."""
        return {"type": self.TYPE}


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


class UploadAccepted(EventData):
    """An upload was accepted and its answer's lock is taken."""

    TYPE: ClassVar[str] = "upload.accepted.v1"
    source: SourceObject
    trim: Trim | None = None
    transcribe: bool = Field(description="whether a transcript is wanted")
    generate_thumbnail: bool = False
    is_vbg_video: bool = False
    maintain_original_aspect_ratio: bool = False

    def attributes(self) -> dict[str, str]:
        """Add ``transcribe``: the transcriber subscribes only to what it has to do."""
        return {**super().attributes(), "transcribe": "true" if self.transcribe else "false"}


class UploadCancelled(EventData):
    """Somebody cancelled the upload."""

    TYPE: ClassVar[str] = "upload.cancelled.v1"
    cancelled_by: str = Field(description="user id, or `graphql` for a status set outside")


class TaskEvent(EventData):
    """Base of what a worker says about its unit of work."""

    task: TaskKind = Field(description="the unit of work; one claim, one attempt count")
    names: list[TaskName] = Field(description="the tasks of the upload UI that it stands for")
    attempt: int = Field(ge=1)


class TaskStarted(TaskEvent):
    """A worker claimed the task."""

    TYPE: ClassVar[str] = "task.started.v1"


class TaskCompleted(TaskEvent):
    """The task's results are stored and verified."""

    TYPE: ClassVar[str] = "task.completed.v1"
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )


class TaskFailed(TaskEvent):
    """The task failed and will not be retried unless an operator redrives it."""

    TYPE: ClassVar[str] = "task.failed.v1"
    failed: list[TaskName] = Field(description="which of `names` failed")
    code: str
    reason: str = Field(description="a sentence a mentor understands")


class AnswerReady(EventData):
    """The answer shows the new upload: media, transcript and captions."""

    TYPE: ClassVar[str] = "answer.ready.v1"
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )


class AnswerFailed(EventData):
    """The upload failed; `captions` means that the new video is live without text."""

    TYPE: ClassVar[str] = "answer.failed.v1"
    failed: list[TaskName]
    code: str
    reason: str


MODELS: dict[str, type[EventData]] = {
    model.TYPE: model
    for model in (
        UploadAccepted,
        UploadCancelled,
        TaskStarted,
        TaskCompleted,
        TaskFailed,
        AnswerReady,
        AnswerFailed,
    )
}
SPEAKERS: dict[str, str] = {
    UploadAccepted.TYPE: "api",
    UploadCancelled.TYPE: "api",
    TaskStarted.TYPE: "transcoder, transcriber",
    TaskCompleted.TYPE: "transcoder, transcriber",
    TaskFailed.TYPE: "transcoder, transcriber",
    AnswerReady.TYPE: "notifier",
    AnswerFailed.TYPE: "notifier",
}
