"""The notifier's item of a transfer: intent, result, and the right to write it to GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases, new_token
from mentor_common.jobs.model import TTL_SECONDS
from mentor_common.transfers.model import Import, transfer_id_of_pk, transfer_pk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.clock import Clock
    from mentor_common.jobs.model import AnswerKey

DUE_KIND = "transfer"
_SK = "IMPORT"


class Imports:
    """Writes to the IMPORT items, each under the lease."""

    def __init__(self, table: Table, clock: Clock, lease_seconds: float) -> None:
        self._table = table
        self._clock = clock
        self._leases = Leases(table, clock)
        self._lease_seconds = lease_seconds

    def record_intent(self, transfer_id: str, mentor: str) -> Import | None:
        """Put the intent to import; ``None`` when there has been one."""
        now = self._clock.now()
        intent = Import(
            transfer_id=transfer_id,
            mentor=mentor,
            status="INTENT",
            token=new_token(),
            lease_until=now + self._lease_seconds,
            intended_at=now,
        )
        put = intent.item() | {
            "ttl": int(now) + TTL_SECONDS,
            "due_kind": DUE_KIND,
            "due_at": intent.lease_until,
        }
        put.pop("written")  # An empty set cannot be stored.
        try:
            self._leases.put(transfer_pk(transfer_id), _SK, put, None)
        except ConditionFailedError:
            return None
        return intent

    def withdraw_intent(self, held: Import) -> None:
        """Remove an intent that certainly has not reached GraphQL."""
        try:
            self._leases.delete(_lease(held), unchanged={"status": "INTENT"})
        except LeaseLostError:
            return

    def renew(self, held: Import) -> None:
        """Extend the lease.

        Raises
        ------
        LeaseLostError
            When it was lost.
        """
        due_at = self._clock.now() + self._lease_seconds
        self._leases.do(self._leases.renewal(_lease(held), self._lease_seconds, {"due_at": due_at}))

    def acquire(self, transfer_id: str) -> Import | None:
        """Take the lease; ``None`` when another holds it or there is no import."""
        taken = self._leases.acquire(transfer_pk(transfer_id), _SK, self._lease_seconds)
        return Import.from_item(taken[1]) if taken else None

    def record(self, held: Import, **changes: Any) -> Import:
        """Write under the lease; return the item as it stands.

        Raises
        ------
        LeaseLostError
            When the lease was lost.
        """
        return Import.from_item(self._leases.write(_lease(held), changes))

    def add_written(self, held: Import, numbers: Iterable[int]) -> Import:
        """Record which media the answers show."""
        added = {str(number) for number in numbers}
        if not added:
            return held
        return Import.from_item(self._leases.write(_lease(held), add={"written": added}))

    def request(self, transfer_id: str) -> None:
        """Ask that a transfer is reconciled soon, if it has an import."""
        try:
            self._table.write(
                Write(
                    transfer_pk(transfer_id),
                    _SK,
                    update="SET #due_kind = :kind, #due_at = :now ADD #wanted :one",
                    condition="attribute_exists(pk)",
                    values={"kind": DUE_KIND, "now": self._clock.now(), "one": 1},
                )
            )
        except ConditionFailedError:
            return

    def mark_shared(self, answer: AnswerKey, keys: set[str]) -> None:
        """Record that other answers are about to name objects of this one.

        It lasts at least as long as the items by which the notifier would find them superseded.
        """
        now = self._clock.now()
        values = {
            "mentor": answer.mentor,
            "question": answer.question,
            "ttl": int(now) + TTL_SECONDS,
            "keys": keys,
        }
        update = "SET #mentor = :mentor, #question = :question, #ttl = :ttl ADD #shared :keys"
        self._table.write(Write(answer.pk, "NOTIFY", update=update, values=values))

    def release(self, held: Import, due_at: float | None) -> None:
        """Let the lease go; what was requested meanwhile stays due."""
        due = {"due_kind": DUE_KIND, "due_at": due_at} if due_at is not None else {}
        never = () if due else ("due_kind", "due_at")
        try:
            self._leases.do(
                self._leases.ending(
                    _lease(held), due, remove=never, unchanged={"wanted": held.wanted}
                )
            )
        except LeaseLostError:
            try:
                self._leases.do(self._leases.ending(_lease(held)))
            except LeaseLostError:
                return

    def due(self) -> list[str]:
        """Return the ids of the transfers that the sweep has to reconcile now."""
        items = self._table.due(DUE_KIND, self._clock.now())
        return [transfer_id_of_pk(item["pk"]) for item in items]

    def set_aside(self, transfer_id: str) -> None:
        """Make a transfer of which an item cannot be read due later."""
        self._table.set_aside(transfer_pk(transfer_id), _SK, self._clock.now())


def _lease(held: Import) -> Lease:
    return Lease(transfer_pk(held.transfer_id), _SK, held.token)
