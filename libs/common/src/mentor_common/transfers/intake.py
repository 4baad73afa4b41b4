"""Accepting a transfer: the api's writes. The same states as those of an upload's acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.intake import (
    PREPARING_SECONDS,
    PUBLISH_SECONDS,
    UNCLAIMED_SECONDS,
    InProgressError,
    PreparationLostError,
)
from mentor_common.jobs.model import TTL_SECONDS
from mentor_common.transfers.model import (
    Newest,
    Transfer,
    TransferReader,
    mentor_pk,
    transfer_id_of_pk,
    transfer_pk,
)

if TYPE_CHECKING:
    from typing import Any

    from mentor_common.clock import Clock

DUE_KIND = "api-transfer"
_SETTLE_SECONDS = 5


class TransferIntake:
    """The api's items of transfers. Each change is one conditional write or one transaction."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._reader = TransferReader(table)

    def prepare(self, transfer: Transfer) -> None:
        """Take the mentor for ``transfer``.

        Raises
        ------
        InProgressError
            Another transfer into the mentor is active, or took it at the same moment.
        """
        newest = self._reader.newest(transfer.mentor)
        if newest is not None and self._reader.transfer(newest).active:
            raise InProgressError
        put = Newest(transfer_id=transfer.transfer_id).item() | {"ttl": self._ttl()}
        lock = Write(mentor_pk(transfer.mentor), "TRANSFER", put=put, condition=_UNTAKEN)
        if newest is not None:
            lock = Write(
                mentor_pk(transfer.mentor),
                "TRANSFER",
                put=put,
                condition="#transfer_id = :seen",
                values={"seen": newest},
            )
        job = Write(
            transfer_pk(transfer.transfer_id),
            "JOB",
            put=transfer.item() | self._due(PREPARING_SECONDS) | {"ttl": self._ttl()},
            condition=_UNTAKEN,
        )
        try:
            self._table.transact(job, lock)
        except ConditionFailedError as error:
            raise InProgressError from error

    def accept(self, transfer: Transfer) -> Transfer:
        """Make a prepared transfer count.

        Raises
        ------
        PreparationLostError
            When the sweep has aborted it meanwhile.
        """
        now = self._clock.now()
        changes = {"status": "ACCEPTED", "accepted_at": now, "due_at": now + PUBLISH_SECONDS}
        if not self._from_preparing(transfer, changes):
            raise PreparationLostError
        return transfer.model_copy(update={"status": "ACCEPTED", "accepted_at": now})

    def abort(self, transfer: Transfer) -> bool:
        """Release the mentor; what GraphQL may show is still to be settled."""
        due_at = self._clock.now() + _SETTLE_SECONDS
        return self._from_preparing(transfer, {"status": "ABORTED", "due_at": due_at})

    def _from_preparing(self, transfer: Transfer, changes: dict[str, Any]) -> bool:
        try:
            self._table.write(
                Write(
                    transfer_pk(transfer.transfer_id),
                    "JOB",
                    update="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                    condition="#status = :preparing AND #token = :token",
                    values=changes | {"preparing": "PREPARING", "token": transfer.token},
                )
            )
        except ConditionFailedError:
            return False
        return True

    def mark_published(self, transfer: Transfer) -> None:
        """Record that the transfer was announced; it is checked again in 15 minutes."""
        values = {"yes": True} | self._due(UNCLAIMED_SECONDS)
        self._table.write(
            Write(
                transfer_pk(transfer.transfer_id),
                "JOB",
                update="SET #published = :yes, #due_kind = :due_kind, #due_at = :due_at",
                values=values,
            )
        )

    def forget(self, transfer: Transfer) -> None:
        """Record that the api has no more to do for the transfer."""
        self._table.write(
            Write(transfer_pk(transfer.transfer_id), "JOB", update="REMOVE #due_kind, #due_at")
        )

    def due(self) -> list[str]:
        """Return the ids of the transfers that are due for the api's sweep."""
        items = self._table.due(DUE_KIND, self._clock.now())
        return [transfer_id_of_pk(item["pk"]) for item in items]

    def set_aside(self, transfer_id: str) -> None:
        """Make a transfer of which an item cannot be read due later."""
        self._table.set_aside(transfer_pk(transfer_id), "JOB", self._clock.now())

    def _ttl(self) -> int:
        return int(self._clock.now()) + TTL_SECONDS

    def _due(self, seconds: float) -> dict[str, Any]:
        return {"due_kind": DUE_KIND, "due_at": self._clock.now() + seconds}


_UNTAKEN = "attribute_not_exists(pk)"
