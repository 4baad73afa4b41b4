"""Outcome of a picture that a client sends: one of ours, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from mentor_api.http.problems import Problem, bad_request, unsupported


@dataclass(frozen=True)
class Picture:
    """A picture that is what it says.

    ``suffix`` is ``.png`` or ``.jpg``; the content type follows from it.
    """

    content: bytes
    suffix: str


def only_png_jpeg() -> Problem:
    """415: it is of another kind."""
    return unsupported("only png/jpg images are accepted")


def empty() -> Problem:
    """400: the file has no bytes."""
    return bad_request("the image file is empty")


def damaged() -> Problem:
    """400: it cannot be decoded."""
    return bad_request("the image is damaged or cut off; save it again and retry")


def too_demanding() -> Problem:
    """400: decoding it takes far more than an image of any size needs."""
    return bad_request(
        "the image takes far more work than an image of its size should; save it again and retry"
    )


def too_many_pixels(limit: int) -> Problem:
    """413: it is larger than is decoded."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the image has more than {limit} pixels; make it smaller",
    )


def busy() -> Problem:
    """503: too many others were before it, or it took too long itself."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many images are being worked on at the moment. Nothing was changed; please try again.",
        retry_after=5,
    )
