"""What the routes of the operator's console take and answer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from mentor_api.http import examples
from mentor_api.http.body import Body, PathParameters
from mentor_api.http.examples import MentorId, QuestionId, UploadId

TAG = "Operating"
_AT = "2026-01-05T12:00:00+00:00"
_ACTION = "20260105T120000000000Z-1f0e2d3c"
ActionId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}$", examples=[_ACTION])]
Service = Literal["api", "transcoder", "transcriber", "notifier"]
Kind = Annotated[Literal["transcode", "transcribe"], Field(examples=["transcode"])]
_Filter = Annotated[str, Field(min_length=1, max_length=200)]
_ServiceField = Field(examples=["transcoder"], description="whose")


def iso_field(description: str) -> Any:
    """Return the field of a time."""
    return Field(examples=[_AT], description=description)


class Queue(BaseModel):
    """A service's queue and its dead letters."""

    service: Service = _ServiceField
    waiting: int = Field(examples=[3], description="messages that nobody has taken")
    in_work: int = Field(examples=[1], description="messages that are being handled, or put off")
    oldest_seconds: float | None = Field(
        examples=[42.0], description="for how long the oldest waits; null where nobody knows"
    )
    dead: int = Field(examples=[0], description="messages that were given up")


class Worker(BaseModel):
    """A worker process, as it last said of itself."""

    service: str = Field(examples=["transcoder"])
    process: str = Field(examples=["transcoder-7d4b9:1"], description="host and process")
    version: str = Field(examples=["0.1.0"])
    seen: Literal["alive", "late", "gone"] = Field(examples=["alive"])
    started_at: str = iso_field("when it was started")
    written_at: str = iso_field("when it last said something")
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


class Row(BaseModel):
    """An upload in a list."""

    upload: UploadId
    state: str = Field(examples=["FAILED"])
    mentor: MentorId
    question: QuestionId
    came_at: str = iso_field("when it came")
    ended_at: str | None = iso_field("when the mentor was told how it ended")
    why: str | None = Field(examples=["no_video: There is no picture in it."])
    attempt: int = Field(examples=[1])


class Work(BaseModel):
    """A unit of work of an upload."""

    task: Kind
    status: str = Field(examples=["FAILED"])
    attempt: int = Field(examples=[1])
    starts: int = Field(examples=[1], description="how often this attempt was started")
    claims: int = Field(examples=[1], description="how often the work was ever taken")
    percent: int = Field(examples=[40])
    owner: str = Field(examples=["transcoder-7d4b9:1"], description="who took it last")
    lease_until: str | None = iso_field("until when nobody else may take it")
    code: str | None = Field(examples=["no_video"])
    reason: str | None = Field(examples=["There is no picture in it."])
    last_error: str | None = Field(examples=["TransientError: No space left on device"])
    results: dict[str, str] = Field(examples=[{"web": "videos/…/web.mp4"}])


class Event(BaseModel):
    """Something that happened to an upload."""

    at: str = iso_field("when")
    what: str = Field(examples=["Making the video: attempt 1 begun"])
    tone: Literal["plain", "good", "bad", "warn"] = Field(examples=["plain"])
    more: str | None = Field(examples=["on transcoder-7d4b9:1"])


class Told(BaseModel):
    """All of an upload."""

    upload: UploadId
    state: str = Field(examples=["FAILED"])
    standing: str = Field(examples=["current"], description="whether work for it still counts")
    mentor: MentorId
    question: QuestionId
    user: str = Field(examples=[examples.USER], description="who sent it")
    came_at: str = iso_field("when it came")
    transcription: str = Field(examples=["wanted"])
    published: bool = Field(description="whether it was announced to the workers")
    live: bool = Field(description="whether the answer shows this upload")
    why: str | None = Field(examples=["it failed: There is no picture in it."])
    last_error: str | None = Field(examples=["no_video: There is no picture in it."])
    looked_at_next: str | None = iso_field("when it will be looked at again by itself")
    tasks: list[Work]
    story: list[Event] = Field(description="what happened, the oldest first")
    trace_id: str | None = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    trace_url: str | None = Field(
        examples=["https://traces.example.org/4bf92f3577b34da6a3ce929d0e0e4736"]
    )
    may_retry: bool
    may_cancel: bool


