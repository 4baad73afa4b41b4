"""Accepting a mentor transfer: keep the payload, take the mentor, tell the UI, announce."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from mentor_api import graphql_documents
from mentor_api.http.problems import Problem, unavailable
from mentor_common.errors import DependencyDownError
from mentor_common.events import Event, SourceObject, TransferRequested
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import InProgressError, PreparationLostError
from mentor_common.telemetry import metrics
from mentor_common.telemetry.logs import get_logger
from mentor_common.transfers.manifest import payload_key
from mentor_common.transfers.model import Transfer, TransferReader, TransferState

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.transfers.body import TransferRequest
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.events import Topic
    from mentor_common.transfers.intake import TransferIntake

_log = get_logger(__name__)
_QUEUED = {"status": "QUEUED"}


@dataclass(frozen=True)
class TransferAcceptor:
    """The story of ``POST /transfer/mentor``, once the caller may edit the mentor.

    Parameters
    ----------
    graphql, storage, topic, clock
        The outside.
    intake, reader
        The jobs table.
    bucket
        Where payloads lie: the private one, whose objects expire.
    """

    graphql: GraphQLClient
    storage: Storage
    topic: Topic
    clock: Clock
    intake: TransferIntake
    reader: TransferReader
    bucket: str

    def accept(self, caller: Caller, request: TransferRequest) -> Transfer:
        """Accept the transfer, or say again that it was accepted.

        Raises
        ------
        Problem
            With nothing active left behind.
        DependencyDownError
            Before anything was written but the payload.
        """
        known = self._known(request)
        if known is not None:
            return known
        transfer = self._keep(caller, request)
        try:
            self.intake.prepare(transfer)
        except InProgressError:
            raise _in_progress() from None
        self._tell(caller, transfer)
        try:
            transfer = self.intake.accept(transfer)
        except PreparationLostError:
            raise unavailable("The upload service") from None
        metrics.TRANSFERS_ACCEPTED.inc()
        announce(self.topic, self.intake, transfer)
        return transfer

    def _known(self, request: TransferRequest) -> Transfer | None:
        """Return the active transfer of the very same payload: a repetition of the request."""
        newest = self.reader.newest(request.mentor)
        state = self.reader.transfer(newest) if newest else None
        if state is None or state.job is None or not state.active:
            return None
        if state.job.digest != request.digest:
            raise _in_progress()
        if state.job.status == "PREPARING":
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Your first request for this import is still being worked on; ask again soon.",
                retry_after=5,
            )
        return state.job

    def _keep(self, caller: Caller, request: TransferRequest) -> Transfer:
        transfer_id = str(uuid.uuid4())
        bind_contextvars(transfer_id=transfer_id)
        key = payload_key(transfer_id)
        self.storage.put_text(request.payload.decode(), self.bucket, key)
        head = self.storage.head(self.bucket, key)
        return Transfer(
            transfer_id=transfer_id,
            mentor=request.mentor,
            user=caller.user,
            status="PREPARING",
            token=uuid.uuid4().hex,
            payload=SourceObject(bucket=self.bucket, key=key, etag=head.etag, size=head.size),
            digest=request.digest,
            prepared_at=self.clock.now(),
        )

    def _tell(self, caller: Caller, transfer: Transfer) -> None:
        """Create the import task that the UI polls, or undo everything."""
        variables = {"mentor": transfer.mentor, "graphql": _QUEUED, "media": _QUEUED}
        try:
            answer = self.graphql.as_service(graphql_documents.CREATE_IMPORT_TASK, variables)
            if (answer.get("api") or {}).get("importTaskCreate") is True:
                return
            problem = "not applied"
        except (DependencyDownError, GraphQLRefusedError) as error:
            problem = str(error)
        _log.error("transfer not accepted: GraphQL", error=problem)
        # Until the sweep has seen to it the task may be there: it would block the whole UI.
        self.intake.abort(transfer)
        try:
            self.graphql.as_user(
                caller.token, graphql_documents.DELETE_IMPORT_TASK, {"mentor": transfer.mentor}
            )
            self.intake.forget(transfer)
        except (DependencyDownError, GraphQLRefusedError) as error:
            _log.warning("import task not deleted", error=str(error))
        raise unavailable("The mentor's profile service")


def announce(topic: Topic, intake: TransferIntake, transfer: Transfer) -> None:
    """Announce an accepted transfer; in an outage the sweep does it later."""
    data = TransferRequested(
        transfer_id=transfer.transfer_id, mentor=transfer.mentor, payload=transfer.payload
    )
    at = transfer.accepted_at or transfer.prepared_at
    try:
        topic.publish(Event.of(data, service="api", step="", at=at))
        intake.mark_published(transfer)
    except DependencyDownError as error:
        _log.warning("transfer not announced yet", error=str(error))
        return
    _log.info("transfer accepted", transfer_id=transfer.transfer_id, mentor=transfer.mentor)


def described(transfer: Transfer, status_url: str) -> dict[str, Any]:
    """Return what an accepted transfer answers."""
    return {
        "id": transfer.transfer_id,
        "mentor": transfer.mentor,
        "status": "QUEUED",
        "statusUrl": status_url,
    }


def describe_state(state: TransferState, job: Transfer, status_url: str) -> dict[str, Any]:
    """Return the status document of a transfer.

    Returns
    -------
    dict
        ``id``, ``mentor``, ``status`` (``QUEUED``, ``IN_PROGRESS``, ``DONE``, ``FAILED``),
        ``updated`` (ISO 8601, UTC), ``statusUrl``; ``reason`` of a failure; ``media``: how many
        there are, were copied and failed; ``errors``: what was not transferred and why;
        ``running``: percent of the media that are being copied now, by what people call them.
    """
    imported = state.imported
    failed = state.in_state("FAILED")
    running = state.in_state("IN_PROGRESS")
    errors = [
        f"{name}: {sub.reason}"
        for number in sorted(failed)
        for name, sub in state.media[number].names.items()
    ]
    return described(job, status_url) | {
        "status": state.status,
        "updated": _iso(state.updated_at),
        "reason": state.reason,
        "media": {
            "total": imported.media if imported else 0,
            "copied": len(state.in_state("DONE")),
            "failed": len(failed),
        },
        "running": {
            name: state.media[number].percent
            for number in sorted(running)
            for name in state.media[number].names
        },
        "errors": [*(imported.left_out if imported else []), *errors],
    }


def _in_progress() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "There is an import into this mentor already in progress, please wait.",
        error="import in progress",
    )


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
