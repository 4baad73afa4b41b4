"""Reading and validating the body of ``POST /upload/answer``, before any I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from structlog.contextvars import bind_contextvars

from mentor_api.http import examples
from mentor_api.http.examples import MentorId, QuestionId
from mentor_api.http.problems import bad_request, forbidden
from mentor_common.events import Trim
from mentor_common.jobs import AnswerKey, UploadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_SECONDS = 1.0
_Model = TypeVar("_Model", bound=BaseModel)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
KEY_PATTERN = r"^[A-Za-z0-9_-]{5,60}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"
_BAD_TRIM = "trim must be {start, end} in seconds with 0 <= start < end"
_BAD_IDS = "externalVideoIds must be {wistiaId, paraproId} of strings"


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)


class TrimRequest(_Body):
    """What to keep: `[start, end)`, at least one second."""

    start: float = Field(ge=0, examples=[1.5], description="seconds")
    end: float = Field(gt=0, examples=[11], description="seconds; clamped to the video's end")


class ExternalVideoIds(_Body):
    """Ids of the same video at other hosts; null is none."""

    wistia_id: str | None = Field(default=None, alias="wistiaId")
    parapro_id: str | None = Field(default=None, alias="paraproId")


_Flag = Annotated[bool | None, Field(description="null is false")]


class AnswerRequest(_Body):
    """An uploaded video and the answer it is for. Unknown fields are ignored."""

    mentor: MentorId
    question: QuestionId
    video: str = Field(
        pattern=KEY_PATTERN,
        examples=[examples.VIDEO],
        description="`fields.key` of `/upload/url`, or the `key` of a resumable upload",
    )
    is_vbg_video: _Flag = Field(default=False, alias="isVbgVideo")
    trim: TrimRequest | None = Field(default=None, examples=[{"start": 0.5, "end": 11}])
    has_edited_transcript: _Flag = Field(
        default=False,
        alias="hasEditedTranscript",
        description="keep the answer's transcript; only its captions are timed anew; null is false",
    )
    generate_thumbnail: _Flag = Field(
        default=False,
        alias="generateThumbnail",
        description="make a thumbnail of the mentor; null is false",
    )
    maintain_original_aspect_ratio: _Flag = False
    external_video_ids: ExternalVideoIds | None = Field(default=None, alias="externalVideoIds")


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
    try:
        asked = AnswerRequest.model_validate(body)
    except ValidationError as error:
        raise bad_request(_complaint(error)) from None
    ids = asked.external_video_ids
    trim = _trim(asked.trim)
    request = UploadRequest(
        trim=trim,
        is_vbg_video=bool(asked.is_vbg_video),
        has_edited_transcript=bool(asked.has_edited_transcript),
        generate_thumbnail=bool(asked.generate_thumbnail),
        maintain_original_aspect_ratio=bool(asked.maintain_original_aspect_ratio),
        external_video_ids=(ids and ids.model_dump(by_alias=True, exclude_none=True)) or None,
        # The UI sends the flag, either way, when it trims what the answer shows, and only then.
        from_answer=trim is not None and asked.has_edited_transcript is not None,
    )
    return AnswerUpload(answer, video, request)


def _complaint(error: ValidationError) -> str:
    """Return the contract's text about the first field that is wrong."""
    name = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
    texts = {"trim": _BAD_TRIM, "externalVideoIds": _BAD_IDS}
    return texts.get(name, f"{name} must be true or false")


def _trim(asked: TrimRequest | None) -> Trim | None:
    if asked is None:
        return None
    if asked.end <= asked.start:
        raise bad_request(_BAD_TRIM)
    if asked.end - asked.start < MIN_SECONDS:
        raise bad_request("trim leaves less than one second of video; keep at least one second")
    return Trim(start=asked.start, end=asked.end)


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
    if not isinstance(value, str) or not re.fullmatch(KEY_PATTERN, value):
        raise bad_request(f"{name} must be the `key` that this API gave you")
    if value.partition("/")[0] != user:
        raise forbidden()
    return value
