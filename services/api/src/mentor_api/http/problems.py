"""Errors of the HTTP edge: status, short name and a message that says what to do."""

from __future__ import annotations

from http import HTTPStatus

NO_UPLOAD = "upload not found; check the id that /upload/answer answered"


class Problem(Exception):  # noqa: N818 -- the field's word for an error that a client gets (RFC 9457)
    """A response that is not 2xx.

    Parameters
    ----------
    status
        HTTP status.
    error
        Short name; the status's phrase by default.
    retry_after
        Seconds for the ``Retry-After`` header.
    """

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        *,
        error: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error or status.phrase
        self.retry_after = retry_after


def bad_request(message: str) -> Problem:
    """400: the request can never work as it is."""
    return Problem(HTTPStatus.BAD_REQUEST, message)


def unauthorized(message: str) -> Problem:
    """401: no token, or none that holds."""
    return Problem(HTTPStatus.UNAUTHORIZED, message)


def forbidden() -> Problem:
    """403: the caller may not edit this mentor."""
    return Problem(HTTPStatus.FORBIDDEN, "not authorized", error="not authorized")


def not_found(message: str) -> Problem:
    """404: there is no such thing."""
    return Problem(HTTPStatus.NOT_FOUND, message)


def in_progress() -> Problem:
    """409: another upload of the same answer is active."""
    return Problem(
        HTTPStatus.CONFLICT,
        "There is an upload already in progress, please wait.",
        error="upload in progress",
    )


def unavailable(what: str) -> Problem:
    """503: a dependency is down; the same request will work later."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{what} does not answer at the moment. Nothing was changed; please try again.",
        retry_after=5,
    )


def too_large(limit: int) -> Problem:
    """413: the body is larger than the route takes."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the request is larger than the {limit} bytes that this route takes; send less",
    )


def unsupported(message: str) -> Problem:
    """415: the file is of a kind that we do not take."""
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)


def too_many_requests(limit: str, retry_after: int) -> Problem:
    """429: the caller's rate limit is used up."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"You may send {limit}. Wait {retry_after} seconds and try again.",
        retry_after=retry_after,
    )
