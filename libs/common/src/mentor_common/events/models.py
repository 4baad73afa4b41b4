"""What the services say to each other. Within a major version only additions.

Consumers ignore fields they do not know. An event carries S3 keys, never bytes, and no token,
secret or signed URL.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ObjectId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
TaskKind = Literal["transcode", "transcribe"]
TaskName = Literal["trim-upload", "transcoding-web", "transcoding-mobile", "transcribing"]


class EventData(BaseModel):
    """Base of all event data: whose it is."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    TYPE: ClassVar[str]

    mentor: ObjectId

    @property
    def subject(self) -> str:
        """Id of what the event is about."""
        raise NotImplementedError

    def attributes(self) -> dict[str, str]:
        """Return the SNS message attributes, which serve subscription filters only."""
        return {"type": self.TYPE}

    def identity(self) -> dict[str, Any]:
        """Return what names the event's subject on each line of a log."""
        return {"mentor": self.mentor}


class UploadData(EventData):
    """Base of what is said about an upload."""

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


class TransferData(EventData):
    """Base of what is said about the transfer of an exported mentor into another."""

    transfer_id: UploadId
    mentor: ObjectId = Field(description="the mentor that is written to")

    @property
    def subject(self) -> str:
        """The transfer's id."""
        return self.transfer_id

    def identity(self) -> dict[str, Any]:
        """Add the transfer."""
        return {"transfer_id": self.transfer_id, **super().identity()}


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


AlignedCaptions = Literal["always", "credible", "never"]


class UploadAccepted(UploadData):
    """An upload was accepted and its answer's lock is taken."""

    TYPE: ClassVar[str] = "upload.accepted.v1"
    source: SourceObject
    trim: Trim | None = None
    transcribe: bool = Field(description="whether the transcriber has something to do")
    align_key: str | None = Field(
        default=None,
        description="a transcript in the static bucket whose words are to be found in the sound; "
        "none is to be written then",
    )
    align_captions: AlignedCaptions = Field(
        default="credible",
        description="when captions are made of it: `always`, only if its words were credibly "
        "found, or `never`",
    )
    generate_thumbnail: bool = False
    is_vbg_video: bool = False
    maintain_original_aspect_ratio: bool = False

    def attributes(self) -> dict[str, str]:
        """Add ``transcribe``: the transcriber subscribes only to what it has to do."""
        return {**super().attributes(), "transcribe": "true" if self.transcribe else "false"}


class UploadCancelled(UploadData):
    """Somebody cancelled the upload."""

    TYPE: ClassVar[str] = "upload.cancelled.v1"
    cancelled_by: str = Field(description="user id, or `graphql` for a status set outside")


class TaskEvent(UploadData):
    """Base of what a worker says about its unit of work."""

    task: TaskKind = Field(description="the unit of work; one claim, one attempt count")
    names: list[TaskName] = Field(description="the tasks of the upload UI that it stands for")
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


class TaskFailed(TaskEvent):
    """The task failed and will not be retried unless an operator redrives it."""

    TYPE: ClassVar[str] = "task.failed.v1"
    failed: list[TaskName] = Field(description="which of `names` failed")
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
    failed: list[TaskName]
    code: str
    reason: str


class TransferRequested(TransferData):
    """Somebody asked to write an exported mentor into this one."""

    TYPE: ClassVar[str] = "transfer.requested.v1"
    payload: SourceObject = Field(description="the export and its changes, as they were posted")


class MentorImported(TransferData):
    """GraphQL holds the exported mentor; its media still lie where they were."""

    TYPE: ClassVar[str] = "mentor.imported.v1"
    manifest: SourceObject = Field(description="the list of media to copy")
    media: int = Field(ge=0, description="how many that are")


class MediumData(TransferData):
    """Base of what is said about one medium of a transfer."""

    question: ObjectId
    number: int = Field(ge=0, description="place in the manifest, from 0")

    def identity(self) -> dict[str, Any]:
        """Add question and number."""
        return super().identity() | {"question": self.question, "medium": self.number}


class MediaCopyRequested(MediumData):
    """One medium is to be copied into the static bucket."""

    TYPE: ClassVar[str] = "media.copy_requested.v1"
    tag: str = Field(description="`web`, `mobile` or `en`")
    manifest: SourceObject


class MediaCopied(MediumData):
    """A medium lies in the static bucket."""

    TYPE: ClassVar[str] = "media.copied.v1"
    attempt: int = Field(ge=1)
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )


class MediaCopyFailed(MediumData):
    """A medium was not copied and will not be retried unless an operator redrives it."""

    TYPE: ClassVar[str] = "media.copy_failed.v1"
    attempt: int = Field(ge=1)
    code: str
    reason: str = Field(description="a sentence a mentor understands")


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
        TransferRequested,
        MentorImported,
        MediaCopyRequested,
        MediaCopied,
        MediaCopyFailed,
        TranscriptionChanged,
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
    TransferRequested.TYPE: "api",
    MentorImported.TYPE: "notifier",
    MediaCopyRequested.TYPE: "api",
    MediaCopied.TYPE: "api",
    MediaCopyFailed.TYPE: "api",
    TranscriptionChanged.TYPE: "AWS Transcribe, straight into the transcriber's queue",
}
