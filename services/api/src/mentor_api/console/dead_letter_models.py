"""Requests and answers of the operator's console about dead letters."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from mentor_api.console.models import (
    SERVICE,
    ActionId,
    Service,
    Time,
    limit_text,
    one_of,
    time_field,
)
from mentor_api.http import examples
from mentor_api.http.body import Body, PathParameters, Texts, WholeNumber

_Filter = Annotated[
    Annotated[str, Field(min_length=1, max_length=200)] | None,
    Texts(wrong="{field} must be a text of 1 to 200 characters"),
]
_Verb = Literal["redrive", "discard"]
_OfService = Annotated[Service, one_of(Service)]


class LettersQuery(BaseModel):
    """Which dead letters."""

    queue: _OfService = SERVICE
    type: _Filter = Field(default=None, description="event type, or `unreadable`")
    code: _Filter = Field(default=None, description="why it was given up")
    upload: _Filter = Field(default=None, description="the upload it is about")
    limit: Annotated[WholeNumber, limit_text(100)] = Field(default=50, ge=1, le=100)


class Letter(BaseModel):
    """A message that was given up."""

    message: str = Field(examples=["5fea7756-0ea4-451a-a703-a558b933e274"])
    since: Time = time_field("since when it lies there")
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

    queue: Service = SERVICE
    waiting: int = Field(examples=[1], description="how many there are")
    hidden: int = Field(examples=[0], description="how many somebody looks at just now")
    read: int = Field(examples=[1], description="how many were read, at most 500")
    matching: int = Field(examples=[1], description="how many of these are meant")
    reasons: list[Reason]
    letters: list[Letter]


class ActionRequest(Body):
    """What shall be done with which dead letters."""

    verb: Annotated[_Verb, one_of(_Verb)] = Field(
        examples=["redrive"], description="try again, or take away for good"
    )
    queue: _OfService = SERVICE
    type: _Filter = None
    code: _Filter = None
    upload: _Filter = None
    message: _Filter = Field(default=None, description="only this one")


class Action(BaseModel):
    """A redrive or a discard, and how far it is."""

    id: ActionId
    verb: Literal["redrive", "discard"] = Field(examples=["redrive"])
    queue: Service = SERVICE
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
