"""Requests and answers of the operator's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, Field, PlainSerializer

from mentor_api.http import examples
from mentor_api.http.body import Body, PathParameters, Texts, WholeNumber
from mentor_api.http.examples import ID_TEXTS, MentorId, QuestionId, UploadId
from mentor_common.operating.audit import Tool, Verb
from mentor_common.operating.history import iso
from mentor_common.operating.search import SHORT_ID
from mentor_common.work.registry import Liveness

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Task
    from mentor_common.work import registry

_AT = "2026-01-05T12:00:00+00:00"
NO_UPLOAD = "there is no upload with this id; the list shows those there are"
_ACTION = "20260105T120000000000Z-1f0e2d3c"
ActionId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}$", examples=[_ACTION])]
Service = Literal["api", "transcoder", "transcriber", "notifier"]
Kind = Annotated[Literal["transcode", "transcribe"], Field(examples=["transcode"])]
_SoughtState = Literal[
    "ACTIVE", "ALL", "PREPARING", "QUEUED", "IN_PROGRESS", "CANCELLING",
    "READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED",
]  # fmt: skip
Tone = Literal["plain", "good", "bad", "warn"]
Time = Annotated[float, PlainSerializer(iso, return_type=str)]
"""Epoch seconds, answered as ISO 8601 in UTC."""
SERVICE = Field(examples=["transcoder"], description="whose")


def time_field(description: str) -> Any:
    """Return the field of a :data:`Time`."""
    return Field(examples=[_AT], description=description)


def one_of(values: Any) -> Texts:
    """Return the text about a field that takes one of a Literal's values."""
    *most, last = get_args(values)
    return Texts(wrong=f"{{field}} must be {', '.join(most)} or {last}")


def limit_text(most: int) -> Texts:
    """Return the text about a number of answers."""
    return Texts(wrong=f"{{field}} must be a whole number from 1 to {most}")


def _number(limits: str) -> Texts:
    return Texts(wrong=f"{{field}} must be a number{limits}")


class Operator(BaseModel):
    """Who operates what."""

    user: str = Field(examples=[examples.USER])
    role: str = Field(examples=["ADMIN"])
    stage: str = Field(examples=["prod"])


class Queue(BaseModel):
    """A service's queue and its dead letters."""

    service: Service = SERVICE
    waiting: int = Field(examples=[3], description="messages that nobody has taken")
    in_work: int = Field(examples=[1], description="messages that are being handled, or put off")
    oldest_seconds: float | None = Field(
        examples=[42.0], description="for how long the oldest waits; null where nobody knows"
    )
    dead: int = Field(examples=[0], description="messages that were given up")


class Queues(BaseModel):
    """All queues."""

    at: Time = time_field("when this was read")
    queues: list[Queue]


class Worker(BaseModel):
    """A worker process, as it last said of itself."""

    service: str = Field(examples=["transcoder"])
    process: str = Field(examples=["transcoder-7d4b9:1"], description="host and process")
    version: str = Field(examples=["0.1.0"])
    seen: Liveness = Field(examples=["alive"])
    started_at: Time = time_field("when it was started")
    written_at: Time = time_field("when it last said something")
    turned_seconds: float = Field(
        examples=[0.4], description="how long before that its loop had last turned"
    )
    slots: int = Field(examples=[1], description="how many messages it handles at once")
    in_flight: int = Field(examples=[1], description="how many it handles now")
    down: dict[str, str] = Field(
        examples=[{}], description="what it waits for: dependency to what was seen of it"
    )
    pausing: bool = Field(description="whether it takes no new work, or only tries single ones")
    stopping: bool = Field(description="whether it was told to end")

    @classmethod
    def of(cls, worker: registry.Worker, now: float) -> Worker:
        """Build from what a worker wrote of itself."""
        turned_seconds = round(max(0.0, worker.written_at - worker.turned_at), 1)
        given = {"seen": worker.liveness(now), "turned_seconds": turned_seconds}
        return cls.model_validate(worker.model_dump() | given)


class Workers(BaseModel):
    """The workers that are there, or were lost within the hour."""

    at: Time = time_field("when this was read")
    workers: list[Worker]


