"""A lease is held by one at a time, and nobody writes under one that was lost."""

from __future__ import annotations

import pytest

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from simulation.memory import NOW, Clock, table_in_memory

KEY = "PK", "SK"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table() -> Table:
    made = table_in_memory()
    made.write(Write(*KEY, put={"status": "OPEN", "wanted": 1, "open": {"a", "b"}}))
    return made


@pytest.fixture(params=["token", "lease_token"])
def leases(table: Table, clock: Clock, request: pytest.FixtureRequest) -> Leases:
    return Leases(table, clock, fenced_by=request.param)


def acquired(leases: Leases, seconds: float = 30) -> Lease:
    taken = leases.acquire(*KEY, seconds)
    assert taken is not None
    return taken[0]


def test_a_lease_is_held_by_one_until_it_ends(leases: Leases, clock: Clock) -> None:
    first = acquired(leases)
    assert leases.acquire(*KEY, 30) is None
    clock.time = NOW + 29.9
    assert leases.acquire(*KEY, 30) is None
    clock.time = NOW + 30
    second = acquired(leases)
    assert second.token != first.token


def test_acquiring_returns_the_item_under_the_lease(leases: Leases) -> None:
    taken = leases.acquire(*KEY, 30)
    assert taken is not None
    assert taken[1]["lease_until"] == NOW + 30
    assert taken[1]["status"] == "OPEN"


def test_there_is_no_lease_on_an_item_that_does_not_exist(leases: Leases, table: Table) -> None:
    assert leases.acquire("PK", "other", 30) is None
    assert table.get("PK", "other") is None


def test_a_renewed_lease_lasts_from_now(leases: Leases, clock: Clock) -> None:
    lease = acquired(leases)
    clock.time = NOW + 20
    item = leases.do(leases.renewal(lease, 30, {"percent": 40}))
    assert (item["lease_until"], item["percent"]) == (NOW + 50, 40)
    clock.time = NOW + 49
    assert leases.acquire(*KEY, 30) is None


def test_who_lost_the_lease_writes_nothing(leases: Leases, table: Table, clock: Clock) -> None:
    lost = acquired(leases)
    clock.time = NOW + 31
    acquired(leases)
    before = table.get(*KEY)
    with pytest.raises(LeaseLostError):
        leases.do(leases.renewal(lost, 30))
    with pytest.raises(LeaseLostError):
        leases.write(lost, {"status": "DONE"})
    with pytest.raises(LeaseLostError):
        leases.do(leases.ending(lost))
    with pytest.raises(LeaseLostError):
        leases.delete(lost)
    assert table.get(*KEY) == before


def test_a_lease_that_ended_and_that_nobody_took_is_still_ours(
    leases: Leases, clock: Clock
) -> None:
    lease = acquired(leases)
    clock.time = NOW + 31
    assert leases.do(leases.renewal(lease, 30))["lease_until"] == NOW + 61


def test_a_released_lease_is_free_at_once(leases: Leases) -> None:
    lease = acquired(leases)
    item = leases.do(
        leases.ending(lease, {"status": "DONE"}, remove=["wanted"], delete={"open": {"a"}})
    )
    assert (item["lease_until"], item["status"], item["open"]) == (0, "DONE", {"b"})
    assert "wanted" not in item
    acquired(leases)


def test_a_late_renewal_does_not_revive_a_released_lease(leases: Leases, table: Table) -> None:
    lease = acquired(leases)
    leases.do(leases.ending(lease))
    with pytest.raises(LeaseLostError):
        leases.do(leases.renewal(lease, 30))
    item = table.get(*KEY)
    assert item is not None
    assert item["lease_until"] == 0


def test_writing_sets_removes_adds_and_deletes(leases: Leases) -> None:
    lease = acquired(leases)
    item = leases.write(
        lease, {"percent": 7}, remove=["status"], add={"wanted": 2}, delete={"open": {"b"}}
    )
    assert (item["percent"], item["wanted"], item["open"]) == (7, 3, {"a"})
    assert "status" not in item


def test_what_has_changed_meanwhile_is_left_alone(leases: Leases, table: Table) -> None:
    lease = acquired(leases)
    table.write(Write(*KEY, update="ADD #wanted :one", values={"one": 1}))
    with pytest.raises(LeaseLostError):
        leases.do(leases.ending(lease, unchanged={"wanted": 1}))
    with pytest.raises(LeaseLostError):
        leases.write(lease, {"wanted": 5}, unchanged={"wanted": 1})
    with pytest.raises(LeaseLostError):
        leases.do(leases.renewal(lease, 30, unchanged={"status": "DONE"}))
    with pytest.raises(LeaseLostError):
        leases.delete(lease, unchanged={"wanted": 1})
    assert leases.write(lease, {"wanted": 5}, unchanged={"wanted": 2})["wanted"] == 5
    leases.delete(lease, unchanged={"wanted": 5})
    assert table.get(*KEY) is None


def test_of_two_that_saw_the_same_one_puts_its_item(leases: Leases, table: Table) -> None:
    new = {"status": "IN_PROGRESS", "token": "mine", "lease_until": NOW + 30}
    leases.put("PK", "new", new, None)
    with pytest.raises(ConditionFailedError):
        leases.put("PK", "new", new | {"token": "yours"}, None)
    seen = {"token": "mine", "lease_until": NOW + 30}
    leases.put("PK", "new", new | {"token": "yours"}, seen)
    with pytest.raises(ConditionFailedError):
        leases.put("PK", "new", new | {"token": "theirs"}, seen)
    item = table.get("PK", "new")
    assert item is not None
    assert item["token"] == "yours"
