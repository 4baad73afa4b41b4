"""Requests and answers of the routes of uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mentor_api.http import examples
from mentor_api.http.body import (
    Body,
    OwnKey,
    PathParameters,
    Texts,
    WholeNumber,
    validation_error,
)
from mentor_api.http.examples import MentorId, QuestionId, UploadId
from mentor_api.http.problems import NO_UPLOAD
from mentor_common.events import Trim
from mentor_common.jobs import AnswerKey, UploadRequest

MIN_SECONDS = 1.0
MAX_SECONDS = 1_000_000
"""Eleven days: later moments are in no video."""
DEFAULT_LIMIT = 20
MAX_LIMIT = 50
_BAD_TRIM = "trim must be {start, end} in seconds with 0 <= start < end"
_LATE_TRIM = f"trim must end within {MAX_SECONDS} seconds; give start and end in seconds"
_BAD_IDS = "externalVideoIds must be {wistiaId, paraproId} of strings"
_BAD_LIMIT = f"limit must be a whole number from 1 to {MAX_LIMIT}"


class UploadForm(BaseModel):
    """A presigned POST."""

    url: str = Field(examples=["https://uploads.example.org/"], description="where to post")
    fields: dict[str, str] = Field(
        examples=[{"key": examples.VIDEO, "policy": "…", "x-amz-signature": "…"}],
        description="form fields to send before the file; `key` is the `video` of the next step",
    )


@dataclass(frozen=True)
class AnswerUpload:
    """A valid upload: its answer, the key of its video, and the mentor's wishes."""

    answer: AnswerKey
    video: str
    request: UploadRequest


class TrimRequest(Body):
    """What to keep: `[start, end)`, at least one second."""

    start: float = Field(ge=0, examples=[1.5], description="seconds")
    end: float = Field(
        gt=0,
        examples=[11],
        description="seconds; clamped to the video's end",
        json_schema_extra={"maximum": MAX_SECONDS},
    )


_ExternalId = Annotated[str, Field(max_length=1000)]


class ExternalVideoIds(Body):
    """Ids of the same video at other hosts; null is none."""

    wistia_id: _ExternalId | None = Field(default=None, alias="wistiaId")
    parapro_id: _ExternalId | None = Field(default=None, alias="paraproId")


_Flag = Annotated[
    bool | None, Field(description="null is false"), Texts(wrong="{field} must be true or false")
]


class AnswerRequest(Body):
    """An uploaded video and the answer it is for. Unknown fields are ignored."""

    mentor: MentorId
    question: QuestionId
    video: Annotated[
        OwnKey,
        Field(
            examples=[examples.VIDEO],
            description="`fields.key` of `/upload/url`, or the `key` of a resumable upload",
        ),
        Texts(missing="video s3 object parameter missing"),
    ]
    is_vbg_video: _Flag = Field(default=False, alias="isVbgVideo")
    trim: Annotated[TrimRequest | None, Texts(wrong=_BAD_TRIM)] = Field(
        default=None, examples=[{"start": 0.5, "end": 11}]
    )
    has_edited_transcript: _Flag = Field(
        default=False,
        alias="hasEditedTranscript",
        description="keep the answer's transcript; only its captions are timed anew; null is false",
    )
    generate_thumbnail: _Flag = Field(
        default=False,
        alias="generateThumbnail",
        description="make a thumbnail of the mentor; null is false",
    )
    maintain_original_aspect_ratio: _Flag = False
    external_video_ids: Annotated[ExternalVideoIds | None, Texts(wrong=_BAD_IDS)] = Field(
        default=None, alias="externalVideoIds"
    )

    @model_validator(mode="after")
    def _leaves_some_video(self) -> Self:
        trim = self.trim
        if trim is not None and trim.end <= trim.start:
            raise validation_error(_BAD_TRIM)
        if trim is not None and trim.end > MAX_SECONDS:
            raise validation_error(_LATE_TRIM)
        if trim is not None and trim.end - trim.start < MIN_SECONDS:
            raise validation_error(
                "trim leaves less than one second of video; keep at least one second"
            )
        return self

    def upload(self) -> AnswerUpload:
        """Return the upload that is asked for."""
        ids, trim = self.external_video_ids, self.trim
        # The UI sends the flag, either way, when it trims what the answer shows, and only then.
        sent = {"has_edited_transcript"} & self.model_fields_set
        request = UploadRequest(
            trim=trim and Trim(start=trim.start, end=trim.end),
            is_vbg_video=bool(self.is_vbg_video),
            has_edited_transcript=bool(self.has_edited_transcript),
            generate_thumbnail=bool(self.generate_thumbnail),
            maintain_original_aspect_ratio=bool(self.maintain_original_aspect_ratio),
            external_video_ids=(ids and ids.model_dump(by_alias=True, exclude_none=True)) or None,
            from_answer=bool(sent) and trim is not None and self.has_edited_transcript is not None,
        )
        return AnswerUpload(AnswerKey(self.mentor, self.question), self.video, request)


class QueuedTask(BaseModel):
    """A task as the upload UI shows it."""

    task_name: str = Field(examples=["transcoding-web"])
    task_id: str = Field(examples=["0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"])
    status: str = Field(examples=["QUEUED"])


