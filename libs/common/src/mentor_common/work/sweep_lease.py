"""The lease on a sweep: of all replicas of a service one at a time looks for what is due."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mentor_common.errors import DependencyDownError
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from mentor_common.process_name import process_name

if TYPE_CHECKING:
    from mentor_common.aws.table import Table
    from mentor_common.clock import Clock

_PK = "SWEEPS"
_KEPT_SECONDS = 24 * 3600
"""For so long the item of a sweep that no release runs any more stays."""


class SweepLease:
    """The right of one replica to sweep.

    It is for economy: what is swept is safe in any number of replicas. It is renewed between two
    runs only, so that a run that takes longer than the lease is joined by another replica.

    Parameters
    ----------
    name
        Of the sweep, the same in all replicas.
    seconds
        Length of the lease, and the longest time until another replica follows one that died.
    spare
        It is renewed where fewer seconds are left.
    """

    def __init__(
        self, table: Table, clock: Clock, name: str, *, seconds: float, spare: float
    ) -> None:
        self._table = table
        self._leases = Leases(table, clock)
        self._clock = clock
        self._name = name
        self._seconds = seconds
        self._spare = spare
        self._own: Lease | None = None
        self._until = 0.0
        """When the own lease ends, or that of another replica."""

    def held_elsewhere(self) -> float:
        """Return for how many seconds another replica holds the lease; 0 where this one does.

        It is taken where it is free, and renewed where it ends soon.
        """
        now = self._clock.now()
        if self._own is not None and self._until - now < self._spare:
            self._renew(self._own, now)
        if self._own is None and self._until <= now:
            self._acquire(now)
        return 0 if self._own is not None else self._until - now

    def _renew(self, own: Lease, now: float) -> None:
        try:
            self._leases.do(
                self._leases.renewal(own, self._seconds, {"ttl": int(now) + _KEPT_SECONDS})
            )
            self._until = now + self._seconds
        except LeaseLostError:
            self._own, self._until = None, 0.0

    def _acquire(self, now: float) -> None:
        held = self._table.get(_PK, self._name)  # It says for how long to wait; a refusal does not.
        self._until = float(held["lease_until"]) if held else 0.0
        if self._until > now:
            return
        about = {"owner": process_name(), "ttl": int(now) + _KEPT_SECONDS}
        taken = self._leases.acquire(_PK, self._name, self._seconds, about)
        self._own = taken[0] if taken else None
        self._until = now + self._seconds

    def release(self) -> None:
        """Let another replica sweep at once; called when the process ends."""
        if self._own is not None:
            with suppress(LeaseLostError, DependencyDownError):
                self._leases.do(self._leases.ending(self._own))
            self._own = None
