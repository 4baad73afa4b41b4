"""The operator's console: its routes, which let operators pass and nobody else.

The token comes in the Authorization header alone, which no other site's page can make a browser
send; and what acts takes JSON and nothing else, which no form can send. What acts is in the audit
log before it begins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from mentor_api.console import dead_letters, models
from mentor_api.console import queues as queue_figures
from mentor_api.console.dead_letter_models import (
    Action,
    ActionPath,
    ActionRequest,
    LetterPage,
    LettersQuery,
    RunningActions,
)
from mentor_api.console.uploads import NO_UPLOAD
from mentor_api.http.body import read
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import bad_request, not_found, unsupported
from mentor_common.operating.audit import is_id
from mentor_common.operating.dead_letter import DeadLetterFilter
from mentor_common.operating.errors import RefusedError
from mentor_common.work.registry import workers as workers_seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.console.console import Console

_TAG = "Operating"
_REFUSES = (400, 403, 413, 415)
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def blueprint(console: Console) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("ops", __name__)

    @routes.before_request
    def admit() -> None:
        acts = request.method != "GET"
        if acts and request.mimetype != "application/json":
            raise unsupported("Send JSON, and say so: Content-Type: application/json")
        console.operators.admit(caller(), acts=acts)

    _add_stage(routes, console)
    _add_uploads(routes, console)
    _add_dead_letters(routes, console)
    _add_actions(routes, console)
    _add_upload_actions(routes, console)
    return routes


def _add_stage(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/me")
    @Operation(
        "See whether you may operate, and what", _TAG, models.Operator, "read", refuses=(403,)
    )
    def me() -> Response:
        who = caller()
        return answer(models.Operator(user=who.user, role=who.role, stage=console.stage))

    @routes.get("/ops/api/queues")
    @Operation("See how the queues stand", _TAG, models.Queues, "read", refuses=(403,))
    def queues() -> Response:
        now = console.clock.now()
        figures = queue_figures.figures(console.queues, console.ages, console.backlog, now)
        return answer(models.Queues(at=now, queues=figures))

    @routes.get("/ops/api/workers")
    @Operation("See which workers are there", _TAG, models.Workers, "read", refuses=(403,))
    def workers() -> Response:
        now = console.clock.now()
        found = [models.Worker.of(one, now) for one in workers_seen(console.table, now)]
        return answer(models.Workers(at=now, workers=found))

    @routes.get("/ops/api/day")
    @Operation("See the last 24 hours in figures", _TAG, models.Day, "read", refuses=(403,))
    def day() -> Response:
        return answer(console.day.figures())

    @routes.get("/ops/api/audit")
    @Operation(
        "See what operators did",
        _TAG,
        models.AuditPage,
        "read",
        query=models.AuditQuery,
        refuses=(400, 403),
        description="The latest first, for 180 days. What has no end still runs or broke off.",
    )
    def audit() -> Response:
        asked = read(models.AuditQuery, request.args)
        if asked.cursor is not None and not is_id(asked.cursor):
            raise bad_request("cursor must be one that this route answered; begin anew")
        found = console.audit.latest(asked.limit, asked.cursor)
        entries = [models.Entry.model_validate(one, from_attributes=True) for one in found]
        more = len(found) == asked.limit
        return answer(models.AuditPage(entries=entries, cursor=found[-1].id if more else None))


def _add_uploads(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/uploads")
    @Operation(
        "Find uploads of all mentors",
        _TAG,
        models.UploadRows,
        "read",
        query=models.UploadSearchQuery,
        refuses=(400, 403),
    )
    def uploads() -> Response:
        return answer(console.uploads.page(read(models.UploadSearchQuery, request.args)))

    @routes.get("/ops/api/uploads/<upload_id>")
    @Operation(
        "See all of an upload",
        _TAG,
        models.Told,
        "read",
        path=models.UploadPath,
        refuses=(403, 404),
    )
    def upload(upload_id: str) -> Response:
        return answer(console.uploads.one(_upload_id(upload_id)))


def _add_dead_letters(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/dead-letters")
    @Operation(
        "See a service's dead letters and why each was given up",
        _TAG,
        LetterPage,
        "read",
        query=LettersQuery,
        refuses=(400, 403),
        description="Changes nothing: each is put back at once.",
    )
    def letters() -> Response:
        asked = read(LettersQuery, request.args)
        chosen = DeadLetterFilter(asked.type, asked.upload, asked.code)
        queue = console.queues[asked.queue]
        return answer(dead_letters.page(queue, console.reader, chosen, asked.limit))


def _add_actions(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/actions")
    @Operation(
        "See which redrives and discards are not over",
        _TAG,
        RunningActions,
        "read",
        refuses=(403,),
    )
    def running() -> Response:
        return answer(RunningActions(actions=console.actions.running()))

    @routes.post("/ops/api/actions")
    @Operation(
        "Begin to redrive or discard dead letters",
        _TAG,
        Action,
        body=ActionRequest,
        refuses=_REFUSES,
        description="Moves nothing yet: ask for one round after the other until it is over. What "
        "is discarded is first kept in a private place, for 30 days.",
    )
    def begin() -> Response:
        asked = read(ActionRequest, request.get_data(cache=False))
        return answer(console.actions.begin(caller().user, asked))

    @routes.get("/ops/api/actions/<action_id>")
    @Operation(
        "See how far a redrive or discard is",
        _TAG,
        Action,
        "read",
        path=ActionPath,
        refuses=(403, 404),
    )
    def action(action_id: str) -> Response:
        return answer(_found(console.actions.read, action_id))

    @routes.post("/ops/api/actions/<action_id>/round")
    @Operation(
        "Go on with a redrive or discard for some seconds",
        _TAG,
        Action,
        body=models.NothingMore,
        path=ActionPath,
        refuses=(*_REFUSES, 404),
        description="Safe to repeat, and for several at once. Over when `status` is not `RUNNING`.",
    )
    def go_on(action_id: str) -> Response:
        read(models.NothingMore, request.get_data(cache=False))
        return answer(_found(console.actions.go_on, action_id))

    @routes.post("/ops/api/actions/<action_id>/stop")
    @Operation(
        "Stop a redrive or discard",
        _TAG,
        Action,
        body=models.NothingMore,
        path=ActionPath,
        refuses=(*_REFUSES, 404),
        description="What was done stays done.",
    )
    def stop(action_id: str) -> Response:
        read(models.NothingMore, request.get_data(cache=False))
        return answer(_found(console.actions.stop, action_id))


def _add_upload_actions(routes: Blueprint, console: Console) -> None:
    @routes.post("/ops/api/uploads/<upload_id>/retry")
    @Operation(
        "Try an upload's failed work again",
        _TAG,
        models.Retried,
        body=models.RetryRequest,
        path=models.UploadPath,
        refuses=(*_REFUSES, 404, 409),
        description="Opens the next attempt of each task that failed; again is the same.",
    )
    def retry(upload_id: str) -> Response:
        asked = read(models.RetryRequest, request.get_data(cache=False))
        opens = console.retry(caller().user, _upload_id(upload_id), asked.task)
        return answer(models.Retried(upload=upload_id, opens=opens))

    @routes.post("/ops/api/uploads/<upload_id>/cancel")
    @Operation(
        "Cancel anybody's upload",
        _TAG,
        models.Told,
        body=models.NothingMore,
        path=models.UploadPath,
        refuses=(*_REFUSES, 404, 409),
        description="The answer stays as it is. Work stops within seconds; again is the same.",
    )
    def cancel(upload_id: str) -> Response:
        read(models.NothingMore, request.get_data(cache=False))
        console.cancel(caller().user, _upload_id(upload_id))
        return answer(console.uploads.one(upload_id))


def _upload_id(path: str) -> str:
    """Return the id in a path.

    Raises
    ------
    Problem
        404 where it is none.
    """
    if not _UPLOAD_ID.fullmatch(path):
        raise not_found(NO_UPLOAD)
    return path


def _found(call: Callable[[str], Action], action_id: str) -> Action:
    if not is_id(action_id):
        raise not_found("there is no such action")
    try:
        return call(action_id)
    except RefusedError as error:
        raise not_found(str(error)) from None
