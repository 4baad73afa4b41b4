"""What an operator does from the console. Each is in the audit log before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from mentor_api.console.models import (
    TAG,
    Action,
    ActionPath,
    ActionRequest,
    NothingMore,
    Retried,
    RetryRequest,
    RunningActions,
    Told,
)
from mentor_api.console.view_routes import UploadPath
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import not_found
from mentor_common.operating.clearing import Wanted
from mentor_common.operating.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mentor_api.console import actions as module
    from mentor_api.console.console import Console

_REFUSES = (400, 403, 413, 415)


def blueprint(console: Console) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("ops-act", __name__)
    _add_actions(routes, console)
    _add_uploads(routes, console)
    return routes


def _add_actions(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/actions")
    @Operation(
        "See which redrives and discards are not over", TAG, RunningActions, "read", refuses=(403,)
    )
    def running() -> Response:
        return answer({"actions": [_shown(one) for one in console.actions.running()]})

    @routes.post("/ops/api/actions")
    @Operation(
        "Begin to redrive or discard dead letters",
        TAG,
        Action,
        body=ActionRequest,
        refuses=_REFUSES,
        description="Moves nothing yet: ask for one round after the other until it is over. What "
        "is discarded is first kept in a private place, for 30 days.",
    )
    def begin(body: ActionRequest) -> Response:
        wanted = Wanted(body.type, body.upload, body.code, body.message)
        begun = console.actions.begin(caller().user, body.verb, body.queue, wanted)
        return answer(_shown(begun))

    @routes.get("/ops/api/actions/<action_id>")
    @Operation(
        "See how far a redrive or discard is",
        TAG,
        Action,
        "read",
        path=ActionPath,
        refuses=(403, 404),
    )
    def action(action_id: str) -> Response:
        return answer(_shown(_found(console.actions.read, action_id)))

    @routes.post("/ops/api/actions/<action_id>/round")
    @Operation(
        "Go on with a redrive or discard for some seconds",
        TAG,
        Action,
        body=NothingMore,
        path=ActionPath,
        refuses=(*_REFUSES, 404),
        description="Safe to repeat, and for several at once. Over when `status` is not `RUNNING`.",
    )
    def go_on(action_id: str) -> Response:
        return answer(_shown(_found(console.actions.go_on, action_id)))

    @routes.post("/ops/api/actions/<action_id>/stop")
    @Operation(
        "Stop a redrive or discard",
        TAG,
        Action,
        body=NothingMore,
        path=ActionPath,
        refuses=(*_REFUSES, 404),
        description="What was done stays done.",
    )
    def stop(action_id: str) -> Response:
        return answer(_shown(_found(console.actions.stop, action_id)))


def _add_uploads(routes: Blueprint, console: Console) -> None:
    @routes.post("/ops/api/uploads/<upload_id>/retry")
    @Operation(
        "Try an upload's failed work again",
        TAG,
        Retried,
        body=RetryRequest,
        path=UploadPath,
        refuses=(*_REFUSES, 404, 409),
        description="Opens the next attempt of each task that failed; again is the same.",
    )
    def retry(upload_id: str, body: RetryRequest) -> Response:
        opened = console.retry(caller().user, upload_id, body.task)
        return answer({"upload": upload_id, "opens": opened})

    @routes.post("/ops/api/uploads/<upload_id>/cancel")
    @Operation(
        "Cancel anybody's upload",
        TAG,
        Told,
        body=NothingMore,
        path=UploadPath,
        refuses=(*_REFUSES, 404, 409),
        description="The answer stays as it is. Work stops within seconds; again is the same.",
    )
    def cancel(upload_id: str) -> Response:
        console.cancel(caller().user, upload_id)
        return answer(console.uploads.one(upload_id))


def _found(call: Callable[[str], module.Action], action_id: str) -> module.Action:
    try:
        return call(action_id)
    except RefusedError as error:
        raise not_found(str(error)) from None


def _shown(action: module.Action) -> dict[str, Any]:
    return action.model_dump(exclude={"begun_at"})
