"""The transfer of an exported mentor into another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from mentor_api.http import examples
from mentor_api.http.examples import MentorId
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import not_found
from mentor_api.transfers.accept import describe_state, described
from mentor_api.transfers.body import parse_transfer

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_TAG = "Transfers"
_TRANSFER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TRANSFER = "4c1f6c1e-6a4b-4d36-9a06-0f4f5e1f3b11"
_TransferId = Field(
    pattern=f"^{_TRANSFER_ID.pattern}$",
    examples=[_TRANSFER],
    description="as `/transfer/mentor` answered it",
)
_Objects = Field(examples=[[]], description="as GraphQL exported them; null for none")


class MentorExport(BaseModel):
    """What GraphQL's `mentorExport` answers; values may be null where GraphQL's may."""

    model_config = ConfigDict(extra="allow")

    id: str | None = Field(examples=[examples.MENTOR])
    mentorInfo: dict[str, Any] | None = Field(examples=[{"name": "Olive Owner"}])  # noqa: N815 -- the wire's name
    subjects: list[dict[str, Any]] | None = _Objects
    questions: list[dict[str, Any]] | None = _Objects
    answers: list[dict[str, Any]] | None = _Objects
    userQuestions: list[dict[str, Any]] | None = _Objects  # noqa: N815 -- the wire's name


class ReplacedChanges(BaseModel):
    """What the import changes in the mentor that is written to."""

    questionChanges: list[dict[str, Any]] | None = _Objects  # noqa: N815 -- the wire's name
    answerChanges: list[dict[str, Any]] | None = _Objects  # noqa: N815 -- the wire's name


class TransferBody(BaseModel):
    """An exported mentor and the mentor to write it to. Unknown fields are ignored."""

    mentor: MentorId
    mentorExportJson: MentorExport  # noqa: N815 -- the wire's name
    replacedMentorDataChanges: ReplacedChanges  # noqa: N815 -- the wire's name


class AcceptedTransfer(BaseModel):
    """The transfer was accepted."""

    id: str = _TransferId
    mentor: MentorId
    status: Literal["QUEUED"]
    status_url: str = Field(alias="statusUrl", examples=[f"/transfer/status/{_TRANSFER}"])


class MediaCount(BaseModel):
    """How far the media are."""

    total: int = Field(ge=0, examples=[30], description="0 until the mentor was imported")
    copied: int = Field(ge=0, examples=[29])
    failed: int = Field(ge=0, examples=[1])


class TransferStatus(BaseModel):
    """How far a transfer is."""

    id: str = _TransferId
    mentor: MentorId
    status: Literal["QUEUED", "IN_PROGRESS", "DONE", "FAILED"]
    status_url: str = Field(alias="statusUrl", examples=[f"/transfer/status/{_TRANSFER}"])
    updated: str | None = Field(
        examples=["2026-11-24T15:04:39.645515+00:00"], description="when something last changed"
    )
    reason: str | None = Field(examples=[None], description="why it failed")
    media: MediaCount
    running: dict[str, int] = Field(
        examples=[{f"web video of question {examples.QUESTION}": 40}],
        description="percent of each medium that is being copied now",
    )
    errors: list[str] = Field(
        examples=[[f"web video of question {examples.QUESTION}: The file is no longer there."]],
        description="what was not transferred, and why",
    )


class TransferPath(BaseModel):
    """Which transfer."""

    transfer_id: str = _TransferId


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("transfers", __name__)

    def status_url(transfer_id: str) -> str:
        return f"{web.settings.url_prefix}/transfer/status/{transfer_id}"

    @routes.post("/transfer/mentor")
    @Operation(
        "Import an exported mentor",
        _TAG,
        AcceptedTransfer,
        description="GraphQL imports it, then each medium is copied. One at a time for a mentor; "
        "the same body again is the same transfer while it runs. The import task in GraphQL is "
        "closed however it ends.",
        body=TransferBody,
        refuses=(400, 403, 409, 413),
        max_body=web.settings.transfer_max_bytes,
    )
    def transfer_mentor() -> Response:
        wanted = parse_transfer(request.get_data(cache=False))
        web.permissions.edit_mentor(caller(), wanted.mentor)
        transfer = web.transfers.accept(caller(), wanted)
        return answer(described(transfer, status_url(transfer.transfer_id)))

    def status(transfer_id: str) -> Response:
        known = _TRANSFER_ID.fullmatch(transfer_id)
        state = web.transfers.reader.transfer(transfer_id) if known else None
        if state is None or state.job is None:
            raise not_found("transfer not found; check the id that /transfer/mentor answered")
        if state.job.user != caller().user:
            web.permissions.edit_mentor(caller(), state.job.mentor)
        return answer(describe_state(state, state.job, status_url(transfer_id)))

    @routes.get("/transfer/status/<transfer_id>")
    @_status_operation("How far a transfer is")
    def transfer_status(transfer_id: str) -> Response:
        return status(transfer_id)

    @routes.get("/status/<transfer_id>")
    @_status_operation("How far a transfer is, by its older path")
    def older_transfer_status(transfer_id: str) -> Response:
        return status(transfer_id)

    return routes


def _status_operation(summary: str) -> Operation:
    return Operation(
        summary, _TAG, TransferStatus, kind="read", path=TransferPath, refuses=(403, 404)
    )