class Accepted(BaseModel):
    """The upload was accepted: it will be worked on, whatever happens now."""

    model_config = ConfigDict(populate_by_name=True)

    task_list: list[QueuedTask] = Field(alias="taskList")
    status_url: str = Field(alias="statusUrl", examples=[f"/upload/status/{examples.UPLOAD}"])
    upload_id: UploadId


def _reason_code(example: str) -> Any:
    return Field(
        default=None,
        examples=[example],
        description="what `reason` means, for who says it in other words; null where only the"
        " sentence is known",
    )


def _reason_values(**example: float) -> Any:
    return Field(
        default={}, examples=[example], description="figures and names in `reason`, by its code"
    )


class UploadTask(QueuedTask):
    """A task and how far it is."""

    percent: int = Field(ge=0, le=100, examples=[40])
    attempt: int = Field(ge=1, examples=[1])
    reason: str | None = Field(
        description="why it failed, or what it waits for",
        examples=["waiting for a free transcoder: 14 uploads ahead, about 3 min"],
    )
    reason_code: str | None = _reason_code("waiting_for_worker")
    reason_values: dict[str, Any] = _reason_values(ahead=14, minutes=3)


class Recognised(BaseModel):
    """An account of how an upload's transcript was made."""

    engine: str = Field(examples=["whisper"], description="name of the recogniser")
    model: str | None = Field(examples=["base"], description="its model, where it has several")
    language: str | None = Field(examples=["en"], description="what is spoken, BCP 47")
    draft: bool = Field(description="whether the recogniser is one whose text is not to publish")


class UploadStatus(BaseModel):
    """An upload and how far it is."""

    upload_id: UploadId
    mentor: MentorId
    question: QuestionId
    state: str = Field(
        pattern="^(PREPARING|QUEUED|IN_PROGRESS|READY|FAILED|CANCELLING|CANCELLED|SUPERSEDED|ABORTED)$",
        examples=["IN_PROGRESS"],
    )
    reason: str | None = Field(description="why it ended as it did, for the mentor to read")
    reason_code: str | None = _reason_code("too_long")
    reason_values: dict[str, Any] = _reason_values(minutes=95, most=60)
    can_retry: bool = Field(description="whether `/upload/{upload_id}/retry` may help")
    why: str | None = Field(
        description="why it is not ready, in a sentence; null once it is",
        examples=["the video is waiting for a free transcoder: 14 uploads ahead, about 3 min"],
    )
    live: bool = Field(description="whether the answer shows this upload")
    tasks: list[UploadTask]
    tool_runs: list[Any] = Field(description="`[tool, start, end]` in epoch seconds")
    urls: dict[str, str] = Field(
        examples=[{"web": "https://static.example.org/videos/…/web.mp4"}],
        description="what is ready, by its name",
    )
    recognised: Recognised | None = Field(
        default=None, description="how its transcript was made, once it was; null for a given one"
    )
    web_rendition: str | None = Field(
        default=None,
        examples=["encoded: 1080p"],
        description="how the web rendition was made, once it was: `copied`, or `encoded: ` and why"
        " it was not copied",
    )
    accepted_at: str | None = Field(examples=["2026-01-05T12:00:00+00:00"])
    finished_at: str | None = Field(examples=["2026-01-05T12:01:10+00:00"])


class UploadPath(PathParameters):
    """An upload."""

    unknown: ClassVar[str] = NO_UPLOAD

    upload_id: UploadId


class UploadsQuery(BaseModel):
    """Which uploads."""

    mentor: MentorId
    limit: Annotated[WholeNumber, Texts(wrong=_BAD_LIMIT)] = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT
    )
    cursor: str | None = Field(default=None, description="as the page before answered it")


class NewestQuery(BaseModel):
    """Whose uploads."""

    mentor: MentorId
    cursor: str | None = Field(default=None, description="as the page before answered it")


class UploadPage(BaseModel):
    """Some uploads."""

    uploads: list[UploadStatus]
    cursor: str | None = Field(description="where the next page begins; null on the last one")


class CancelRequest(Body):
    """An answer whose upload shall stop."""

    mentor: MentorId
    question: QuestionId
    task_ids_to_cancel: Annotated[
        list[str] | None, Texts(wrong="task_ids_to_cancel must be a list of task ids")
    ] = Field(
        default=None,
        description="tasks of the upload that is meant: 404 where the newest one has none of them. "
        "It is cancelled whole",
    )


class CancelledAnswer(UploadStatus):
    """The upload that was cancelled, with the fields that clients of the old service read."""

    model_config = ConfigDict(populate_by_name=True)

    id: UploadId
    cancelled_id: str = Field(
        alias="cancelledId",
        examples=["0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"],
        description="first of `cancelledIds`",
    )
    cancelled_ids: list[str] = Field(alias="cancelledIds", description="its tasks")

    @classmethod
    def of(cls, status: UploadStatus) -> Self:
        """Return the answer for the status of a cancelled upload."""
        tasks = [task.task_id for task in status.tasks]
        old = {"id": status.upload_id, "cancelled_id": tasks[0], "cancelled_ids": tasks}
        return cls(**status.model_dump(), **old)
