"""Requests and answers of the operator's console about what is done to many things at once."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from mentor_api.console.models import (
    ERROR,
    SERVICE,
    ActionId,
    AgeHours,
    AgeMinutes,
    Filter,
    Service,
    ShortId,
    Time,
    one_of,
    time_field,
)
from mentor_api.http import examples
from mentor_api.http.body import INTEGRAL, Body, PathParameters, Texts
from mentor_api.http.examples import ID_TEXTS, MentorId, UploadId
from mentor_common.operating.dead_letter import DeadLetterFilter

MOST_SELECTED = 1000
Verb = Literal["redrive", "discard", "retry"]
LetterVerb = Literal["redrive", "discard"]
_MESSAGE = "5fea7756-0ea4-451a-a703-a558b933e274"
_Selected = Annotated[
    Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=MOST_SELECTED),
    ]
    | None,
    Texts(wrong=f"{{field}} must be 1 to {MOST_SELECTED} ids of messages"),
]
_SelectedUploads = Annotated[
    Annotated[list[UploadId], Field(min_length=1, max_length=MOST_SELECTED)] | None,
    Texts(wrong=f"{{field}} must be 1 to {MOST_SELECTED} ids of uploads"),
]
_Expected = Annotated[
    Annotated[int, Field(ge=0, le=1_000_000), INTEGRAL] | None,
    Texts(wrong="{field} must be the number of those that were shown"),
]
_Key = Annotated[
    Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,100}$")] | None,
    Texts(wrong="{field} must be 8 to 100 letters, digits, _ or -"),
]
_EXPECTED = Field(
    default=None,
    examples=[1],
    description="how many the operator was shown; 409 with the number there is where that is "
    "another one. Of a selection it is the number of its ids",
)
_IDEMPOTENCY_KEY = Field(
    default=None,
    examples=["b1d2f3a4-0001"],
    description="of the caller's choice: asked again with the same one, the action that it began "
    "is answered, and none is begun",
)


class ActionRequest(Body):
    """What shall be done with which dead letters."""

    verb: Annotated[LetterVerb, one_of(LetterVerb)] = Field(
        examples=["redrive"], description="try again, or take away for good"
    )
    queue: Annotated[Service, one_of(Service)] = SERVICE
    type: Filter = None
    code: Filter = None
    upload: Filter = Field(default=None, description="the upload's id, or how it begins")
    mentor: Annotated[MentorId | None, ID_TEXTS] = None
    error: Filter = ERROR
    message: Filter = Field(default=None, description="only this one")
    messages: _Selected = Field(
        default=None, examples=[[_MESSAGE]], description="only these, each of which must be there"
    )
    expected: _Expected = _EXPECTED
    idempotency_key: _Key = _IDEMPOTENCY_KEY

    @property
    def chosen(self) -> DeadLetterFilter:
        """The letters that are meant."""
        selected = [*(self.messages or ()), *([] if self.message is None else [self.message])]
        return DeadLetterFilter(
            type=self.type,
            upload=self.upload,
            code=self.code,
            mentor=self.mentor,
            error=self.error,
            messages=frozenset(selected) or None,
        )

    @property
    def selects(self) -> bool:
        """Whether single letters are named."""
        return self.messages is not None

    @property
    def number(self) -> int | None:
        """How many must be there; ``None`` for any."""
        return _number(self.expected, self.messages)


class RetryAllRequest(Body):
    """Which of the uploads that failed shall be tried again."""

    mentor: Annotated[MentorId | None, ID_TEXTS] = None
    upload: ShortId = Field(default=None, description="its id, or how it begins")
    error: Filter = ERROR
    within_hours: AgeHours = Field(
        default=None, gt=0, le=4320, description="as of the list of uploads"
    )
    older_than_minutes: AgeMinutes = Field(
        default=0, ge=0, le=259200, description="as of the list of uploads"
    )
    uploads: _SelectedUploads = Field(
        default=None,
        examples=[[examples.UPLOAD]],
        description="only these, each of which must have failed",
    )
    expected: _Expected = _EXPECTED
    idempotency_key: _Key = _IDEMPOTENCY_KEY

    @property
    def selects(self) -> bool:
        """Whether single uploads are named."""
        return self.uploads is not None

    @property
    def number(self) -> int | None:
        """How many must have failed; ``None`` for any."""
        return _number(self.expected, self.uploads)


def _number(expected: int | None, selected: list[str] | None) -> int | None:
    return len(set(selected)) if expected is None and selected is not None else expected


class Action(BaseModel):
    """What is done to many dead letters or uploads, and how far it is."""

    id: ActionId
    verb: Verb = Field(examples=["redrive"])
    queue: Service | None = Field(
        examples=["transcoder"],
        description="whose dead letters; null where uploads are tried again",
    )
    type: str | None = Field(examples=["upload.accepted.v1"])
    code: str | None = Field(examples=["gave_up"])
    upload: str | None = Field(examples=[examples.UPLOAD])
    mentor: str | None = Field(examples=[examples.MENTOR])
    error: str | None = Field(examples=["No space left on device"])
    message: str | None = Field(examples=[_MESSAGE])
    who: str = Field(examples=[examples.USER])
    begun_at: Time = time_field("when it began")
    total: int = Field(examples=[12], description="how many were meant when it began, and are now")
    done: int = Field(examples=[10])
    undone: int = Field(
        examples=[0], description="letters that could not be moved, uploads that were refused"
    )
    gone: int = Field(
        default=0,
        examples=[0],
        description="letters that were not there any more: somebody else has moved them",
    )
    problem: str | None = Field(
        default=None, examples=[None], description="why the last one that is undone was not done"
    )
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
