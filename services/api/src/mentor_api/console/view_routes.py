"""What the operator's console shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, Field

from mentor_api.console.models import (
    TAG,
    AuditPage,
    Day,
    LetterPage,
    LettersQuery,
    Queue,
    Row,
    Told,
    Worker,
    iso_field,
)
from mentor_api.console.uploads import Search
from mentor_api.http import examples
from mentor_api.http.body import PathParameters
from mentor_api.http.examples import MentorId, UploadId
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import bad_request
from mentor_common.operating.audit import is_id
from mentor_common.operating.clearing import Wanted
from mentor_common.operating.history import iso
from mentor_common.work.registry import workers

if TYPE_CHECKING:
    from mentor_api.console.console import Console


class Operator(BaseModel):
    """Who operates what."""

    user: str = Field(examples=[examples.USER])
    role: str = Field(examples=["ADMIN"])
    stage: str = Field(examples=["prod"])


class Queues(BaseModel):
    """All queues."""

    at: str = iso_field("when this was read")
    queues: list[Queue]


class Workers(BaseModel):
    """The workers that are there, or went away without a word within the hour."""

    at: str = iso_field("when this was read")
    workers: list[Worker]


class UploadSearchQuery(BaseModel):
    """Which uploads."""

    state: Literal[
        "ACTIVE", "ALL", "PREPARING", "QUEUED", "IN_PROGRESS", "CANCELLING",
        "READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED",
    ] = Field(default="ALL", description="`ACTIVE`: not ended yet")  # fmt: skip
    mentor: MentorId | None = None
    within_hours: float = Field(default=24, gt=0, le=4320, description="not older than that")
    older_than_minutes: float = Field(default=0, ge=0, le=259200, description="older than that")
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="as the page before answered it")


class UploadRows(BaseModel):
    """Some uploads, the latest first."""

    uploads: list[Row]
    cursor: str | None = Field(
        description="where the next page begins; null on the last one. A page may be empty and "
        "have a next one: at most 300 uploads are looked at for each."
    )


class UploadPath(PathParameters):
    """An upload."""

    unknown: ClassVar[str] = "there is no upload with this id; the list shows those there are"

    upload_id: UploadId


class AuditQuery(BaseModel):
    """Which part of the log."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, description="as the page before answered it")


def blueprint(console: Console, stage: str) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("ops-look", __name__)
    _add_stage(routes, console, stage)
    _add_uploads(routes, console)
    _add_letters(routes, console)
    return routes


def _add_stage(routes: Blueprint, console: Console, stage: str) -> None:
    @routes.get("/ops/api/me")
    @Operation("See whether you may operate, and what", TAG, Operator, "read", refuses=(403,))
    def me() -> Response:
        who = caller()
        return answer({"user": who.user, "role": who.role, "stage": stage})

    @routes.get("/ops/api/queues")
    @Operation("See how the queues stand", TAG, Queues, "read", refuses=(403,))
    def queues() -> Response:
        return answer({"at": iso(console.clock.now()), "queues": console.queues.figures()})

    @routes.get("/ops/api/workers")
    @Operation("See which workers are there", TAG, Workers, "read", refuses=(403,))
    def workers_() -> Response:
        now = console.clock.now()
        found = [
            one.model_dump(exclude={"started_at", "written_at", "turned_at"})
            | {
                "seen": one.seen(now),
                "started_at": iso(one.started_at),
                "written_at": iso(one.written_at),
                "turned_seconds": round(max(0.0, one.written_at - one.turned_at), 1),
            }
            for one in workers(console.table, now)
        ]
        return answer({"at": iso(now), "workers": found})

    @routes.get("/ops/api/day")
    @Operation("See the last 24 hours in figures", TAG, Day, "read", refuses=(403,))
    def day() -> Response:
        return answer(console.day.figures())

    @routes.get("/ops/api/audit")
    @Operation(
        "See what operators did",
        TAG,
        AuditPage,
        "read",
        query=AuditQuery,
        refuses=(400, 403),
        description="The latest first, for 180 days. What has no end still runs or broke off.",
    )
    def audit(query: AuditQuery) -> Response:
        if query.cursor is not None and not is_id(query.cursor):
            raise bad_request("cursor must be one that this route answered; begin anew")
        found = console.audit.latest(query.limit, query.cursor)
        entries = [
            one.model_dump(exclude={"at", "ended_at"})
            | {"at": iso(one.at), "ended_at": iso(one.ended_at)}
            for one in found
        ]
        more = len(found) == query.limit
        return answer({"entries": entries, "cursor": found[-1].id if more else None})


def _add_uploads(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/uploads")
    @Operation(
        "Find uploads of all mentors",
        TAG,
        UploadRows,
        "read",
        query=UploadSearchQuery,
        refuses=(400, 403),
    )
    def uploads(query: UploadSearchQuery) -> Response:
        return answer(console.uploads.page(Search(**query.model_dump())))

    @routes.get("/ops/api/uploads/<upload_id>")
    @Operation(
        "See all of an upload",
        TAG,
        Told,
        "read",
        path=UploadPath,
        refuses=(403, 404),
    )
    def upload(upload_id: str) -> Response:
        return answer(console.uploads.one(upload_id))


def _add_letters(routes: Blueprint, console: Console) -> None:
    @routes.get("/ops/api/dead-letters")
    @Operation(
        "See a service's dead letters and why each was given up",
        TAG,
        LetterPage,
        "read",
        query=LettersQuery,
        refuses=(400, 403),
        description="Changes nothing: each is put back at once.",
    )
    def letters(query: LettersQuery) -> Response:
        wanted = Wanted(query.type, query.upload, query.code)
        return answer(console.letters.page(query.queue, wanted, query.limit))