AgeHours = Annotated[float | None, _number(" over 0 and at most 4320")]
AgeMinutes = Annotated[float, _number(" from 0 to 259200")]
ShortId = Annotated[
    Annotated[str, Field(pattern=SHORT_ID, examples=[examples.UPLOAD[:8]])] | None,
    Texts(wrong="{field} must be an upload's id, or its first 4 characters or more"),
]
Filter = Annotated[
    Annotated[str, Field(min_length=1, max_length=200)] | None,
    Texts(wrong="{field} must be a text of 1 to 200 characters"),
]
ERROR = Field(
    default=None,
    examples=["No space left"],
    description="part of the error's text, or of its pattern, in any case of letters",
)
TOTAL = Field(
    examples=[1], description="how many there are on all pages, as the first one counted them"
)
LOWER_BOUND = Field(
    examples=[False], description="whether there may be more: only the latest 5,000 were read"
)
PATTERN = Field(
    examples=["gave_up: [Errno <n>] No space left on device"],
    description="the error's text without ids and numbers",
)


class UploadErrorsQuery(BaseModel):
    """Which uploads."""

    state: Annotated[_SoughtState, one_of(_SoughtState)] = Field(
        default="ALL", description="`ACTIVE`: not ended yet"
    )
    mentor: Annotated[MentorId | None, ID_TEXTS] = None
    upload: ShortId = Field(default=None, description="its id, or how it begins")
    error: Filter = ERROR
    within_hours: AgeHours = Field(
        default=None,
        gt=0,
        le=4320,
        description="not older than that; 24 by default, and with `upload` all that is kept",
    )
    older_than_minutes: AgeMinutes = Field(
        default=0, ge=0, le=259200, description="older than that"
    )


class UploadSearchQuery(UploadErrorsQuery):
    """Which uploads, and which page of them."""

    limit: Annotated[WholeNumber, limit_text(100)] = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="as the page before answered it")


class Row(BaseModel):
    """An upload in a list."""

    upload: UploadId
    state: str = Field(
        examples=["FAILED"], description="`UNREADABLE` where an item of it cannot be read"
    )
    mentor: MentorId | None = Field(description="null where it cannot be read, as below")
    question: QuestionId | None
    came_at: Time = time_field("when it came")
    ended_at: Time | None = time_field("when the mentor was told how it ended")
    why: str | None = Field(examples=["no_video: There is no picture in it."])
    attempt: int | None = Field(examples=[1])
    error: str | None = Field(examples=["no_video: There is no picture in it."])
    error_pattern: str | None = PATTERN


class UploadRows(BaseModel):
    """Some uploads, the latest first."""

    uploads: list[Row]
    cursor: str | None = Field(
        description="where the next page begins, whatever comes meanwhile; null on the last one"
    )
    total: int = TOTAL
    total_is_lower_bound: bool = LOWER_BOUND


class UploadErrorGroup(BaseModel):
    """Uploads whose errors differ in ids and numbers only."""

    error_pattern: str = PATTERN
    uploads: int = Field(examples=[1], description="how many")
    example: str = Field(
        examples=["gave_up: [Errno 28] No space left on device"],
        description="the text of the latest of them",
    )
    latest: UploadId
    latest_came_at: Time = time_field("when that one came")


class UploadErrors(BaseModel):
    """The errors of uploads, the most frequent first."""

    groups: list[UploadErrorGroup] = Field(max_length=100)
    total: int = Field(examples=[1], description="how many uploads there are, with and without one")
    total_is_lower_bound: bool = LOWER_BOUND


class UploadPath(PathParameters):
    """An upload."""

    unknown: ClassVar[str] = NO_UPLOAD

    upload_id: UploadId


class Work(BaseModel):
    """A unit of work of an upload."""

    task: Kind
    status: str = Field(examples=["FAILED"])
    attempt: int = Field(examples=[1])
    starts: int = Field(examples=[1], description="how often this attempt was started")
    claims: int = Field(examples=[1], description="how often the work was ever taken")
    percent: int = Field(examples=[40])
    owner: str = Field(examples=["transcoder-7d4b9:1"], description="who took it last")
    lease_until: Time | None = time_field("until when nobody else may take it")
    code: str | None = Field(examples=["no_video"])
    reason: str | None = Field(examples=["There is no picture in it."])
    last_error: str | None = Field(examples=["TransientError: No space left on device"])
    results: dict[str, str] = Field(examples=[{"web": "videos/…/web.mp4"}])
    web_rendition: str | None = Field(
        examples=["encoded: 1080p"],
        description="how it was made: `copied`, or `encoded: ` and why it was not copied",
    )
    engine: str | None = Field(examples=["whisper"], description="recogniser of a transcript")
    model: str | None = Field(examples=["base"], description="its model, where it has several")
    language: str | None = Field(examples=["en"], description="what is spoken, BCP 47")
    draft: bool = Field(description="whether its transcript is not for publishing")

    @classmethod
    def of(cls, kind: TaskKind, task: Task) -> Work:
        """Build from the task of a kind."""
        lease_until = task.lease_until or None
        given: dict[str, Any] = {"task": kind, "claims": task.claim, "lease_until": lease_until}
        given |= {"engine": task.engine, "model": task.model, "language": task.language}
        given |= {"draft": task.is_draft, "web_rendition": task.web_rendition}
        return cls.model_validate(task.model_dump() | given)


