"""Claiming, holding and giving back a task, on a table in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import StoppedError
from mentor_common.work.claims import Busy, Claimant, Claimed, Ended, Tasks
from simulation.memory import NOW, Clock, table_in_memory

if TYPE_CHECKING:
    from mentor_common.jobs import Task

CLAIMANT = Claimant.of_task("upload", "transcode", ["transcoding-web"], "host:1", 60)
DONE = {"status": "DONE", "results": {"web": "web.mp4"}}
FAILED = {"status": "FAILED", "code": "no_video", "reason": "No picture."}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tasks(clock: Clock) -> Tasks:
    return Tasks(table_in_memory(), clock)


def claimed(tasks: Tasks, redriven: int | None = None) -> Task:
    claim = tasks.claim(CLAIMANT, redriven)
    assert isinstance(claim, Claimed)
    return claim.task


def stored(tasks: Tasks) -> Task:
    task = tasks.read("upload", "transcode")
    assert task is not None
    return task


def test_a_task_is_claimed_by_one_until_its_lease_ends(tasks: Tasks, clock: Clock) -> None:
    first = claimed(tasks)
    assert stored(tasks) == first
    clock.time = NOW + 59
    assert tasks.claim(CLAIMANT) == Busy(NOW + 60)
    clock.time = NOW + 60
    second = claimed(tasks)
    assert (second.starts, second.claim) == (2, 2)
    with pytest.raises(StoppedError):
        tasks.finish(CLAIMANT, first, DONE)
    with pytest.raises(StoppedError):
        tasks.extend(CLAIMANT, first, 50)
    with pytest.raises(StoppedError):
        tasks.park(CLAIMANT, first, {"status": "WAITING"})
    tasks.hand_back(CLAIMANT, first, uncount=True, error="too late")
    assert stored(tasks) == second


def test_whoever_is_faster_has_the_claim(
    tasks: Tasks, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(tasks)
    clock.time = NOW + 60
    read, another = tasks._get, Claimant.of_task("upload", "transcode", [], "host:2", 60)

    def overtaken(pk: str, sk: str) -> Task | None:
        monkeypatch.setattr(tasks, "_get", read)
        seen = read(pk, sk)
        assert isinstance(tasks.claim(another), Claimed)
        return seen

    monkeypatch.setattr(tasks, "_get", overtaken)
    assert tasks.claim(CLAIMANT) == Busy(NOW + 120)
    assert stored(tasks).owner == "host:2"


def test_progress_extends_the_lease(tasks: Tasks, clock: Clock) -> None:
    task = claimed(tasks)
    clock.time = NOW + 50
    tasks.extend(CLAIMANT, task, 40)
    clock.time = NOW + 100
    assert tasks.claim(CLAIMANT) == Busy(NOW + 110)
    assert stored(tasks).percent == 40


def test_a_task_that_is_done_is_over_for_good(tasks: Tasks) -> None:
    finished = tasks.finish(CLAIMANT, claimed(tasks), DONE)
    assert (finished.status, finished.lease_until, finished.finished_at) == ("DONE", 0, NOW)
    assert tasks.claim(CLAIMANT) == tasks.claim(CLAIMANT, redriven=1) == Ended(finished)


@pytest.mark.parametrize(("redriven", "reopens"), [(None, False), (1, True), (2, False)])
def test_only_a_message_that_names_the_failed_attempt_reopens_it(
    tasks: Tasks, redriven: int | None, *, reopens: bool
) -> None:
    failed = tasks.finish(CLAIMANT, claimed(tasks), FAILED)
    claim = tasks.claim(CLAIMANT, redriven)
    if not reopens:
        assert claim == Ended(failed)
        return
    assert isinstance(claim, Claimed)
    assert (claim.task.attempt, claim.task.past[0].code) == (2, "no_video")


def test_the_claim_after_the_last_start_ends_the_attempt(tasks: Tasks) -> None:
    for start in range(1, 6):
        task = claimed(tasks)
        assert task.starts == start
        tasks.hand_back(CLAIMANT, task, uncount=False, error=f"error {start}")
    over = tasks.claim(CLAIMANT)
    assert isinstance(over, Ended)
    assert (over.task.code, over.task.last_error) == ("gave_up", "error 5")
    assert tasks.claim(CLAIMANT) == over


def test_a_start_that_was_taken_back_does_not_count(tasks: Tasks) -> None:
    for _ in range(7):
        task = claimed(tasks)
        assert task.starts == 1
        tasks.hand_back(CLAIMANT, task, uncount=True)
    assert claimed(tasks).claim == 8, "each has a prefix of its own all the same"


def test_what_was_handed_back_says_why_and_until_when(tasks: Tasks) -> None:
    tasks.hand_back(CLAIMANT, claimed(tasks), uncount=False, error="x" * 900, retry_at=NOW + 30)
    task = stored(tasks)
    assert (task.lease_until, task.retry_at) == (0, NOW + 30)
    assert task.last_error == "x" * 500
    assert task.errors == [(NOW, "x" * 500)]


def test_a_late_heartbeat_does_not_take_back_what_was_handed_back(tasks: Tasks) -> None:
    task = claimed(tasks)
    tasks.hand_back(CLAIMANT, task, uncount=True)
    with pytest.raises(StoppedError):
        tasks.extend(CLAIMANT, task, 50)
    claimed(tasks)
