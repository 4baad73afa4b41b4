"""The lease on an item of the jobs table: the owner of the token in the item may write it.

Tasks, answers and imports are leased alike. A lease is two attributes of the item itself: a token,
which fences every write of its holder ("Leases", Gray and Cheriton, 1989; fencing tokens,
Kleppmann, "How to do distributed locking", 2016), and ``lease_until``, epoch seconds after which
another process may take it; 0 once it was released.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mentor_common.aws.table import Item, Table
    from mentor_common.clock import Clock


class LeaseLostError(Exception):
    """Another process may hold the lease by now: nothing was written, and nothing may be."""


@dataclass(frozen=True)
class Lease:
    """The right to write one item for as long as it carries ``token``."""

    pk: str
    sk: str
    token: str


class Leases:
    """Acquiring, renewing and releasing leases, and writing under them.

    ``fenced_by`` is the name of the attribute that is the token.
    """

    def __init__(self, table: Table, clock: Clock, *, fenced_by: str = "token") -> None:
        self._table = table
        self._clock = clock
        self._fenced_by = fenced_by

    def acquire(
        self,
        pk: str,
        sk: str,
        seconds: float,
        changes: Mapping[str, Any] | None = None,
        *,
        add: Mapping[str, Any] | None = None,
        due: bool = False,
    ) -> tuple[Lease, Item] | None:
        """Take the lease on an item for ``seconds``; return it and the item.

        ``None`` while another's lease lives, and where there is no such item. With ``changes`` or
        ``add``, as of :meth:`write`, one that is not there is made. With ``due`` also where its
        ``due_at`` has not come: the index by which a sweep finds items lags behind.
        """
        now = self._clock.now()
        lease = Lease(pk, sk, new_token())
        taken = {self._fenced_by: lease.token, "lease_until": now + seconds, **(changes or {})}
        free = "(attribute_not_exists(#lease_until) OR #lease_until <= :now)"
        there = "" if changes or add else "attribute_exists(pk) AND "
        when = " AND #due_at <= :now" if due else ""
        try:
            item = self._table.write(
                Write(
                    pk,
                    sk,
                    update=_clauses(changes=taken, add=add),
                    condition=there + free + when,
                    values={**taken, **(add or {}), "now": now},
                )
            )
        except ConditionFailedError:
            return None
        return lease, item

    def put(self, pk: str, sk: str, item: Item, seen: Mapping[str, Any] | None) -> None:
        """Put an item that carries a lease of ours in the place of what was seen there.

        Parameters
        ----------
        item
            The whole new item, token and ``lease_until`` among its attributes.
        seen
            Attributes and their values that the item must still have; ``None`` where there was no
            item.

        Raises
        ------
        ConditionFailedError
            Another process was faster.
        """
        free = "attribute_not_exists(pk)"
        condition, values = (free, {}) if seen is None else _unchanged(seen)
        self._table.write(Write(pk, sk, put=item, condition=condition, values=values))

    def renewal(
        self,
        lease: Lease,
        seconds: float,
        changes: Mapping[str, Any] | None = None,
        *,
        unchanged: Mapping[str, Any] | None = None,
    ) -> Write:
        """Return the write that extends the lease to ``seconds`` from now, and sets attributes.

        Its condition fails as that of :meth:`write`; or where the lease was released: a late
        renewal must not revive it.
        """
        renewed = {"lease_until": self._clock.now() + seconds, **(changes or {})}
        return self._fenced(
            lease,
            _clauses(changes=renewed),
            {**renewed, "released": 0},
            unchanged,
            also=" AND #lease_until > :released",
        )

    def ending(
        self,
        lease: Lease,
        changes: Mapping[str, Any] | None = None,
        *,
        remove: Collection[str] = (),
        delete: Mapping[str, set[str]] | None = None,
        unchanged: Mapping[str, Any] | None = None,
    ) -> Write:
        """Return the write that ends the lease now, and changes the item as :meth:`write` does."""
        ended = {"lease_until": 0, **(changes or {})}
        update = _clauses(changes=ended, remove=remove, delete=delete)
        return self._fenced(lease, update, {**ended, **(delete or {})}, unchanged)

    def do(self, write: Write) -> Item:
        """Do a write of :meth:`renewal` or :meth:`ending`; return the item as it stands then.

        Raises
        ------
        LeaseLostError
            Its condition does not hold.
        """
        try:
            return self._table.write(write)
        except ConditionFailedError:
            raise LeaseLostError from None

    def write(
        self,
        lease: Lease,
        changes: Mapping[str, Any] | None = None,
        *,
        remove: Collection[str] = (),
        add: Mapping[str, Any] | None = None,
        delete: Mapping[str, set[str]] | None = None,
        unchanged: Mapping[str, Any] | None = None,
    ) -> Item:
        """Change the item under the lease; return it as it stands then.

        Parameters
        ----------
        lease
            Whose token the item must carry.
        add, delete
            Members to add to attributes that are sets, and to take out of them; ``add`` also
            increments numbers.
        unchanged
            Attributes that must still have these values.

        Raises
        ------
        LeaseLostError
            The item carries another token, or an attribute of ``unchanged`` has changed.
        """
        update = _clauses(changes=changes, remove=remove, add=add, delete=delete)
        values = {**(changes or {}), **(add or {}), **(delete or {})}
        return self.do(self._fenced(lease, update, values, unchanged))

    def delete(self, lease: Lease, *, unchanged: Mapping[str, Any] | None = None) -> None:
        """Remove the whole item; raises as :meth:`write` does."""
        self.do(self._fenced(lease, None, {}, unchanged))

    def _fenced(
        self,
        lease: Lease,
        update: str | None,
        values: Mapping[str, Any],
        unchanged: Mapping[str, Any] | None,
        also: str = "",
    ) -> Write:
        """Return a write under the lease."""
        condition, expected = _unchanged({self._fenced_by: lease.token, **(unchanged or {})})
        return Write(
            lease.pk,
            lease.sk,
            update=update,
            condition=condition + also,
            values={**values, **expected},
        )


def new_token() -> str:
    """Return a token that is new with each call."""
    return uuid.uuid4().hex


def _assignments(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"#{name} = :{name}" for name in changes)


def _clauses(
    *,
    changes: Mapping[str, Any] | None = None,
    remove: Collection[str] = (),
    add: Mapping[str, Any] | None = None,
    delete: Mapping[str, set[str]] | None = None,
) -> str:
    """Return the update expression of these changes."""
    clauses = [
        ("SET", _assignments(changes or {})),
        ("REMOVE", ", ".join(f"#{name}" for name in remove)),
        ("ADD", ", ".join(f"#{name} :{name}" for name in add or {})),
        ("DELETE", ", ".join(f"#{name} :{name}" for name in delete or {})),
    ]
    return " ".join(f"{verb} {clause}" for verb, clause in clauses if clause)


def _unchanged(seen: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition that attributes still have these values, and the values it names."""
    condition = " AND ".join(f"#{name} = :seen_{name}" for name in seen)
    return condition, {f"seen_{name}": value for name, value in seen.items()}