class Event(BaseModel):
    """Something that happened to an upload."""

    at: Time = time_field("when")
    what: str = Field(examples=["Making the video: attempt 1 begun"])
    tone: Tone = Field(examples=["plain"])
    more: str | None = Field(examples=["on transcoder-7d4b9:1"])


class UploadDetails(BaseModel):
    """All of an upload."""

    upload: UploadId
    state: str = Field(examples=["FAILED"])
    standing: str = Field(examples=["current"], description="whether work for it still counts")
    mentor: MentorId
    question: QuestionId
    user: str = Field(examples=[examples.USER], description="who sent it")
    came_at: Time = time_field("when it came")
    transcription: str = Field(examples=["wanted"])
    published: bool = Field(description="whether it was announced to the workers")
    live: bool = Field(description="whether the answer shows this upload")
    why: str | None = Field(examples=["it failed: There is no picture in it."])
    last_error: str | None = Field(examples=["no_video: There is no picture in it."])
    looked_at_next: Time | None = time_field("when it will be looked at again by itself")
    tasks: list[Work]
    story: list[Event] = Field(description="what happened, the oldest first")
    trace_id: str | None = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    trace_url: str | None = Field(
        examples=["https://traces.example.org/4bf92f3577b34da6a3ce929d0e0e4736"]
    )
    may_retry: bool
    may_cancel: bool


class RetryRequest(Body):
    """Which task; without one all that failed."""

    task: Annotated[Kind | None, Texts(wrong="task must be transcode or transcribe")] = None


class Retried(BaseModel):
    """What was asked for."""

    upload: UploadId
    opens: dict[str, int] = Field(
        examples=[{"transcode": 2}], description="task to the attempt that it gets"
    )


class NothingMore(Body):
    """An empty object: there is nothing to choose."""


class Entry(BaseModel):
    """Something an operator did."""

    id: ActionId
    at: Time = time_field("when it began")
    ended_at: Time | None = time_field("when it ended")
    who: str = Field(examples=[examples.USER])
    tool: Tool = Field(examples=["console"])
    verb: Verb = Field(examples=["redrive"])
    to: dict[str, Any] = Field(examples=[{"queue": "transcoder"}])
    result: dict[str, Any] | None = Field(examples=[{"done": 12, "undone": 0}])


class AuditQuery(BaseModel):
    """Which part of the log."""

    limit: Annotated[WholeNumber, limit_text(200)] = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, description="as the page before answered it")


class AuditPage(BaseModel):
    """A part of the log."""

    entries: list[Entry]
    cursor: str | None = Field(description="where the next page begins; null on the last one")


class _Figures(BaseModel):
    came: int = Field(examples=[12], description="uploads that were accepted")
    ready: int = Field(examples=[10])
    failed: int = Field(examples=[1])
    cancelled: int = Field(examples=[0])
    superseded: int = Field(examples=[0])
    seconds_half: float | None = Field(
        examples=[38.5], description="within how many seconds half of them were ready"
    )
    seconds_most: float | None = Field(
        examples=[95.0], description="within how many seconds 95 of 100 were ready"
    )


class Hour(_Figures):
    """An hour."""

    begins: Time = time_field("when it began")


class Total(_Figures):
    """The whole day."""


class Failure(BaseModel):
    """How many failed for a reason."""

    code: str = Field(examples=["no_video"])
    count: int = Field(examples=[1])


class Day(BaseModel):
    """The last 24 hours; the last one is not over yet."""

    hours: list[Hour]
    total: Total
    failures: list[Failure]
