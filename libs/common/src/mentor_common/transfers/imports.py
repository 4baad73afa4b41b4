"""The notifier's item of a transfer: intent, result, and who may tell GraphQL about it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.answers import LeaseLostError
from mentor_common.jobs.model import TTL_SECONDS
from mentor_common.transfers.model import Import, transfer_pk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.clock import Clock
    from mentor_common.jobs.model import AnswerKey

DUE_KIND = "transfer"
_SK = "IMPORT"


class Imports:
    """Writes to the IMPORT items, each conditional on the lease's token.

    Parameters
    ----------
    table, clock
        Where and when.
    lease_seconds
        How long a lease is good for.
    """

    def __init__(self, table: Table, clock: Clock, lease_seconds: float) -> None:
        self._table = table
        self._clock = clock
        self._lease_seconds = lease_seconds

    def intend(self, transfer_id: str, mentor: str) -> Import | None:
        """Put the intent to import; ``None`` when there has been one."""
        now = self._clock.now()
        intent = Import(
            transfer_id=transfer_id,
            mentor=mentor,
            status="INTENT",
            token=uuid.uuid4().hex,
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
            self._table.write(
                Write(transfer_pk(transfer_id), _SK, put=put, condition="attribute_not_exists(pk)")
            )
        except ConditionFailedError:
            return None
        return intent

    def withdraw(self, held: Import) -> None:
        """Remove an intent of which GraphQL has certainly not heard."""
        try:
            self._table.write(
                Write(
                    transfer_pk(held.transfer_id),
                    _SK,
                    condition="#token = :mine AND #status = :intent",
                    values={"mine": held.token, "intent": "INTENT"},
                )
            )
        except ConditionFailedError:
            return

    def extend(self, held: Import) -> None:
        """Extend the lease.

        Raises
        ------
        LeaseLostError
            When it was lost.
        """
        until = self._clock.now() + self._lease_seconds
        self.record(held, lease_until=until, due_at=until)

    def seize(self, transfer_id: str) -> Import | None:
        """Take the lease; ``None`` when another holds it or there is no import."""
        now = self._clock.now()
        try:
            item = self._table.write(
                Write(
                    transfer_pk(transfer_id),
                    _SK,
                    update="SET #token = :token, #lease_until = :until",
                    condition="attribute_exists(pk) AND #lease_until <= :now",
                    values={
                        "token": uuid.uuid4().hex,
                        "until": now + self._lease_seconds,
                        "now": now,
                    },
                )
            )
        except ConditionFailedError:
            return None
        return Import.model_validate(item)

    def record(self, held: Import, **changes: Any) -> Import:
        """Write under the lease; return the item as it stands.

        Raises
        ------
        LeaseLostError
            When the lease was lost.
        """
        return self._mine(
            held, "SET " + ", ".join(f"#{name} = :{name}" for name in changes), changes
        )

    def add_written(self, held: Import, numbers: Iterable[int]) -> Import:
        """Record which media the answers show."""
        added = {str(number) for number in numbers}
        return self._mine(held, "ADD #written :added", {"added": added}) if added else held

    def want(self, transfer_id: str) -> None:
        """Ask that somebody looks at the transfer soon; none that has an import is asked for."""
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

    def share(self, answer: AnswerKey, keys: set[str]) -> None:
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
        """Let the lease go; what was wanted meanwhile stays due."""
        update = "SET #lease_until = :zero, #due_kind = :kind, #due_at = :due"
        values: dict[str, Any] = {"zero": 0, "kind": DUE_KIND, "due": due_at}
        if due_at is None:
            update = "SET #lease_until = :zero REMOVE #due_kind, #due_at"
            values = {"zero": 0}
        try:
            self._mine(held, update, values, also=" AND (#wanted = :seen)", seen=held.wanted)
        except LeaseLostError:
            try:
                self._mine(held, "SET #lease_until = :zero", {"zero": 0})
            except LeaseLostError:
                return

    def due(self) -> list[str]:
        """Return the ids of the transfers that the sweep has to look at now."""
        items = self._table.due(DUE_KIND, self._clock.now())
        return [str(item["transfer_id"]) for item in items]

    def _mine(
        self, held: Import, update: str, values: dict[str, Any], also: str = "", **more: Any
    ) -> Import:
        try:
            item = self._table.write(
                Write(
                    transfer_pk(held.transfer_id),
                    _SK,
                    update=update,
                    condition="#token = :mine" + also,
                    values={**values, **more, "mine": held.token},
                )
            )
        except ConditionFailedError:
            raise LeaseLostError from None
        return Import.model_validate(item)
