"""Checks and headers of every request: token, rate and size limits, CORS, JSON errors."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from gunicorn.http.errors import ParseException
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from mentor_api.http.auth import authenticate
from mentor_api.http.large_bodies import LargeBodies
from mentor_api.http.operations import JSON_BODY_BYTES, current_operation, json_response
from mentor_api.http.problems import Problem, bad_request, too_large, unavailable
from mentor_api.http.rate_limits import RateLimits
from mentor_api.http.request_metrics import UNOBSERVED
from mentor_common.errors import DependencyDownError, UnreadableItemError, UnstorableError
from mentor_common.jobs.item import UUID_PATTERN
from mentor_common.telemetry import error_reports
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.settings import WebSettings

_log = get_logger(__name__)
_IDS = ("upload_id", "transfer_id")
_ID = re.compile(UUID_PATTERN)
_ALLOWED_HEADERS = "Authorization, Content-Type"
_EXPOSED_HEADERS = "ETag, Retry-After"
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
}
_HSTS = "max-age=31536000; includeSubDomains"


def add_request_checks(app: Flask, settings: WebSettings) -> None:
    """Let only through what a route's :class:`~mentor_api.http.operations.Operation` admits."""
    secret = settings.jwt_secret.get_secret_value()
    limits = RateLimits(settings)
    # Each feature's own: pictures, which take long, keep no captions and no export out.
    large_bodies: dict[str | None, LargeBodies] = defaultdict(
        lambda: LargeBodies(settings.web_large_bodies)
    )

    @app.before_request
    def begin() -> Response | None:
        g.started = time.monotonic()
        clear_contextvars()  # what the thread's last request may have left
        bind_contextvars(method=request.method, route=_route(), **_ids())
        if request.method == "OPTIONS":
            # A preflight carries no token; it is answered on every path.
            return Response(status=HTTPStatus.NO_CONTENT)
        operation = current_operation()
        if operation is None:
            return None  # no such route: Flask answers 404 or 405
        # One byte more, by which a body of unknown length shows that it is too large.
        request.max_content_length = operation.max_body + 1
        request.max_form_memory_size = operation.max_body
        if not operation.public:
            g.caller = authenticate(request.headers.get("Authorization"), secret)
            bind_contextvars(user=g.caller.user)
            limits.count(g.caller.user, operation.kind)
        if (request.content_length or 0) > operation.max_body:
            raise too_large(operation.max_body)
        if not operation.public and operation.max_body > JSON_BODY_BYTES:
            places = large_bodies[request.blueprint]
            places.take(g.caller.user)
            g.large_body = places
        return None

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if (places := g.pop("large_body", None)) is not None:
            places.give_back(g.caller.user)
        clear_contextvars()


def _route() -> str:
    """Return the rule that the path matched: unlike the path it groups, and holds no secret."""
    return request.url_rule.rule if request.url_rule else "none"


def _ids() -> dict[str, str]:
    """Return the ids in the path, where they are ids."""
    named = request.view_args or {}
    return {name: named[name] for name in _IDS if _ID.fullmatch(str(named.get(name)))}


def finish_responses(app: Flask, settings: WebSettings) -> None:
    """Put CORS and security headers on every response, and log it."""
    origins = settings.cors_origins

    @app.after_request
    def finish(response: Response) -> Response:
        _allow_origin(response, origins)
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
        if request.method == "OPTIONS":
            _answer_preflight(app, response)
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.headers.get("X-Forwarded-Proto", request.scheme) == "https":
            response.headers["Strict-Transport-Security"] = _HSTS
        _log_request(response)
        return response


def _allow_origin(response: Response, origins: tuple[str, ...]) -> None:
    if "*" in origins:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin


def _answer_preflight(app: Flask, response: Response) -> None:
    asked = request.headers.get("Access-Control-Request-Headers")
    adapter = app.url_map.bind_to_environ(request.environ)
    methods = sorted({*adapter.allowed_methods(), "OPTIONS"})
    response.headers["Access-Control-Allow-Headers"] = asked or _ALLOWED_HEADERS
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Max-Age"] = "600"


def _log_request(response: Response) -> None:
    if request.method == "OPTIONS" or request.path in UNOBSERVED:
        return
    milliseconds = (time.monotonic() - g.started) * 1000
    read = request.method == "GET" and response.status_code < HTTPStatus.BAD_REQUEST
    operation = current_operation()
    if read and operation and not operation.logged:
        return
    # Polling is the bulk of all requests and says nothing when it goes well.
    write = _log.debug if read else _log.info
    write(
        "request",
        path=request.path,
        status=response.status_code,
        ms=round(milliseconds, 1),
    )


def _problem(error: Problem) -> Response:
    body = {"data": {"error": error.error, "message": error.message}}
    response = json_response(body, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _answer_item_errors(app: Flask) -> None:
    """Answer what cannot be stored, and what is stored and cannot be read."""

    @app.errorhandler(UnstorableError)
    def unstorable(error: UnstorableError) -> Response:
        _log.warning("not storable", error=str(error))
        return _problem(bad_request(f"{error}; nothing was stored: correct it and send it again"))

    @app.errorhandler(UnreadableItemError)
    def unreadable(_error: UnreadableItemError) -> Response:
        return _problem(
            Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "What is stored about this cannot be read, so nothing was changed. The team has "
                "been told; please try again later.",
                error="unreadable",
            )
        )


def answer_errors(app: Flask) -> None:
    """Answer every error in the contract's envelope, without details of the implementation."""
    problem = app.errorhandler(Problem)(_problem)
    _answer_item_errors(app)

    @app.errorhandler(DependencyDownError)
    def outage(error: DependencyDownError) -> Response:
        _log.error("dependency down", error=str(error))
        return problem(unavailable("A service we depend on"))

    @app.errorhandler(RequestEntityTooLarge)
    def oversized(_error: RequestEntityTooLarge) -> Response:
        operation = current_operation()
        return problem(too_large(operation.max_body if operation else 0))

    @app.errorhandler(ParseException)
    def malformed(error: ParseException) -> Response:
        # gunicorn reads a chunked body only when the route does.
        _log.info("malformed body", error=type(error).__name__)  # its text quotes the body
        return problem(bad_request("The body's chunks are malformed or end early. Send it again."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or 500)
        response = problem(Problem(status, error.description or status.phrase))
        # Such as Allow with 405; the body's own headers are ours.
        for name, value in error.get_headers():
            if name not in {"Content-Type", "Content-Length"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error)
        code = f"{request.method} {_route()}"
        error_reports.report("unexpected error, answered 500", code=code, error=error)
        return problem(
            Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Something went wrong on our side. Nothing was lost; please try again.",
            )
        )
