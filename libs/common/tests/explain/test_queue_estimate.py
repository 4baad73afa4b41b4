"""Estimates of a queue: what they promise comes true, and they are silent without evidence."""

from __future__ import annotations

import heapq
from typing import Any

import pytest

from mentor_common.explain.queue_estimate import QueueEstimate, TaskTimes, Waiting, estimate
from upload_items import NOW, worker

LEASE = 1000.0


def running(started_at: float) -> TaskTimes:
    times = {"started_at": started_at, "lease_until": started_at + LEASE}
    return TaskTimes.model_validate({"status": "IN_PROGRESS", **times})


def done(started_at: float, finished_at: float, **more: Any) -> TaskTimes:
    times = {"started_at": started_at, "finished_at": finished_at}
    return TaskTimes.model_validate({"status": "DONE", "lease_until": 0, **times, **more})


def waiting(accepted_at: float, size: int = 1, since: float | None = None) -> Waiting:
    return Waiting(accepted_at, size, accepted_at if since is None else since)


def stuck(*workers: Any, is_lower_bound: bool = False) -> QueueEstimate:
    """Return the estimate when an upload has waited for a minute and nobody works."""
    return estimate([waiting(NOW - 60)], [], workers, NOW, is_lower_bound=is_lower_bound)


@pytest.mark.parametrize(
    ("seconds", "most_off"),
    [([30.0] * 20, 1.0), ([20.0, 40.0] * 10, 20.0), ([90.0, *[10.0] * 19], 85.0)],
)
def test_what_is_estimated_comes_true(seconds: list[float], most_off: float) -> None:
    """Three workers take twenty uploads in order; half way those that wait are promised a time."""
    ends: list[tuple[float, int]] = []
    begun: list[float] = []
    promised: dict[int, float] = {}
    for number, length in enumerate(seconds):
        now = NOW if len(ends) < 3 else heapq.heappop(ends)[0]
        begun.append(now)
        heapq.heappush(ends, (now + length, number))
        if number == 10:
            at_work = {each for _, each in ends}
            tasks = [
                (running(at) if n in at_work else done(at, at + seconds[n]), 1000)
                for n, at in enumerate(begun)
            ]
            queued = [waiting(NOW - 20 + n, 1000) for n in range(11, 20)]
            queue = estimate(queued, tasks, [], now)
            assert queue.working == 3
            for n in range(11, 20):
                position = queue.position(NOW - 20 + n)
                assert position.ahead == n - 11
                assert position.seconds is not None
                promised[n] = now + position.seconds
    off = {n: abs(begun[n] - at) for n, at in promised.items()}
    assert len(off) == 9
    assert max(off.values()) <= most_off, off


def test_a_larger_upload_is_expected_to_take_longer() -> None:
    tasks = [(done(NOW - 10, NOW), 1000), (running(NOW), 60_000)]
    assert estimate([], tasks, [], NOW).start_delays == (600,), "sixty times as large"
    unknown = [(done(NOW - 10, NOW), 1000), (running(NOW), None)]
    assert estimate([], unknown, [], NOW).start_delays == (10,), "as long as those before"


def test_what_aws_has_recognised_is_no_evidence_of_how_long_a_worker_takes() -> None:
    tasks = [(done(NOW - 3000, NOW, job="job-1"), 1000)]
    assert estimate([waiting(NOW)], tasks, [], NOW).start_delays == ()


def test_a_lease_that_has_ended_is_no_work() -> None:
    tasks = [(running(NOW - LEASE), 1), (running(NOW - LEASE + 1), 1)]
    assert estimate([], tasks, [], NOW).working == 1


@pytest.mark.parametrize(
    ("workers", "halted"),
    [
        ([], "absent"),
        ([worker()], None),
        ([worker(down={"s3": "HTTP 503"}, pausing=True)], "outage"),
        ([worker(pausing=True)], "failing"),
        ([worker(pausing=True), worker(down={"s3": "HTTP 503"}, pausing=True)], "failing"),
        ([worker(pausing=True), worker()], None),
    ],
)
def test_why_nobody_works(workers: list[Any], halted: str | None) -> None:
    assert stuck(*workers).halted == halted


def test_nothing_is_said_to_be_halted_while_a_claim_may_still_come() -> None:
    assert estimate([waiting(NOW - 29)], [], [], NOW).halted is None, "it waits not for long"
    assert estimate([], [], [], NOW).halted is None, "nobody waits"
    lately = [(done(NOW - 40, NOW - 29), 1)]
    assert estimate([waiting(NOW - 60)], lately, [], NOW).halted is None, "somebody worked"
    assert stuck(is_lower_bound=True).halted is None, "not all were read"


def test_the_one_that_waits_for_longest_is_not_always_the_first() -> None:
    begun_before = waiting(NOW - 900, since=NOW - 5)
    queue = estimate([waiting(NOW - 9), begun_before, waiting(NOW - 7)], [], [], NOW)
    assert queue.accepted == (NOW - 900, NOW - 9, NOW - 7)
    assert queue.oldest_seconds(NOW) == 9
    assert QueueEstimate().oldest_seconds(NOW) is None
