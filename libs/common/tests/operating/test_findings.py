"""What follows for people on call from what was read about an upload."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from mentor_common.explain import QueueEstimate
from mentor_common.jobs import EXHAUSTED, STALLED, AnswerState, Outcome, Upload
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.jobs.model import Cancel
from mentor_common.operating.dead_letter_queue import QueueDepth
from mentor_common.operating.findings import Advice, Depths, Findings, may_be_dead
from upload_items import NOW, UPLOAD_ID, task, upload, worker

REDRIVE = f"mentor-ops dlq redrive --queue transcoder --upload {UPLOAD_ID}"
RETRY = f"mentor-ops jobs retry {UPLOAD_ID}"
WATCH = f"mentor-ops jobs show --watch {UPLOAD_ID}"
DOCTOR = "mentor-ops doctor"
ERROR = "TransientError: No space left on device"
DONE = task(status="DONE", lease_until=0)
GAVE_UP = task(status="FAILED", code=EXHAUSTED, starts=5, last_error=ERROR, lease_until=0)
PARKED = task(status="WAITING", job="job-1", check_at=NOW, lease_until=NOW + 9000)
DEPTH = QueueDepth("arn", visible=3, hidden=1, now=NOW)


class Queue:
    """A backlog of the test's."""

    def __init__(self, halted: Any = None) -> None:
        self.halted = halted

    def estimate(self, _kind: str) -> QueueEstimate:
        return QueueEstimate(halted=self.halted)


def outcome(kind: str, *, said: bool = True, **more: Any) -> Outcome:
    told = {"said": said, "said_at": NOW if said else None}
    return Outcome.model_validate({"kind": kind, "reason": "It broke.", "at": NOW, **told, **more})


def answer_state(**changes: Any) -> AnswerState:
    values = {"mentor": "5" * 24, "question": "6" * 24, "due_at": NOW + 5}
    return AnswerState.model_validate(values | changes)


def found(
    items: Upload, halted: Literal["absent", "outage", "failing"] | None = None, **changes: Any
) -> Findings:
    assert items.job is not None
    values: dict[str, Any] = {
        "answer_state": answer_state(),
        "validity": "current",
        "backlog": Queue(halted),
        "workers": [worker()],
        "depths": {kind: Depths(DEPTH, DEPTH) for kind in ("transcode", "transcribe")},
        "dead": [],
    }
    return Findings(upload=items, job=items.job, now=NOW, **values | changes)


def test_work_that_was_given_up_names_its_dead_letter_or_says_that_it_is_gone() -> None:
    tries = f"the transcoder gave it up after 5 tries: {ERROR}; its dead letter"
    lies = found(upload(GAVE_UP), dead=["transcode"])
    assert lies.why() == f"{tries} lies in the queue of transcoder; the answer will say so shortly"
    assert lies.advice() == Advice(REDRIVE, "dead-letters", attention=True)
    gone = found(upload(GAVE_UP, outcome=outcome("failed")))
    assert gone.why() == f"{tries} is gone: it was sent again or discarded"
    assert gone.advice() == Advice(RETRY, "dead-letters", attention=True)


def test_work_that_was_given_up_is_not_tried_again_for_an_upload_that_does_not_count() -> None:
    older = found(upload(GAVE_UP, outcome=outcome("superseded")), validity="superseded")
    assert older.advice() == Advice(None, None, attention=False)


def test_a_message_that_was_never_delivered() -> None:
    lost = found(upload(), dead=["transcode"])
    assert lost.why().endswith("its message lies in the dead-letter queue of transcoder")
    assert lost.advice() == Advice(REDRIVE, "dead-letters", attention=True)


@pytest.mark.parametrize(
    ("items", "maybe"),
    [
        (upload(), True),
        (upload(task()), False),
        (upload(DONE), False),
        (upload(GAVE_UP), True),
        (upload(GAVE_UP, retried={"transcode": 1}), False),
        (upload(outcome=outcome("cancelled")), False),
    ],
)
def test_only_what_may_be_dead_is_looked_for(items: Upload, maybe: bool) -> None:
    assert may_be_dead(items, "transcode") is maybe


@pytest.mark.parametrize(
    ("items", "clause"),
    [
        (upload(published=False), "its announcement was not published yet"),
        (
            upload(task(lease_until=0, retry_at=NOW + 60, last_error="disk full")),
            "the error was: disk full",
        ),
        (
            upload(DONE, PARKED, transcription="wanted"),
            "job job-1 is checked again at 2027-01-15T08:00:00+00:00 and given up at 2027-01-15",
        ),
        (upload(DONE), "GraphQL does not show it yet: a notifier reconciles it"),
    ],
)
def test_what_only_people_on_call_are_told(items: Upload, clause: str) -> None:
    assert clause in found(items).why()


def test_a_worker_that_is_silent_may_have_gone_away() -> None:
    silent = worker(written_at=NOW - 60)
    held = found(upload(task()), workers=[silent])
    assert held.why() == (
        "the video is being made; host:1 has not reported for a while; if it went away, another"
        " takes over when its lease ends at 2027-01-15T08:01:00+00:00"
    )
    assert "silent" not in found(upload(task()), workers=[silent, worker()]).why()
    assert found(upload(task()), workers=[]).why() == "the video is being made", "nobody knows"


