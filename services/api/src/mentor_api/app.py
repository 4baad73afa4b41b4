"""The Flask application: routes, CORS, and errors as JSON."""

from __future__ import annotations

import hashlib
import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from mentor_api.accept import task_list
from mentor_api.auth import Caller, authenticate
from mentor_api.body import parse
from mentor_api.problems import Problem, not_found, unavailable
from mentor_api.status import describe
from mentor_common.errors import DependencyDownError
from mentor_common.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_log = get_logger(__name__)
_MAX_BODY_BYTES = 64 * 1024
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS = "GET, POST, OPTIONS"
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(web: Web) -> Flask:
    """Return the application, mounted under the prefix that its settings name."""
    app = Flask("mentor_api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    app.register_blueprint(_uploads(web), url_prefix=web.settings.url_prefix or None)
    app.register_blueprint(_health(web))
    _finish_responses(app, web.settings.cors_origin)
    _answer_errors(app)
    return app


def _uploads(web: Web) -> Blueprint:
    routes = Blueprint("uploads", __name__)
    secret = web.settings.jwt_secret.get_secret_value()

    def caller() -> Caller:
        return authenticate(request.headers.get("Authorization"), secret)

    @routes.get("/upload/url")
    def upload_url() -> Response:
        return _data(web.presigner.form(caller().user))

    @routes.post("/upload/answer")
    def upload_answer() -> Response:
        who = caller()
        upload = parse(request.get_data(cache=False), who.user)
        job = web.acceptor.accept(who, upload)
        status_url = f"{web.settings.url_prefix}/upload/status/{job.upload_id}"
        return _data(
            {"taskList": task_list(job), "statusUrl": status_url, "upload_id": job.upload_id}
        )

    @routes.get("/upload/status/<upload_id>")
    def upload_status(upload_id: str) -> Response:
        who = caller()
        found = web.reader.upload(upload_id) if _UPLOAD_ID.fullmatch(upload_id) else None
        if found is None or found.job is None:
            raise not_found("upload not found; check the id that /upload/answer answered")
        if found.job.user != who.user:
            web.acceptor.authorise(who, found.job.mentor)
        notify = web.reader.notify(found.job.answer)
        body = describe(found, found.job, notify, web.settings.static_url_base)
        response = _data(body)
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        response.set_etag(digest[:32])
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    return routes


def _health(web: Web) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    def livez() -> Response:
        return _json({"status": "ok"})

    @routes.get("/readyz")
    def readyz() -> Response:
        down = web.readiness.down()
        return _json({"status": "down" if down else "ok", "down": down}, 503 if down else 200)

    return routes


def _finish_responses(app: Flask, cors_origin: str) -> None:
    @app.before_request
    def begin() -> Response | None:
        g.started = time.monotonic()
        # A preflight carries no token; it is answered on every path.
        return Response(status=HTTPStatus.NO_CONTENT) if request.method == "OPTIONS" else None

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = cors_origin
        if cors_origin != "*":
            response.headers.add("Vary", "Origin")
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        if request.method == "OPTIONS":
            asked = request.headers.get("Access-Control-Request-Headers")
            response.headers["Access-Control-Allow-Headers"] = asked or (
                "Authorization, Content-Type"
            )
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Max-Age"] = "600"
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        _log_request(response)
        return response


def _log_request(response: Response) -> None:
    if request.method == "OPTIONS" or request.path in {"/livez", "/readyz"}:
        return
    milliseconds = (time.monotonic() - g.started) * 1000
    # Polling is the bulk of all requests and says nothing when it goes well.
    polled = request.method == "GET" and response.status_code < HTTPStatus.BAD_REQUEST
    write = _log.debug if polled else _log.info
    write(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(milliseconds, 1),
    )


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        body = {"data": {"error": error.error, "message": error.message}}
        response = _json(body, error.status)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(DependencyDownError)
    def outage(error: DependencyDownError) -> Response:
        _log.error("dependency down", error=str(error))
        return problem(unavailable("A service we depend on"))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or 500)
        return problem(Problem(status, error.description or status.phrase))

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error)
        return problem(
            Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Something went wrong on our side. Nothing was lost; please try again.",
            )
        )


def _data(content: Any) -> Response:
    return _json({"data": content})


def _json(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, mimetype="application/json")
