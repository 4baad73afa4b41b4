"""Requests and answers of the routes of transfers."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SkipValidation,
    model_validator,
)

from mentor_api.http import examples
from mentor_api.http.body import Body, PathParameters, Texts, validation_error
from mentor_api.http.examples import UUID, MentorId
from mentor_common.errors import UnstorableError
from mentor_common.storable import check_storable

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPORT, _CHANGES = "mentorExportJson", "replacedMentorDataChanges"
_TRANSFER = "4c1f6c1e-6a4b-4d36-9a06-0f4f5e1f3b11"
_LONGEST_PLACE = 200
_TransferId = Field(
    pattern=UUID, examples=[_TRANSFER], description="as `/transfer/mentor` answered it"
)
_OBJECT_TEXTS = Texts("{field} parameter missing", "{field} must be an object")


def _objects(value: Any) -> Any:
    if value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return value
    raise ValueError("not a list of objects")


_Objects = Annotated[
    SkipValidation[list[dict[str, Any]] | None],
    AfterValidator(_objects),
    Texts(wrong="{place} must be a list of objects"),
    Field(examples=[[]], description="as GraphQL exported them; null for none"),
]


class _Frame(BaseModel):
    """An object of the request, whose fields are there.

    What GraphQL's input types allow in them, nulls above all, only GraphQL knows.
    """

    place: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _is_complete(cls, given: Any) -> Any:
        lacks = [n for n in cls.model_fields if isinstance(given, dict) and n not in given]
        if lacks:
            raise validation_error(f"{cls.place}.{lacks[0]} is missing; export the mentor again")
        return given


class MentorExport(_Frame):
    """What GraphQL's `mentorExport` answers; values may be null where GraphQL's may."""

    model_config = ConfigDict(extra="allow")
    place: ClassVar[str] = _EXPORT

    id: SkipValidation[str | None] = Field(examples=[examples.MENTOR])
    mentorInfo: SkipValidation[dict[str, Any] | None] = Field(  # noqa: N815 -- the wire's name
        examples=[{"name": "Olive Owner"}]
    )
    subjects: _Objects
    questions: _Objects
    answers: _Objects
    userQuestions: _Objects  # noqa: N815 -- the wire's name


class ReplacedChanges(_Frame):
    """What the import changes in the mentor that is written to."""

    place: ClassVar[str] = _CHANGES

    questionChanges: _Objects  # noqa: N815 -- the wire's name
    answerChanges: _Objects  # noqa: N815 -- the wire's name


class TransferBody(Body):
    """An exported mentor and the mentor to write it to. Unknown fields are ignored."""

    no_object: ClassVar[str] = "body payload is required, as a JSON object"

    mentor: MentorId
    mentorExportJson: Annotated[MentorExport, _OBJECT_TEXTS]  # noqa: N815 -- the wire's name
    replacedMentorDataChanges: Annotated[ReplacedChanges, _OBJECT_TEXTS]  # noqa: N815 -- the wire's name
    _payload: bytes = PrivateAttr()

    @classmethod
    def decode(cls, raw: bytes) -> Any:
        """Return the JSON in ``raw``, which has no NaN and no infinity: GraphQL takes none."""
        return json.loads(raw, parse_constant=_refuse)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_payload(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        body = handler(given)
        if not isinstance(body.mentorExportJson.mentorInfo, dict | None):
            raise validation_error(f"{_EXPORT}.mentorInfo must be an object")
        body._payload = _payload_of(given)  # noqa: SLF001 -- of this very class
        return body

    @property
    def payload(self) -> bytes:
        """JSON in UTF-8 of what is kept of the body: export and changes as they were sent."""
        return self._payload

    @property
    def digest(self) -> str:
        """SHA-256 of the payload, hex."""
        return hashlib.sha256(self._payload).hexdigest()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _payload_of(given: Mapping[str, Any]) -> bytes:
    kept = {
        "mentor": given["mentor"],
        _EXPORT: _without_nulls(given[_EXPORT], MentorExport, but=("id", "mentorInfo")),
        _CHANGES: _without_nulls(given[_CHANGES], ReplacedChanges),
    }
    try:
        check_storable(kept, below=math.inf)
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    except UnstorableError as error:
        if error.problem.endswith("valid Unicode"):
            raise validation_error("the body has text that is not valid Unicode") from None
        place = error.attribute[:_LONGEST_PLACE]
        raise validation_error(f"{place} {error.problem}; export the mentor again") from None


def _without_nulls(
    given: Mapping[str, Any], model: type[BaseModel], but: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return an object with empty lists for null, as in GraphQL."""
    lists = set(model.model_fields) - set(but)
    return {name: [] if value is None and name in lists else value for name, value in given.items()}


class AcceptedTransfer(BaseModel):
    """The transfer was accepted."""

    model_config = ConfigDict(populate_by_name=True)

    id: str = _TransferId
    mentor: MentorId
    status: Literal["QUEUED"]
    status_url: str = Field(alias="statusUrl", examples=[f"/transfer/status/{_TRANSFER}"])


class MediaCount(BaseModel):
    """How far the media are."""

    total: int = Field(ge=0, examples=[30], description="0 until the mentor was imported")
    copied: int = Field(ge=0, examples=[29])
    failed: int = Field(ge=0, examples=[1])


class TransferStatus(BaseModel):
    """How far a transfer is."""

    model_config = ConfigDict(populate_by_name=True)

    id: str = _TransferId
    mentor: MentorId
    status: Literal["QUEUED", "IN_PROGRESS", "DONE", "FAILED"]
    status_url: str = Field(alias="statusUrl", examples=[f"/transfer/status/{_TRANSFER}"])
    updated: str | None = Field(
        examples=["2026-11-24T15:04:39.645515+00:00"], description="when something last changed"
    )
    reason: str | None = Field(examples=[None], description="why it failed")
    media: MediaCount
    running: dict[str, int] = Field(
        examples=[{f"web video of question {examples.QUESTION}": 40}],
        description="percent of each medium that is being copied now",
    )
    errors: list[str] = Field(
        examples=[[f"web video of question {examples.QUESTION}: The file is no longer there."]],
        description="what was not transferred, and why",
    )


class TransferPath(PathParameters):
    """Which transfer."""

    unknown: ClassVar[str] = "transfer not found; check the id that /transfer/mentor answered"

    transfer_id: str = _TransferId
