"""Uploads of answers: sending a video, following it, cancelling it, and trying it again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from mentor_api.http.operations import Operation, answer, caller
from mentor_api.uploads.accept import task_list
from mentor_api.uploads.models import (
    Accepted,
    AnswerRequest,
    CancelledAnswer,
    CancelRequest,
    NewestQuery,
    QueuedTask,
    UploadForm,
    UploadPage,
    UploadPath,
    UploadsQuery,
    UploadStatus,
)
from mentor_api.uploads.streaming import Snapshot
from mentor_common.jobs import AnswerKey, is_over

if TYPE_CHECKING:
    from mentor_api.presign import Presigner
    from mentor_api.uploads.accept import Acceptor
    from mentor_api.uploads.cancel import Canceller
    from mentor_api.uploads.retry import Retrier
    from mentor_api.uploads.status import Statuses
    from mentor_api.uploads.streaming import Streams

_TAG = "Uploads"


def sending(presigner: Presigner, acceptor: Acceptor, url_prefix: str) -> Blueprint:
    """Return the routes that send a video."""
    routes = Blueprint("uploads", __name__)

    @routes.get("/upload/url")
    @Operation(
        "Ask for an upload form",
        _TAG,
        UploadForm,
        description="Post the file to `url` with the `fields`, the file last. S3 refuses a file "
        "over 500 MB, unless set otherwise (five minutes at 13.9 Mbit/s); longer ones go in parts, "
        "by `/upload/multipart`.",
    )
    def upload_url() -> UploadForm:
        return UploadForm(**presigner.form(caller().user))

    @routes.post("/upload/answer")
    @Operation(
        "Say which answer an uploaded video is for",
        _TAG,
        Accepted,
        body=AnswerRequest,
        refuses=(400, 403, 404, 409, 413),
        description="JSON, whatever the content type says. The same `video` again is the same job, "
        "as it was first asked for, also while the first request is being answered; so is the "
        "same file with the same wishes while it is being worked on. Another upload of yours takes "
        "the place of one that is still being worked on, which ends as `SUPERSEDED`; a trim "
        "(`hasEditedTranscript` is given) does not take that of a recording: 409.",
    )
    def upload_answer(body: AnswerRequest) -> Accepted:
        job = acceptor.accept(caller(), body.upload())
        return Accepted(
            task_list=[QueuedTask(**task) for task in task_list(job)],
            status_url=f"{url_prefix}/upload/status/{job.upload_id}",
            upload_id=job.upload_id,
        )

    return routes


def following(
    statuses: Statuses, streams: Streams, canceller: Canceller, retrier: Retrier
) -> Blueprint:
    """Return the routes that follow an upload, cancel it, and try it again."""
    routes = Blueprint("progress", __name__)
    _add_reading(routes, statuses)
    _add_watching(routes, statuses, streams)
    _add_cancelling(routes, canceller, statuses)
    _add_retrying(routes, retrier, statuses)
    return routes


def _add_reading(routes: Blueprint, statuses: Statuses) -> None:
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
        status = statuses.of(statuses.visible(caller(), upload_id))
        response = answer(status)
        response.set_etag(_digest(status))
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

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
    def uploads(query: UploadsQuery) -> UploadPage:
        return statuses.page(caller(), query.mentor, query.limit, query.cursor)

    @routes.get("/uploads/newest")
    @Operation(
        "List the newest upload of each of a mentor's questions",
        _TAG,
        UploadPage,
        "read",
        query=NewestQuery,
        refuses=(400, 403),
        description="All at once, unless the mentor has more than 1,000 uploads: then of the "
        "latest 1,000, and `cursor` leads to those before. Of a question that an earlier page has, "
        "a later one may have an older upload: keep the first. What was not accepted (`ABORTED`) "
        "is left out.",
    )
    def newest(query: NewestQuery) -> UploadPage:
        return statuses.newest(caller(), query.mentor, query.cursor)


def _add_watching(routes: Blueprint, statuses: Statuses, streams: Streams) -> None:
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
        statuses.visible(caller(), upload_id)

        def read() -> Snapshot:
            upload = statuses.reader.upload(upload_id)
            status = statuses.of(upload)
            return Snapshot(_digest(status), status.model_dump(), is_over(upload))

        seen = (request.headers.get("Last-Event-ID") or "").strip('"') or None
        return streams.open(upload_id, read, seen)


def _add_cancelling(routes: Blueprint, canceller: Canceller, statuses: Statuses) -> None:
    def cancel(body: CancelRequest) -> CancelledAnswer:
        key = AnswerKey(body.mentor, body.question)
        tasks = frozenset(body.task_ids_to_cancel or ())
        return CancelledAnswer.of(statuses.of(canceller.cancel_answer(caller(), key, tasks)))

    @routes.post("/upload/answer/cancel")
    @_cancel_operation("Cancel the newest upload of an answer")
    def cancel_answer(body: CancelRequest) -> CancelledAnswer:
        return cancel(body)

    @routes.post("/answer/cancel")
    @_cancel_operation("Cancel the newest upload of an answer, by its older path")
    def older_cancel_answer(body: CancelRequest) -> CancelledAnswer:
        return cancel(body)

    @routes.delete("/upload/<upload_id>")
    @Operation(
        "Cancel an upload",
        _TAG,
        UploadStatus,
        path=UploadPath,
        refuses=(403, 404, 409),
        description="The answer stays as it is. Tasks stop within seconds; again is the same.",
    )
    def cancel_upload(upload_id: str) -> UploadStatus:
        return statuses.of(canceller.cancel(caller(), upload_id))


def _cancel_operation(summary: str) -> Operation:
    return Operation(
        summary,
        _TAG,
        CancelledAnswer,
        body=CancelRequest,
        refuses=(400, 403, 404, 409, 413),
        description="The answer stays as it is. Tasks stop within seconds; again is the same.",
    )


def _add_retrying(routes: Blueprint, retrier: Retrier, statuses: Statuses) -> None:
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
    def retry_upload(upload_id: str) -> UploadStatus:
        return statuses.of(retrier.retry(caller(), upload_id))


def _digest(status: UploadStatus) -> str:
    return hashlib.sha256(status.model_dump_json().encode()).hexdigest()[:32]
