"""The console's requests for dead letters, and what they are answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from mentor_api.console.models import (
    ERROR,
    PATTERN,
    SERVICE,
    Filter,
    Service,
    Time,
    limit_text,
    one_of,
    time_field,
)
from mentor_api.http import examples
from mentor_api.http.body import WholeNumber
from mentor_api.http.examples import ID_TEXTS, MentorId
from mentor_common.operating.dead_letter import DeadLetterFilter


class LettersQuery(BaseModel):
    """Which dead letters."""

    queue: Annotated[Service, one_of(Service)] = SERVICE
    type: Filter = Field(default=None, description="event type, or `unreadable`")
    code: Filter = Field(default=None, description="why it was given up")
    upload: Filter = Field(
        default=None, description="the upload it is about: its id, or how it begins"
    )
    mentor: Annotated[MentorId | None, ID_TEXTS] = None
    error: Filter = ERROR
    limit: Annotated[WholeNumber, limit_text(100)] = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="as the page before answered it")

    @property
    def chosen(self) -> DeadLetterFilter:
        """The letters that are meant."""
        return DeadLetterFilter(self.type, self.upload, self.code, self.mentor, self.error)


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


class LetterGroup(BaseModel):
    """Dead letters whose errors differ in ids and numbers only."""

    type: str = Field(examples=["upload.accepted.v1"])
    code: str = Field(examples=["gave_up"])
    error_pattern: str = PATTERN
    count: int = Field(examples=[1])
    oldest: Time = time_field("since when the oldest lies there")


class LetterPage(BaseModel):
    """Some dead letters, the oldest first."""

    queue: Service = SERVICE
    waiting: int = Field(examples=[1], description="how many there are")
    hidden: int = Field(examples=[0], description="how many somebody looks at just now")
    read: int = Field(examples=[1], description="how many were read, at most 5,000")
    matching: int = Field(
        examples=[1],
        description="how many of these are meant, on all pages: what an action is begun with as "
        "`expected`",
    )
    reasons: list[Reason] = Field(description="of all that were read")
    groups: list[LetterGroup] = Field(
        max_length=100, description="of all that were read, the largest first"
    )
    letters: list[Letter]
    cursor: str | None = Field(description="where the next page begins; null on the last one")
