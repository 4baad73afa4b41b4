"""The task as the next claim makes it, for everything a claim may find."""

from __future__ import annotations

from typing import Any

from mentor_common.jobs import EXHAUSTED, SubTask, Task
from mentor_common.work.claims import EXHAUSTED_REASON, Claimant
from mentor_common.work.next_claim import next_claim

NOW = 2_000.0
NAMES = ["transcoding-web", "transcoding-mobile"]
CLAIMANT = Claimant.of_task("upload", "transcode", NAMES, "host:2", 60, max_starts=3)


def task(**changes: Any) -> Task:
    """Return a task in its first start, whose lease another worker gave back."""
    begun: dict[str, Any] = {
        "status": "IN_PROGRESS",
        "token": "another's",
        "owner": "host:1",
        "lease_until": 0,
        "first_at": 1_000.0,
        "started_at": 1_500.0,
    }
    return Task(**begun | changes)


def test_the_first_claim_begins_the_first_attempt() -> None:
    claimed = next_claim(None, CLAIMANT, NOW)
    assert (claimed.attempt, claimed.starts, claimed.claim) == (1, 1, 1)
    assert (claimed.status, claimed.owner, claimed.lease_until) == ("IN_PROGRESS", "host:2", 2_060)
    assert claimed.first_at == claimed.started_at == NOW
    assert claimed.names == dict.fromkeys(NAMES, SubTask(status="IN_PROGRESS"))
    assert claimed.token != next_claim(None, CLAIMANT, NOW).token


def test_a_start_that_was_given_back_is_followed_by_the_next_one() -> None:
    seen = task(percent=70, last_error="disk full", errors=[[1_600, "disk full"]], retry_at=1_900)
    claimed = next_claim(seen, CLAIMANT, NOW)
    assert (claimed.attempt, claimed.starts, claimed.claim) == (1, 2, 2)
    assert (claimed.first_at, claimed.started_at) == (1_000, NOW)
    assert (claimed.percent, claimed.retry_at) == (0, None)
    assert (claimed.last_error, claimed.errors) == ("disk full", [(1_600, "disk full")])


def test_a_start_whose_lease_ran_out_is_remembered_as_killed() -> None:
    claimed = next_claim(task(lease_until=1_900), CLAIMANT, NOW)
    assert claimed.last_error == "host:1 was lost: its lease ended"
    assert claimed.errors == [(NOW, "host:1 was lost: its lease ended")]


def test_only_the_last_errors_are_kept() -> None:
    seen = task(lease_until=1_900, errors=[[at, "x"] for at in range(20)])
    errors = next_claim(seen, CLAIMANT, NOW).errors
    assert len(errors) == 20
    assert errors[0] == (1, "x")
    assert errors[-1][0] == NOW


def test_a_claim_for_a_parked_task_begins_without_its_job() -> None:
    seen = task(status="WAITING", job="job-1", check_at=1_700, lease_until=1_900)
    claimed = next_claim(seen, CLAIMANT, NOW)
    assert (claimed.status, claimed.job, claimed.check_at) == ("IN_PROGRESS", None, None)


def test_after_the_last_start_the_attempt_has_failed() -> None:
    ended = next_claim(task(starts=3, claim=4, last_error="disk full"), CLAIMANT, NOW)
    assert (ended.status, ended.code, ended.reason) == ("FAILED", EXHAUSTED, EXHAUSTED_REASON)
    assert (ended.starts, ended.claim, ended.lease_until) == (3, 4, 0)
    assert (ended.last_error, ended.finished_at) == ("disk full", NOW)
    failed = SubTask(status="FAILED", code=EXHAUSTED, reason=EXHAUSTED_REASON, values={})
    assert ended.names == dict.fromkeys(NAMES, failed)
    assert ended.token != "another's", "whoever ran it last must not end it otherwise"


def test_before_the_last_start_it_has_not() -> None:
    assert next_claim(task(starts=2), CLAIMANT, NOW).status == "IN_PROGRESS"


def test_a_failed_attempt_is_followed_by_a_new_one_that_remembers_it() -> None:
    seen = task(status="FAILED", attempt=2, starts=3, claim=7, code="no_video", finished_at=1_800)
    claimed = next_claim(seen, CLAIMANT, NOW)
    assert (claimed.attempt, claimed.starts, claimed.claim) == (3, 1, 8)
    assert (claimed.first_at, claimed.code, claimed.errors) == (NOW, None, [])
    (past,) = claimed.past
    assert (past.attempt, past.starts, past.code) == (2, 3, "no_video")


def test_only_the_last_attempts_are_remembered() -> None:
    seen = task(status="FAILED")
    for _ in range(12):
        claimed = next_claim(seen, CLAIMANT, NOW)
        seen = claimed.model_copy(update={"status": "FAILED"})
    assert [past.attempt for past in claimed.past] == list(range(3, 13))
