"""Multipart forms: a file and what it is for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic import Field

from mentor_api.http.problems import bad_request

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

IMAGE_BODY_BYTES = 8 * 1024 * 1024
"""The upload UI lets files of 5.5 MiB through."""
CAPTIONS_BODY_BYTES = 8 * 1024 * 1024


def form(*fields: str, file: str) -> tuple[list[str], bytes]:
    """Return the form's fields and its file.

    Raises
    ------
    Problem
        400 with the contract's texts for anything that is no such form.
    """
    if not request.content_length and "chunked" not in request.headers.get("Transfer-Encoding", ""):
        raise bad_request("body payload is required")
    if request.mimetype != "multipart/form-data":
        raise bad_request("only multipart uploads are accepted")
    found: FileStorage | None = request.files.get(file)
    values = [request.form.get(name) for name in fields]
    if found is None or None in values:
        listed = ", ".join([*fields, file])
        raise bad_request(f"missing required form params ({listed})")
    with found.stream:  # a large one lies in a temporary file
        raw = found.stream.read()
    return [value for value in values if value is not None], raw


def json_field(text: str, name: str) -> dict[str, Any]:
    """Return the JSON object in a form's field."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be a JSON object")
    return value


def file_part(description: str) -> Any:
    """Return the field that documents a file part."""
    return Field(description=description, json_schema_extra={"format": "binary"})
