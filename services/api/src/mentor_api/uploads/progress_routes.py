"""How far uploads are, and cancelling them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field
from structlog.contextvars import bind_contextvars

from mentor_api.http.body import answer_key, json_object, object_id
from mentor_api.http.examples import MentorId, QuestionId, UploadId
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import NO_UPLOAD, not_found
from mentor_api.uploads.listing import DEFAULT_LIMIT, MAX_LIMIT, page, page_size
from mentor_api.uploads.routes import QueuedTask
from mentor_api.uploads.streaming import Look
from mentor_common.jobs import is_over

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web
    from mentor_common.jobs import Upload

_TAG = "Uploads"
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class UploadTask(QueuedTask):
    """A task and how far it is."""

    percent: int = Field(ge=0, le=100, examples=[40])
    attempt: int = Field(ge=1, examples=[1])
    reason: str | None = Field(
        description="why it failed, or what it waits for",
        examples=["waiting for a free transcoder: 14 uploads ahead, about 3 min"],
    )


class UploadStatus(BaseModel):
    """An upload and how far it is."""

    upload_id: UploadId
    mentor: MentorId
    question: QuestionId
    state: str = Field(
        pattern="^(PREPARING|QUEUED|IN_PROGRESS|READY|FAILED|CANCELLING|CANCELLED|SUPERSEDED|ABORTED)$",
        examples=["IN_PROGRESS"],
    )
    reason: str | None = Field(description="why it ended as it did, for the mentor to read")
    can_retry: bool = Field(description="whether `/upload/{upload_id}/retry` may help")
    why: str | None = Field(
        description="why it is not ready, in a sentence; null once it is",
        examples=["the video is waiting for a free transcoder: 14 uploads ahead, about 3 min"],
    )
    live: bool = Field(description="whether the answer shows this upload")
    tasks: list[UploadTask]
    tool_runs: list[Any] = Field(description="`[tool, start, end]` in epoch seconds")
    urls: dict[str, str] = Field(
        examples=[{"web": "https://static.example.org/videos/…/web.mp4"}],
        description="what is ready, by its name",
    )
    accepted_at: str | None = Field(examples=["2026-01-05T12:00:00+00:00"])
    finished_at: str | None = Field(examples=["2026-01-05T12:01:10+00:00"])


class UploadPath(BaseModel):
    """An upload."""

    upload_id: UploadId


class UploadsQuery(BaseModel):
    """Which uploads."""

    mentor: MentorId
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(default=None, description="as the page before answered it")


class UploadPage(BaseModel):
    """Some uploads."""

    uploads: list[UploadStatus]
    cursor: str | None = Field(description="where the next page begins; null on the last one")


class CancelRequest(BaseModel):
    """An answer whose upload shall stop."""

    mentor: MentorId
    question: QuestionId


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("progress", __name__)
    _add_looking(routes, web)
    _add_watching(routes, web)
    _add_cancelling(routes, web)
    _add_retrying(routes, web)
    return routes


def _add_looking(routes: Blueprint, web: Web) -> None:
    @routes.get("/upload/status/<upload_id>")
    @Operation(
        "See how far an upload is",
        _TAG,
        UploadStatus,
        "read",
        path=UploadPath,
        refuses=(403, 404),
        also={304: "nothing has changed since the ETag in `If-None-Match`"},
    )
    def upload_status(upload_id: str) -> Response:
        body = _status(web, _visible(web, upload_id))
        return _unless_seen(answer(body), body)

    @routes.get("/uploads")
    @Operation(
        "List a mentor's latest uploads",
        _TAG,
        UploadPage,
        "read",
        query=UploadsQuery,
        refuses=(400, 403),
        description="The latest first. Send `cursor` back for the next page, until it is null.",
    )
    def uploads() -> Response:
        who = caller()
        mentor = object_id(request.args, "mentor")
        limit = page_size(request.args.get("limit"))
        web.permissions.edit_mentor(who, mentor)
        cursor = request.args.get("cursor")
        return answer(page(web.reader, mentor, limit, cursor, web.statuses))


def _add_watching(routes: Blueprint, web: Web) -> None:
    @routes.get("/upload/status/<upload_id>/events")
    @Operation(
        "Watch an upload",
        _TAG,
        UploadStatus,
        "read",
        path=UploadPath,
        refuses=(403, 404),
        envelope="none",
        event_stream=True,
        description="Server-sent events: `status` with the document each time it changes, its id "
        "the ETag of the status; `over` with the last one, after which nothing changes. A stream "
        "ends after a minute: ask again with `Last-Event-ID`. With 503 (too many watch), or where "
        "a proxy holds streams back, poll the status instead.",
    )
    def upload_events(upload_id: str) -> Response:
        _visible(web, upload_id)

        def look() -> Look:
            found = web.reader.upload(upload_id)
            body = _status(web, found)
            return Look(_digest(body), body, is_over(found))

        seen = (request.headers.get("Last-Event-ID") or "").strip('"') or None
        return web.streams.open(look, seen)


def _add_retrying(routes: Blueprint, web: Web) -> None:
    @routes.post("/upload/<upload_id>/retry")
    @Operation(
        "Try again what failed",
        _TAG,
        UploadStatus,
        path=UploadPath,
        refuses=(403, 404, 409),
        description="For tasks that were given up after several starts; the video need not be "
        "sent again. 409 where it would not help: the message says why and what to do.",
    )
    def retry_upload(upload_id: str) -> Response:
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise not_found(NO_UPLOAD)
        return answer(_status(web, web.retrier.retry(caller(), upload_id)))


def _add_cancelling(routes: Blueprint, web: Web) -> None:
    @routes.post("/upload/answer/cancel")
    @Operation(
        "Cancel the newest upload of an answer",
        _TAG,
        UploadStatus,
        body=CancelRequest,
        refuses=(400, 403, 404, 409, 413),
        description="The answer stays as it is. Tasks stop within seconds; again is the same.",
    )
    def cancel_answer() -> Response:
        key = answer_key(json_object(request.get_data(cache=False)))
        return answer(_status(web, web.canceller.cancel_answer(caller(), key)))

    @routes.delete("/upload/<upload_id>")
    @Operation(
        "Cancel an upload",
        _TAG,
        UploadStatus,
        path=UploadPath,
        refuses=(403, 404, 409),
        description="The answer stays as it is. Tasks stop within seconds; again is the same.",
    )
    def cancel_upload(upload_id: str) -> Response:
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise not_found(NO_UPLOAD)
        return answer(_status(web, web.canceller.cancel(caller(), upload_id)))


def _visible(web: Web, upload_id: str) -> Upload:
    """Return an upload that the caller may see: whoever sent it may, without GraphQL."""
    who = caller()
    found = web.reader.upload(upload_id) if _UPLOAD_ID.fullmatch(upload_id) else None
    if found is None or found.job is None:
        raise not_found(NO_UPLOAD)
    if found.job.user != who.user:
        web.permissions.edit_mentor(who, found.job.mentor)
    return found


def _status(web: Web, upload: Upload) -> dict[str, Any]:
    if upload.job is None:
        raise not_found(NO_UPLOAD)
    bind_contextvars(
        upload_id=upload.upload_id, mentor=upload.job.mentor, question=upload.job.question
    )
    return web.statuses.of(upload, upload.job)


def _unless_seen(response: Response, body: dict[str, Any]) -> Response:
    """Make it 304 for a client that has seen this very body."""
    response.set_etag(_digest(body))
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
