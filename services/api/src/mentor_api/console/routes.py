"""The operator's console: its routes, which let only operators pass.

The token comes in the Authorization header alone, which no other site's page can make a browser
send; and what acts takes JSON and nothing else, which no form can send. What acts is in the audit
log before it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request

from mentor_api.console import dead_letters, models
from mentor_api.console import queues as queue_figures
from mentor_api.console.action_models import (
    Action,
    ActionPath,
    ActionRequest,
    RetryAllRequest,
    RunningActions,
)
from mentor_api.console.dead_letter_models import LetterPage, LettersQuery
from mentor_api.http.operations import Operation, caller
from mentor_api.http.problems import bad_request, not_found, unsupported
from mentor_common.operating.audit import is_id
from mentor_common.operating.errors import RefusedError
from mentor_common.work.registry import workers as workers_seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from mentor_api.console.console import Console
    from mentor_api.http.body import Body

_TAG = "Operating"


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


def _reads(summary: str, answers: type[BaseModel], *refuses: int, **more: Any) -> Operation:
    return Operation(summary, _TAG, answers, "read", refuses=(403, *refuses), **more)


def _acts(
    summary: str,
    answers: type[BaseModel],
    *refuses: int,
    body: type[Body] = models.NothingMore,
    **more: Any,
) -> Operation:
    refuses = (400, 403, 413, 415, *refuses)
    return Operation(summary, _TAG, answers, body=body, refuses=refuses, **more)


def _add_stage(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/me")
    @_reads("See whether you may operate, and what", models.Operator)
    def me() -> models.Operator:
        who = caller()
        return models.Operator(user=who.user, role=who.role, stage=console.stage)

    @routes.get("/ops/api/queues")
    @_reads("See how the queues stand", models.Queues)
    def queues() -> models.Queues:
        now = console.clock.now()
        figures = queue_figures.figures(console.queues, console.ages, console.backlog, now)
        return models.Queues(at=now, queues=figures)

    @routes.get("/ops/api/workers")
    @_reads("See which workers are there", models.Workers)
    def workers() -> models.Workers:
        now = console.clock.now()
        found = [models.Worker.of(one, now) for one in workers_seen(console.table, now)]
        return models.Workers(at=now, workers=found)

    @routes.get("/ops/api/day")
    @_reads("See the last 24 hours in figures", models.Day)
    def day() -> models.Day:
        return console.day.figures()

    @routes.get("/ops/api/audit")
    @_reads(
        "See what operators did",
        models.AuditPage,
        400,
        query=models.AuditQuery,
        description="The latest first, for 180 days. What has no end still runs or broke off.",
    )
    def audit(query: models.AuditQuery) -> models.AuditPage:
        if query.cursor is not None and not is_id(query.cursor):
            raise bad_request("cursor must be one that this route answered; begin anew")
        found = console.audit.latest(query.limit, query.cursor)
        entries = [models.Entry.model_validate(one, from_attributes=True) for one in found]
        more = len(found) == query.limit
        return models.AuditPage(entries=entries, cursor=found[-1].id if more else None)


def _add_uploads(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/uploads")
    @_reads("Find uploads of all mentors", models.UploadRows, 400, query=models.UploadSearchQuery)
    def uploads(query: models.UploadSearchQuery) -> models.UploadRows:
        return console.uploads.page(query)

    @routes.get("/ops/api/uploads/errors")
    @_reads(
        "Count uploads by the text of their error",
        models.UploadErrors,
        400,
        query=models.UploadErrorsQuery,
        description="Of the uploads that the list of the same query has. Texts that differ in ids, "
        "addresses, times and numbers only are one error; `error` takes such a pattern.",
    )
    def errors(query: models.UploadErrorsQuery) -> models.UploadErrors:
        return console.uploads.errors(query)

    @routes.get("/ops/api/uploads/<upload_id>")
    @_reads("See all of an upload", models.UploadDetails, 404, path=models.UploadPath)
    def upload(upload_id: str) -> models.UploadDetails:
        return console.uploads.one(upload_id)


def _add_dead_letters(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/dead-letters")
    @_reads(
        "See a service's dead letters and why each was given up",
        LetterPage,
        400,
        query=LettersQuery,
        description="Changes nothing: each is put back at once.",
    )
    def letters(query: LettersQuery) -> LetterPage:
        return dead_letters.page(console.queues[query.queue], console.reader, query)


def _add_actions(routes: Blueprint, console: Console) -> None:
    actions = console.actions

    @routes.get("/ops/api/actions")
    @_reads("See which actions on many are not over", RunningActions)
    def running() -> RunningActions:
        return RunningActions(actions=actions.running())

    @routes.post("/ops/api/actions")
    @_acts(
        "Begin to redrive or discard dead letters",
        Action,
        409,
        body=ActionRequest,
        description="On those that are there now, at most 5,000 of them, and on no others: 409 "
        "where they are not as many as `expected`. The ingest worker goes on with it where it has "
        "`CONSOLE_ENABLED`, and so does who asks for rounds. What is discarded is first kept in a "
        "private place, for 30 days.",
    )
    def begin(body: ActionRequest) -> Action:
        return console.beginner.clear(caller().user, body)

    @routes.post("/ops/api/uploads/retry")
    @_acts(
        "Begin to try all failed uploads again that match",
        Action,
        409,
        body=RetryAllRequest,
        description="Those that the list of uploads has with `state=FAILED` and the same filters, "
        "at most 5,000 of them: 409 where they are not as many as `expected`. It goes on as a "
        "redrive does, ten a second at most. `undone` are those that were refused, for a newer "
        "upload counts, say.",
    )
    def retry_all(body: RetryAllRequest) -> Action:
        return console.beginner.retry(caller().user, body)

    @routes.get("/ops/api/actions/<action_id>")
    @_reads("See how far an action on many is", Action, 404, path=ActionPath)
    def action(action_id: str) -> Action:
        return _found(actions.read, action_id)

    @routes.post("/ops/api/actions/<action_id>/round")
    @_acts(
        "Go on with an action on many for some seconds",
        Action,
        404,
        path=ActionPath,
        description="Safe to repeat, and for several at once: one of them does a round. Over when "
        "`status` is not `RUNNING`.",
    )
    def go_on(action_id: str) -> Action:
        return _found(actions.go_on, action_id)

    @routes.post("/ops/api/actions/<action_id>/stop")
    @_acts(
        "Stop an action on many",
        Action,
        404,
        path=ActionPath,
        description="What was done stays done.",
    )
    def stop(action_id: str) -> Action:
        return _found(actions.stop, action_id)


def _add_upload_actions(routes: Blueprint, console: Console) -> None:
    @routes.post("/ops/api/uploads/<upload_id>/retry")
    @_acts(
        "Try an upload's failed work again",
        models.Retried,
        404,
        409,
        body=models.RetryRequest,
        path=models.UploadPath,
        description="Opens the next attempt of each task that failed; again is the same.",
    )
    def retry(upload_id: str, body: models.RetryRequest) -> models.Retried:
        opens = console.retry(caller().user, upload_id, body.task)
        return models.Retried(upload=upload_id, opens=opens)

    @routes.post("/ops/api/uploads/<upload_id>/cancel")
    @_acts(
        "Cancel anybody's upload",
        models.UploadDetails,
        404,
        409,
        path=models.UploadPath,
        description="The answer stays as it is. Work stops within seconds; again is the same.",
    )
    def cancel(upload_id: str) -> models.UploadDetails:
        console.cancel(caller().user, upload_id)
        return console.uploads.one(upload_id)


def _found(call: Callable[[str], Action], action_id: str) -> Action:
    try:
        return call(action_id)
    except RefusedError as error:
        raise not_found(str(error)) from None
