"""The transfer of an exported mentor into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.http.operations import Operation, caller
from mentor_api.transfers.models import (
    AcceptedTransfer,
    TransferBody,
    TransferPath,
    TransferStatus,
)

if TYPE_CHECKING:
    from mentor_api.transfers.accept import TransferAcceptor
    from mentor_api.transfers.status import TransferStatuses

_TAG = "Transfers"


def blueprint(
    acceptor: TransferAcceptor, statuses: TransferStatuses, *, max_body: int, url_prefix: str
) -> Blueprint:
    """Return the routes; ``max_body`` is the largest body of a transfer, bytes."""
    routes = Blueprint("transfers", __name__)

    def status_url(transfer_id: str) -> str:
        return f"{url_prefix}/transfer/status/{transfer_id}"

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
        max_body=max_body,
    )
    def transfer_mentor(body: TransferBody) -> AcceptedTransfer:
        transfer = acceptor.accept(caller(), body)
        return AcceptedTransfer(
            id=transfer.transfer_id,
            mentor=transfer.mentor,
            status="QUEUED",
            status_url=status_url(transfer.transfer_id),
        )

    @routes.get("/transfer/status/<transfer_id>")
    @_status_operation("How far a transfer is")
    def transfer_status(transfer_id: str) -> TransferStatus:
        return statuses.of(caller(), transfer_id, status_url(transfer_id))

    @routes.get("/status/<transfer_id>")
    @_status_operation("How far a transfer is, by its older path")
    def older_transfer_status(transfer_id: str) -> TransferStatus:
        return statuses.of(caller(), transfer_id, status_url(transfer_id))

    return routes


def _status_operation(summary: str) -> Operation:
    return Operation(
        summary, _TAG, TransferStatus, kind="read", path=TransferPath, refuses=(403, 404)
    )
