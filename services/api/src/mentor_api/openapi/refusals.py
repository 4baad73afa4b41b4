"""Errors of the API: one shape for all, and the meaning of each status."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

_RETRY = {
    "Retry-After": {
        "description": "seconds after which to try again",
        "schema": {"type": "integer", "minimum": 1},
    }
}


class Refusal(BaseModel):
    """What is wrong, and what to do about it."""

    error: str = Field(description="short name")
    message: str = Field(description="what is wrong and what to do about it")


class RefusalBody(BaseModel):
    """An error."""

    data: Refusal


@dataclass(frozen=True)
class Meaning:
    """The meaning of a status.

    ``error`` and ``message`` are an example.
    """

    name: str
    when: str
    error: str
    message: str
    headers: dict[str, Any] = field(default_factory=dict)

    def response(self, status: int) -> dict[str, Any]:
        """Return the OpenAPI response."""
        example = {"data": {"error": self.error, "message": self.message}}
        content = {
            "schema": {"$ref": "#/components/schemas/RefusalBody"},
            "examples": {str(status): {"value": example}},
        }
        described: dict[str, Any] = {
            "description": self.when,
            "content": {"application/json": content},
        }
        return described | ({"headers": self.headers} if self.headers else {})


REFUSALS: dict[int, Meaning] = {
    400: Meaning(
        "BadRequest",
        "The request can never work as it is.",
        "Bad Request",
        "mentor parameter missing",
    ),
    401: Meaning(
        "Unauthorized",
        "There is no token, or none that holds.",
        "Unauthorized",
        "Your session has expired. Sign in again.",
    ),
    403: Meaning(
        "Forbidden",
        "The caller may not do this: not their mentor, organization or video.",
        "not authorized",
        "not authorized",
    ),
    404: Meaning(
        "NotFound",
        "There is no such thing.",
        "Not Found",
        "upload not found; check the id that /upload/answer answered",
    ),
    409: Meaning(
        "Conflict",
        "Something stands in the way: somebody else's upload is active, or a recording is that a "
        "trim would replace, or this upload has ended.",
        "upload in progress",
        "There is an upload already in progress, please wait.",
    ),
    413: Meaning(
        "TooLarge",
        "The body, the video or the picture is too large.",
        "Request Entity Too Large",
        "the request is larger than the 65536 bytes that this route takes; send less",
    ),
    415: Meaning(
        "UnsupportedMediaType",
        "The file is of a kind that is not taken.",
        "Unsupported Media Type",
        "only png/jpg images are accepted",
    ),
    429: Meaning(
        "TooManyRequests",
        "The caller's rate limit is used up.",
        "Too Many Requests",
        "You may send 60 per 1 minute. Wait 12 seconds and try again.",
        _RETRY,
    ),
    503: Meaning(
        "Unavailable",
        "Something this service depends on is down, too many pictures are being decoded, or an "
        "earlier request for the same is still being worked on; the same request will work later.",
        "Service Unavailable",
        "The mentor's profile service does not answer at the moment. Nothing was changed; "
        "please try again.",
        _RETRY,
    ),
}
