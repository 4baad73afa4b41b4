"""The lease on a sweep: one replica has it, another one follows when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.jobs.lease import Leases
from mentor_common.sweeping import Tally
from mentor_common.work.sweep_lease import SweepLease
from mentor_common.work.worker import _pause_after
from simulation.memory import table_in_memory

if TYPE_CHECKING:
    from mentor_common.jobs import Table

NOW = 1_900_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def replicas(clock: ManualClock, table: Table) -> tuple[SweepLease, SweepLease]:
    one, other = (
        SweepLease(table, clock, "notifier.sweep", seconds=45, spare=20) for _ in range(2)
    )
    return one, other


def test_one_replica_holds_it_for_as_long_as_it_renews(clock: ManualClock) -> None:
    one, other = replicas(clock, table_in_memory())
    assert (one.held_elsewhere(), other.held_elsewhere()) == (0, 45)
    for _ in range(9):
        clock.advance(20)
        assert one.held_elsewhere() == 0
        assert other.held_elsewhere() > 0


def test_another_replica_follows_when_it_ends(clock: ManualClock) -> None:
    one, other = replicas(clock, table_in_memory())
    one.held_elsewhere()
    clock.advance(other.held_elsewhere())
    assert other.held_elsewhere() == 0
    assert one.held_elsewhere() == 45, "one that was away finds its lease lost"


def test_it_is_free_at_once_when_its_holder_ends(clock: ManualClock) -> None:
    one, other = replicas(clock, table_in_memory())
    one.held_elsewhere()
    one.release()
    assert other.held_elsewhere() == 0
    one.release()
    clock.advance(21)
    assert other.held_elsewhere() == 0, "a replica without it ends nobody's"


def test_an_outage_while_it_is_taken_is_no_lease_of_another(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = replicas(clock, table_in_memory())
    with monkeypatch.context() as outage:
        outage.setattr(Leases, "acquire", Mock(side_effect=DependencyDownError("dynamodb", "503")))
        with pytest.raises(DependencyDownError):
            one.held_elsewhere()
    assert one.held_elsewhere() == 0


@pytest.mark.parametrize(
    ("run", "pause"),
    [
        (Tally(), 5),
        (Tally(looked=True), 20),
        (Tally(looked=True, next_in=30.0), 20),
        (Tally(looked=True, next_in=12.0), 12),
        (Tally(looked=True, next_in=0.0), 5),
        (Tally(handled=2, looked=True), 5),
        (Tally(handled=2, looked=True, next_in=12.0), 12),
        (Tally(handled=2, failed=1, looked=True, next_in=12.0), 5),
    ],
)
def test_a_sweep_pauses_until_something_is_due_but_not_for_long(run: Tally, pause: float) -> None:
    assert _pause_after(run, 5) == pause
