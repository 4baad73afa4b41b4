"""Parked tasks: due, postponed, finished once, released and settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_common.jobs.lease import LeaseLostError
from mentor_common.work.claims import Busy, Claimant, Claimed, Tasks
from mentor_common.work.parked import Parked, ParkedTasks, parking
from simulation.memory import NOW, Clock, table_in_memory

if TYPE_CHECKING:
    from mentor_common.aws.table import Table
    from mentor_common.jobs import Task

CLAIMANT = Claimant.of_task("upload", "transcribe", ["transcribing"], "host:1", 60)
DONE = {"status": "DONE", "results": {}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parked(clock: Clock) -> ParkedTasks:
    """One task that waits for a job, to be asked for in a minute."""
    table: Table = table_in_memory()
    tasks = Tasks(table, clock)
    claim = tasks.claim(CLAIMANT)
    assert isinstance(claim, Claimed)
    tasks.park(CLAIMANT, claim.task, parking("transcribe", Parked("job-1", 60, 3600), clock.time))
    return ParkedTasks(table, clock, "transcribe")


def read(parked: ParkedTasks) -> Task:
    task = parked.read("upload")
    assert task is not None
    return task


def test_it_is_due_when_the_job_is_to_be_asked_for(parked: ParkedTasks, clock: Clock) -> None:
    assert parked.due() == []
    clock.time = NOW + 60
    assert parked.due() == ["upload"]
    parked.postpone("upload", read(parked), NOW + 120)
    assert parked.due() == []
    clock.time = NOW + 120
    assert parked.due() == ["upload"]


def test_nobody_claims_it_before_the_deadline(parked: ParkedTasks, clock: Clock) -> None:
    tasks = Tasks(parked.table, clock)
    clock.time = NOW + 3599
    assert tasks.claim(CLAIMANT) == Busy(NOW + 3600)
    parked.release("upload", read(parked), NOW + 3700)
    assert isinstance(tasks.claim(CLAIMANT), Claimed)


def test_it_is_finished_once_and_stays_due_until_it_is_settled(
    parked: ParkedTasks, clock: Clock
) -> None:
    waiting = read(parked)
    finished = parked.finish("upload", waiting, DONE, NOW + 30)
    assert (finished.status, finished.lease_until, finished.finished_at) == ("DONE", 0, NOW)
    with pytest.raises(LeaseLostError):
        parked.finish("upload", waiting, DONE | {"status": "FAILED"}, NOW + 30)
    clock.time = NOW + 30
    assert parked.due() == ["upload"]
    parked.settle("upload", finished)
    assert parked.due() == []
    assert read(parked) == finished


def test_what_has_changed_meanwhile_is_left_alone(parked: ParkedTasks) -> None:
    waiting = read(parked)
    finished = parked.finish("upload", waiting, DONE, NOW)
    parked.postpone("upload", waiting, NOW + 500)
    parked.release("upload", waiting, NOW + 500)
    parked.settle("upload", waiting)
    assert read(parked) == finished
    assert parked.due() == ["upload"]
