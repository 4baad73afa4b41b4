"""Reading and validating the body of ``POST /upload/answer``, before any I/O."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from structlog.contextvars import bind_contextvars

from mentor_api.problems import Problem, bad_request, forbidden
from mentor_common.events import Trim
from mentor_common.jobs import AnswerKey, UploadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_SECONDS = 1.0
_Model = TypeVar("_Model", bound=BaseModel)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_KEY = re.compile(r"([A-Za-z0-9_-]{5,60})/([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})")
_FLAGS = (
    "isVbgVideo",
    "hasEditedTranscript",
    "generateThumbnail",
    "maintain_original_aspect_ratio",
)
_EXTERNAL = ("wistiaId", "paraproId")


@dataclass(frozen=True)
class AnswerUpload:
    """What a valid request asks for."""

    answer: AnswerKey
    video: str
    request: UploadRequest


def parse(raw: bytes, user: str) -> AnswerUpload:
    """Return the request in ``raw``, JSON whatever the content type says.

    Unknown keys are ignored: the UI grew fields over time.

    Raises
    ------
    Problem
        400 with the contract's texts, 403 for another user's key.
    """
    body = json_object(raw)
    answer = answer_key(body)
    video = own_key(body, "video", user, missing="video s3 object parameter missing")
    flags = {name: _flag(body, name) for name in _FLAGS}
    trim = _trim(body.get("trim"))
    request = UploadRequest(
        trim=trim,
        is_vbg_video=flags["isVbgVideo"],
        has_edited_transcript=flags["hasEditedTranscript"],
        generate_thumbnail=flags["generateThumbnail"],
        maintain_original_aspect_ratio=flags["maintain_original_aspect_ratio"],
        external_video_ids=_external(body.get("externalVideoIds")),
        # The UI sends the flag, either way, when it trims what the answer shows, and only then.
        from_answer=trim is not None and body.get("hasEditedTranscript") is not None,
    )
    return AnswerUpload(answer, video, request)


def json_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in ``raw``, whatever the content type says.

    Raises
    ------
    Problem
        400 with the contract's text.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise bad_request("body payload is required")
    return body


def read(model: type[_Model], given: bytes | Mapping[str, Any]) -> _Model:
    """Return what a model makes of a JSON body or of parameters.

    Raises
    ------
    Problem
        400 naming the first field that is wrong, without its value.
    """
    body = json_object(given) if isinstance(given, bytes) else given
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise bad_request(f"{name}: {first['msg']}") from None


def answer_key(body: Mapping[str, Any]) -> AnswerKey:
    """Return the answer that ``mentor`` and ``question`` name; the log context gets to know it."""
    answer = AnswerKey(object_id(body, "mentor"), object_id(body, "question"))
    bind_contextvars(mentor=answer.mentor, question=answer.question)
    return answer


def object_id(body: Mapping[str, Any], name: str) -> str:
    """Return the id in a field of the body.

    Raises
    ------
    Problem
        400 with the contract's text where it is missing or no id.
    """
    value = body.get(name)
    if value is None:
        raise bad_request(f"{name} parameter missing")
    if not isinstance(value, str) or not _OBJECT_ID.fullmatch(value):
        raise bad_request(f"{name} must be an id of 24 hexadecimal digits")
    return value


def own_key(
    body: Mapping[str, Any], name: str, user: str, *, missing: str = "key parameter missing"
) -> str:
    """Return the key in a field of the body: one that the caller was given, and nobody else.

    Raises
    ------
    Problem
        400 where it is missing or no key, 403 for another user's.
    """
    value = body.get(name)
    if value is None:
        raise bad_request(missing)
    match = _KEY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise bad_request(f"{name} must be the `key` that this API gave you")
    if match.group(1) != user:
        raise forbidden()
    return str(value)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise bad_request(f"{name} must be true or false")
    return bool(value)


def _trim(value: Any) -> Trim | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _bad_trim()
    start, end = (_seconds(value.get(name)) for name in ("start", "end"))
    if start < 0 or end <= start:
        raise _bad_trim()
    if end - start < MIN_SECONDS:
        raise bad_request("trim leaves less than one second of video; keep at least one second")
    return Trim(start=start, end=end)


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _bad_trim()
    try:
        number = float(value)
    except OverflowError:
        raise _bad_trim() from None
    if not math.isfinite(number):
        raise _bad_trim()
    return number


def _bad_trim() -> Problem:
    return bad_request("trim must be {start, end} in seconds with 0 <= start < end")


def _external(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(
        isinstance(value.get(name, ""), str) for name in _EXTERNAL
    ):
        raise bad_request("externalVideoIds must be {wistiaId, paraproId} of strings")
    return {name: value[name] for name in _EXTERNAL if name in value} or None
