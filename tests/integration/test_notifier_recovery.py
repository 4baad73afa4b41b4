"""Recovery: leases, the sweep, outages, and uploads without progress."""

from __future__ import annotations

import pytest

from answer_harness import ANSWER, TEXT, AnswerHarness
from mentor_common.errors import DependencyDownError


def test_a_busy_lease_makes_the_holder_observe_again(harness: AnswerHarness) -> None:
    upload = harness.accept()
    lease = harness.answers.acquire(ANSWER, (upload,))
    assert lease is not None
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.switches() == 0, "another holds the lease"
    released = harness.answers.release(lease, settled=(), due_at=None, read_back_at=None)
    assert released is False, "something was wanted meanwhile"


def test_a_request_between_two_records_of_the_holder_is_not_lost(harness: AnswerHarness) -> None:
    """Each record reads the count of requests again, of which only the first were observed."""
    upload = harness.accept()
    lease = harness.answers.acquire(ANSWER, (upload,))
    assert lease is not None
    harness.answers.request(ANSWER, (upload,))
    lease = harness.answers.renew(harness.answers.record(lease, ended=upload))
    assert lease.state.wanted == lease.observed + 1
    assert not harness.answers.release(lease, settled=(), due_at=None, read_back_at=None)
    lease = harness.answers.renew_for_requests(lease)
    assert harness.answers.release(lease, settled=(), due_at=None, read_back_at=None)


def test_what_is_not_due_any_more_is_not_observed_by_a_sweep_that_comes_late(
    harness: AnswerHarness,
) -> None:
    """The index lags behind: two sweeps find the same answer, one after the other."""
    upload = harness.accept()
    harness.answers.request(ANSWER, (upload,), after=0)
    assert harness.answers.due() == [ANSWER]
    harness.sweep()
    assert harness.answers.acquire(ANSWER) is None
    harness.clock.advance(16)
    assert harness.answers.acquire(ANSWER) is not None


def test_the_sweep_takes_over_from_a_notifier_that_died(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.answers.acquire(ANSWER, (upload,))  # Its holder is killed here.
    harness.sweep()
    assert harness.switches() == 0
    harness.clock.advance(31)
    harness.sweep()
    assert harness.switches() == 1
    assert harness.published.ids == ["1.1/answer.ready.v1"]


def test_an_upload_without_progress_for_a_day_has_failed(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.reconcile(upload)
    harness.clock.advance(24 * 3600 + 1)
    harness.sweep()
    assert set(harness.shown.values()) == {"FAILED"}
    assert harness.published.events[0].data.model_dump()["code"] == "stalled"


@pytest.mark.parametrize("mode", ["unavailable", "errors", "apply_then_drop"])
def test_graphql_failing_loses_nothing_and_is_caught_up(harness: AnswerHarness, mode: str) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.graphql.set_fault(mode)  # type: ignore[arg-type]  # one of its modes
    try:
        harness.reconcile(upload)
    except DependencyDownError:
        assert mode != "errors"
    harness.graphql.set_fault(None)
    harness.clock.advance(61)
    harness.sweep()
    assert set(harness.shown.values()) == {"DONE"}
    assert harness.answer is not None
    assert harness.answer["transcript"] == TEXT
    assert harness.published.ids == ["1.1/answer.ready.v1"]
