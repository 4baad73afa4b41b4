"""State of an upload, from its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_common.jobs import Cancel, is_over, state
from simulation.items import job, outcome, task, upload

if TYPE_CHECKING:
    from mentor_common.jobs import Upload

CANCEL = Cancel(by="user", at=110.0)
RETRIED = job(retried={"transcode": 1})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (upload(None), "UNKNOWN"),
        (upload(job(status="PREPARING")), "PREPARING"),
        (upload(job(status="ABORTED")), "ABORTED"),
        (upload(job(status="SUSPENDED")), "PREPARING"),
        (upload(job()), "QUEUED"),
        (upload(job(), transcribe=task()), "IN_PROGRESS"),
        (upload(job(), transcode=task("DONE")), "IN_PROGRESS"),
        (upload(job(), transcode=task(), cancel=CANCEL), "CANCELLING"),
        (upload(job(), cancel=CANCEL, outcomes={"1.1": outcome("ready")}), "READY"),
        (upload(job(), outcomes={"1.1": outcome("failed")}), "FAILED"),
        (upload(job(), outcomes={"1.1": outcome("cancelled")}), "CANCELLED"),
        (upload(job(), outcomes={"1.1": outcome("superseded")}), "SUPERSEDED"),
    ],
)
def test_the_state_follows_from_the_items(given: Upload, expected: str) -> None:
    assert state(given) == expected


def test_a_requested_retry_is_queued_until_it_is_claimed() -> None:
    failed = {"1.1": outcome("failed", published=True)}
    waiting = upload(RETRIED, transcode=task("FAILED"), outcomes=failed)
    assert (state(waiting), is_over(waiting)) == ("QUEUED", False)
    claimed = upload(RETRIED, transcode=task(attempt=2), outcomes=failed)
    assert (state(claimed), is_over(claimed)) == ("IN_PROGRESS", False)


@pytest.mark.parametrize(
    ("given", "over"),
    [
        (upload(None), False),
        (upload(job()), False),
        (upload(job(status="ABORTED")), True),
        (upload(job(), outcomes={"1.1": outcome("ready")}), False),
        (upload(job(), outcomes={"1.1": outcome("ready", published=True)}), True),
        (
            upload(
                job(),
                transcode=task(attempt=2),
                outcomes={"1.1": outcome("failed", published=True)},
            ),
            False,
        ),
    ],
)
def test_an_upload_is_over_once_its_present_outcome_is_published(given: Upload, over: bool) -> None:
    assert is_over(given) is over