class LettersQuery(BaseModel):
    """Which dead letters."""

    queue: Service = _ServiceField
    type: _Filter | None = Field(default=None, description="event type, or `unreadable`")
    code: _Filter | None = Field(default=None, description="why it was given up")
    upload: _Filter | None = Field(default=None, description="the upload it is about")
    limit: int = Field(default=50, ge=1, le=100)


class Letter(BaseModel):
    """A message that was given up."""

    message: str = Field(examples=["5fea7756-0ea4-451a-a703-a558b933e274"])
    since: str = iso_field("since when it lies there")
    type: str = Field(examples=["upload.accepted.v1"])
    code: str = Field(examples=["gave_up"])
    why: str | None = Field(examples=["TransientError: No space left on device"])
    attempt: str | None = Field(examples=["1"], description="the attempt that failed")
    upload: str | None = Field(examples=[examples.UPLOAD])
    state: str | None = Field(examples=["FAILED"], description="how that upload stands")
    mentor: str | None = Field(examples=[examples.MENTOR])
    content: str = Field(examples=["{}"], description="the message itself")


class Reason(BaseModel):
    """How many letters there are for one reason."""

    type: str = Field(examples=["upload.accepted.v1"])
    code: str = Field(examples=["gave_up"])
    count: int = Field(examples=[1])


class LetterPage(BaseModel):
    """Some dead letters."""

    queue: Service = _ServiceField
    waiting: int = Field(examples=[1], description="how many there are")
    hidden: int = Field(examples=[0], description="how many somebody looks at just now")
    read: int = Field(examples=[1], description="how many were read, at most 500")
    matching: int = Field(examples=[1], description="how many of these are meant")
    reasons: list[Reason]
    letters: list[Letter]


class ActionRequest(Body):
    """What shall be done with which dead letters."""

    verb: Literal["redrive", "discard"] = Field(
        examples=["redrive"], description="try again, or take away for good"
    )
    queue: Service = _ServiceField
    type: _Filter | None = None
    code: _Filter | None = None
    upload: _Filter | None = None
    message: _Filter | None = Field(default=None, description="only this one")


class Action(BaseModel):
    """A redrive or a discard, and how far it is."""

    id: ActionId
    verb: Literal["redrive", "discard"] = Field(examples=["redrive"])
    queue: Service = _ServiceField
    type: str | None = Field(examples=["upload.accepted.v1"])
    code: str | None = Field(examples=["gave_up"])
    upload: str | None = Field(examples=[examples.UPLOAD])
    message: str | None = Field(examples=["5fea7756-0ea4-451a-a703-a558b933e274"])
    who: str = Field(examples=[examples.USER])
    total: int = Field(examples=[12], description="letters that lay there when it began")
    done: int = Field(examples=[10])
    undone: int = Field(examples=[0], description="letters that could not be moved")
    status: Literal["RUNNING", "DONE", "STOPPED"] = Field(examples=["RUNNING"])
    kept: str | None = Field(
        examples=["s3://uploads/discarded/…/"],
        description="where what was discarded lies, for 30 days",
    )


class RunningActions(BaseModel):
    """The actions that are not over."""

    actions: list[Action]


class ActionPath(PathParameters):
    """An action."""

    unknown: ClassVar[str] = "there is no such action"

    action_id: ActionId


class RetryRequest(Body):
    """Which task; without one all that failed."""

    task: Kind | None = None


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
    at: str = iso_field("when it began")
    ended_at: str | None = iso_field("when it ended")
    who: str = Field(examples=[examples.USER])
    tool: Literal["console", "mentor-ops"] = Field(examples=["console"])
    verb: Literal["redrive", "discard", "retry", "cancel"] = Field(examples=["redrive"])
    to: dict[str, Any] = Field(examples=[{"queue": "transcoder"}])
    result: dict[str, Any] | None = Field(examples=[{"done": 12, "undone": 0}])


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

    begins: str = iso_field("when it began")


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
