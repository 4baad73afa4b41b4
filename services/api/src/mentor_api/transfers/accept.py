"""Accepting a mentor transfer: store the payload, prepare, show the import task, announce."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

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
from mentor_common.transfers.model import Transfer

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_api.transfers.models import TransferBody
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.events import Topic
    from mentor_common.transfers.intake import TransferIntake
    from mentor_common.transfers.model import TransferReader

_log = get_logger(__name__)
_QUEUED = {"status": "QUEUED"}


@dataclass(frozen=True)
class TransferAcceptor:
    """Handling of ``POST /transfer/mentor``.

    ``bucket`` is the private one for payloads, whose objects expire.
    """

    permissions: Permissions
    graphql: GraphQLClient
    storage: Storage
    topic: Topic
    clock: Clock
    intake: TransferIntake
    reader: TransferReader
    bucket: str

    def accept(self, caller: Caller, request: TransferBody) -> Transfer:
        """Accept the transfer, or return the active one of the very same payload.

        Raises
        ------
        Problem
            With nothing active left behind.
        DependencyDownError
            Before anything was written but the payload.
        """
        self.permissions.edit_mentor(caller, request.mentor)
        known = self._known(request)
        if known is not None:
            return known
        transfer = self._store(caller, request)
        try:
            self.intake.prepare(transfer)
        except InProgressError:
            raise _in_progress() from None
        self._show_task(caller, transfer)
        try:
            transfer = self.intake.accept(transfer)
        except PreparationLostError:
            raise unavailable("The upload service") from None
        metrics.TRANSFERS_ACCEPTED.inc()
        announce(self.topic, self.intake, transfer)
        return transfer

    def _known(self, request: TransferBody) -> Transfer | None:
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

    def _store(self, caller: Caller, request: TransferBody) -> Transfer:
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

    def _show_task(self, caller: Caller, transfer: Transfer) -> None:
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


def _in_progress() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "There is an import into this mentor already in progress, please wait.",
        error="import in progress",
    )
