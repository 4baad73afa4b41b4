"""Multipart forms: a file and fields about it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from flask import request
from pydantic import Field
from werkzeug.exceptions import RequestEntityTooLarge

from mentor_api.http.body import NO_BODY, parse
from mentor_api.http.problems import Problem, bad_request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from pydantic import BaseModel
    from werkzeug.wsgi import LimitedStream

    _Form = TypeVar("_Form", bound=BaseModel)

IMAGE_BODY_BYTES = 8 * 1024 * 1024
"""The upload UI lets files of 5.5 MiB through."""
_MOST_PARTS = 100
CAPTIONS_BODY_BYTES = 8 * 1024 * 1024


def parse_form(model: type[_Form], user: str | None) -> _Form:
    """Return what a model makes of the request's form; its field of type ``bytes`` is the file.

    Raises
    ------
    Problem
        400 with the contract's texts for what is no form, lacks a field, or has a wrong one; 413
        for too many parts.
    """
    if not request.content_length and "chunked" not in request.headers.get("Transfer-Encoding", ""):
        raise bad_request(NO_BODY)
    if request.mimetype != "multipart/form-data":
        raise bad_request("only multipart uploads are accepted")
    part = next(name for name, one in model.model_fields.items() if one.annotation is bytes)
    names = [*(name for name in model.model_fields if name != part), part]
    request.max_form_parts = _MOST_PARTS
    try:
        file = request.files.get(part)
    except RequestEntityTooLarge:
        # Raised for too many bytes and for too many parts alike.
        if request.content_length is None and cast("LimitedStream", request.stream).is_exhausted:
            raise
        raise _too_many_parts(names) from None
    fields = {name: request.form.get(name) for name in names if name != part}
    if file is None or None in fields.values():
        raise bad_request(f"missing required form params ({', '.join(names)})")
    with file.stream:  # a large one lies in a temporary file
        return parse(model, {**fields, part: file.stream.read()}, user)


def _too_many_parts(names: Sequence[str]) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the form has more than {_MOST_PARTS} parts; send {', '.join(names)} only",
    )


def decode_json(text: Any) -> Any:
    """Return the JSON in a form's field: a validator that comes before the field's own."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def file_part(description: str) -> Any:
    """Return the field that documents a file part."""
    return Field(description=description, json_schema_extra={"format": "binary"})
