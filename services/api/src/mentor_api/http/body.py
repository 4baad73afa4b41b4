"""Requests as models: reading them, and the text about the first thing that is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from mentor_api.http.problems import Problem, bad_request, forbidden, not_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo

_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST_NUMBER = 9
NO_BODY = "body payload is required"
KEY_PATTERN = r"^[A-Za-z0-9_-]{5,60}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"
_VALIDATION = "validation"
_FOREIGN = "foreign"


def _integral(value: object) -> object:
    """Make 2.0 the whole number it is, in JSON and to our document."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""For whole numbers in JSON bodies."""


@dataclass(frozen=True)
class Texts:
    """The contract's texts about a field, as part of its annotation.

    They hold for what is wrong within the field as well, unless that has texts of its own.

    Parameters
    ----------
    missing
        Where the field is missing or null; ``{field}`` stands for its name, ``{place}`` for the
        names on the way to it, with dots.
    wrong
        For any other value that it does not take, and where there is no ``missing``.
    """

    missing: str | None = None
    wrong: str | None = None


def _whole(text: object) -> object:
    """Return the number of decimal digits, since Python reads more as numbers."""
    if not (isinstance(text, str) and text.isascii() and text.isdecimal()):
        raise ValueError("no whole number")
    digits = text.lstrip("0") or "0"
    return int(digits[: _LONGEST_NUMBER + 1])  # enough to be over any limit


WholeNumber = Annotated[int, BeforeValidator(_whole)]
"""A number of a query, in decimal digits."""


class Body(BaseModel):
    """A JSON body. Unknown fields are ignored: clients grow fields over time."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)
    no_object: ClassVar[str] = NO_BODY
    """The contract's text about a body that is no JSON object."""

    @classmethod
    def decode(cls, raw: bytes) -> Any:
        """Return the JSON in ``raw``; a ``ValueError`` where it is none."""
        return json.loads(raw)


class PathParameters(BaseModel):
    """The variables of a path."""

    unknown: ClassVar[str]
    """The contract's text of the 404 for values of another form."""


def validation_error(text: str) -> PydanticCustomError:
    """Return the error for a validator to raise that reaches the client as it is."""
    # A template would read braces in the text.
    return PydanticCustomError(_VALIDATION, "{text}", {"text": text})


_Body = TypeVar("_Body", bound=Body)


def _own(key: str, info: ValidationInfo) -> str:
    if key.partition("/")[0] != (info.context or {}).get("user"):
        raise PydanticCustomError(_FOREIGN, "not authorized")
    return key


OwnKey = Annotated[
    str,
    Field(pattern=KEY_PATTERN),
    AfterValidator(_own),
    Texts("{field} parameter missing", "{field} must be the `key` that this API gave you"),
]
"""A key that the caller was given; 403 for another user's."""


def parse_json(model: type[_Body], raw: bytes, user: str | None) -> _Body:
    """Return what a model makes of a JSON body, whatever the content type says.

    Raises
    ------
    Problem
        See :func:`parse`.
    """
    try:
        values = model.decode(raw)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise bad_request(model.no_object)
    return parse(model, values, user)


def parse_path(model: type[PathParameters], values: Mapping[str, str]) -> dict[str, Any]:
    """Return the variables of a path.

    Raises
    ------
    Problem
        404 for values of another form than the model's.
    """
    try:
        return model.model_validate(values).model_dump()
    except ValidationError:
        raise not_found(model.unknown) from None


def parse(model: type[_Model], values: Mapping[str, Any], user: str | None) -> _Model:
    """Return what a model makes of an object or of parameters that ``user`` sent.

    Raises
    ------
    Problem
        400 about the first field that is wrong, without its value; 403 for another user's key.
    """
    try:
        return model.model_validate(values, context={"user": user})
    except ValidationError as error:
        raise _problem(model, error) from None


def _problem(model: type[BaseModel], error: ValidationError) -> Problem:
    first = error.errors(include_url=False)[0]
    if first["type"] == _FOREIGN:
        return forbidden()
    if first["type"] == _VALIDATION:
        return bad_request(first["msg"])
    missing = first["type"] == "missing" or first["input"] is None
    text = _text(model, first["loc"], missing=missing)
    if text is None:
        place = ".".join(map(str, first["loc"]))
        text = f"{place} is missing or of another form than the API's document says"
    return bad_request(text)


def _text(model: type[BaseModel], place: Sequence[str | int], *, missing: bool) -> str | None:
    """Return the text of the innermost field around a place that has one."""
    found = None
    for depth, (name, field) in enumerate(_fields(model, place), start=1):
        for texts in (one for one in field.metadata if isinstance(one, Texts)):
            lacks = texts.missing if missing and depth == len(place) else None
            if text := lacks or texts.wrong:
                place_name = ".".join(map(str, place[:depth]))
                found = text.replace("{field}", name).replace("{place}", place_name)
    return found


def _fields(
    model: type[BaseModel] | None, place: Sequence[str | int]
) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each field on the way to a place; items of lists have no texts of their own."""
    for name in place:
        if model is None or isinstance(name, int):
            return
        named = {field.alias or key: field for key, field in model.model_fields.items()}
        if name not in named:
            return
        yield str(name), named[name]
        model = _model_in(named[name].annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, alone or as one choice."""
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
    return None