def test_what_is_ready_and_what_has_failed_for_good() -> None:
    ready = found(upload(DONE, outcome=outcome("ready")))
    assert ready.why() == "it is ready since 2027-01-15T08:00:00+00:00"
    assert ready.advice() == Advice(None, None, attention=False)
    failed = found(upload(task(status="FAILED", code="no_video"), outcome=outcome("failed")))
    assert failed.why() == "it failed: It broke."
    assert failed.advice() == Advice(None, None, attention=True)
    stalled = found(upload(outcome=outcome("failed", code=STALLED)))
    assert stalled.advice() == Advice(None, "stalled-jobs", attention=True)


@pytest.mark.parametrize(
    ("halted", "runbook"),
    [("absent", "worker-down"), ("outage", "dependency-down"), ("failing", "release-breaker")],
)
def test_why_nobody_works_has_a_runbook(halted: Any, runbook: str) -> None:
    assert found(upload(), halted).advice() == Advice(DOCTOR, runbook, attention=True)
    assert found(upload(task()), halted).advice() == Advice(WATCH, None, attention=False)


@pytest.mark.parametrize(
    ("items", "changes", "runbook"),
    [
        (upload(status="PREPARING", prepared_at=NOW - PREPARING_SECONDS - 61), {}, "worker-down"),
        (upload(status="PREPARING", prepared_at=NOW - PREPARING_SECONDS - 59), {}, None),
        (upload(published=False, accepted_at=NOW - 61), {}, "worker-down"),
        (upload(published=False, accepted_at=NOW - 59), {}, None),
        (upload(DONE), {"answer_state": None}, "worker-down"),
        (upload(DONE), {"answer_state": answer_state(due_at=NOW - 61)}, "worker-down"),
        (
            upload(DONE),
            {"answer_state": answer_state(last_error="graphql: HTTP 503")},
            "dependency-down",
        ),
        (upload(DONE), {}, None),
        (
            upload(DONE, outcome=outcome("failed", said=False)),
            {"answer_state": None},
            "worker-down",
        ),
    ],
)
def test_what_should_go_on_by_itself_and_does_not(
    items: Upload, changes: dict[str, Any], runbook: str | None
) -> None:
    advice = found(items, **changes).advice()
    assert (advice.command, advice.runbook) == (DOCTOR if runbook else WATCH, runbook)
    assert advice.attention is (runbook is not None)


def test_a_superseded_upload_waits_for_nothing() -> None:
    items = upload(DONE, outcome=outcome("superseded", said=False))
    assert "GraphQL" not in found(items, validity="superseded").why()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (None, "no notifier has a record of it"),
        (answer_state(lease_until=NOW + 1), "a notifier is at it now"),
        (
            answer_state(last_error="graphql: HTTP 503"),
            "graphql: HTTP 503; tried again 2027-01-15T08:00:05+00:00 (in 5 s)",
        ),
        (answer_state(due_at=None), "a notifier reconciles it never"),
        (
            answer_state(due_at=NOW - 7200),
            "a notifier reconciles it 2027-01-15T06:00:00+00:00 (2 h ago)",
        ),
    ],
)
def test_how_far_the_notifier_is(state: AnswerState | None, text: str) -> None:
    assert dict(found(upload(), answer_state=state).evidence())["GraphQL"] == text


def test_the_evidence_names_each_unit_of_work_its_queue_and_its_workers() -> None:
    down = worker(process="host:2", down={"s3": "s3: HTTP 503"}, pausing=True)
    other = worker(service="transcriber", process="host:3", written_at=NOW - 600)
    items = upload(
        task(percent=40, last_error="E"), cancel=Cancel(by="m", at=NOW), transcription="wanted"
    )
    evidence = found(items, validity="cancelled", workers=[worker(), down, other]).evidence()
    lease = "lease of host:1 ends 2027-01-15T08:01:00+00:00 (in 60 s)"
    queue = "3 waiting, 1 in work or hidden, dead letters: 4"
    assert list(evidence) == [
        ("state", "CANCELLING (cancelled)"),
        ("mentor, question", f"{'a' * 24}, {'b' * 24}"),
        ("accepted", "2027-01-15T07:59:51+00:00 (9 s ago)"),
        (
            "transcode",
            f"IN_PROGRESS 40 %, attempt 1, try 1 of 5; {lease}; last error: E",
        ),
        ("transcribe", "not claimed yet"),
        ("queue of transcoder", queue),
        (
            "transcoders",
            "host:1 alive, 0 of 1 in work; host:2 alive, 0 of 1 in work, waits for s3: HTTP 503",
        ),
        ("queue of transcriber", queue),
        ("transcribers", "host:3 gone, 0 of 1 in work"),
        ("GraphQL", "a notifier reconciles it 2027-01-15T08:00:05+00:00 (in 5 s)"),
    ]


def test_what_has_ended_needs_no_queue_unless_its_letter_lies_there() -> None:
    ended = upload(GAVE_UP, outcome=outcome("failed"))
    assert "transcoders" not in dict(found(ended).evidence())
    assert dict(found(ended, dead=["transcode"], workers=[]).evidence())["transcoders"] == (
        "none has been there within the hour"
    )
