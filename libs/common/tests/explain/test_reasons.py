"""Why an upload or a task waits: rounded, and silent about what is not known."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.explain import Position, QueueEstimate, why_not_ready, why_task_waits
from mentor_common.explain.waiting import (
    minutes_text,
    rough_count,
    rough_minutes,
    waiting_for_worker,
)
from mentor_common.jobs import EXHAUSTED, STALLED, Outcome, Upload, state
from mentor_common.jobs.model import Cancel
from upload_items import NOW, UPLOAD_ID, task, upload

if TYPE_CHECKING:
    from mentor_common.jobs import State, Validity

WAITS = "waiting for a free transcoder"
FAILING = "most uploads are failing, so the transcoder is trying one at a time"


def test_the_longer_a_time_the_rougher_it_is_said() -> None:
    said = {
        seconds: minutes_text(rough_minutes(seconds))
        for seconds in (0, 29, 31, 89, 170, 630, 700, 5000, 9000)
    }
    assert said == {
        0: "less than a minute",
        29: "less than a minute",
        31: "about 1 min",
        89: "about 1 min",
        170: "about 3 min",
        630: "about 10 min",
        700: "about 10 min",
        5000: "about 85 min",
        9000: "about 2 h",
    }


def test_large_counts_are_said_to_two_digits() -> None:
    said = [rough_count(number) for number in (1, 2, 99, 100, 144, 146, 1987)]
    assert said == [
        "1 upload",
        "2 uploads",
        "99 uploads",
        "about 100 uploads",
        "about 140 uploads",
        "about 150 uploads",
        "about 2000 uploads",
    ]


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (None, WAITS),
        (Position(0), WAITS),
        (Position(0, seconds=10), f"{WAITS}: next in line, less than a minute"),
        (Position(14, seconds=170), f"{WAITS}: 14 uploads ahead, about 3 min"),
        (Position(14), f"{WAITS}: 14 uploads ahead"),
        (Position(0, halted="absent"), f"{WAITS}: next in line; no transcoder is running"),
        (Position(1, halted="absent"), f"{WAITS}: 1 upload ahead; no transcoder is running"),
        (
            Position(2, halted="outage"),
            f"{WAITS}: 2 uploads ahead; the transcoder is waiting for a service that it depends on",
        ),
        (
            Position(0, halted="failing"),
            f"{WAITS}: next in line; {FAILING}",
        ),
        (Position(0, is_lower_bound=True), WAITS),
        (Position(1987, is_lower_bound=True), f"{WAITS}: more than 1900 uploads ahead"),
        (
            Position(1987, is_lower_bound=True, seconds=7000),
            f"{WAITS}: more than 1900 uploads ahead, at least 2 h",
        ),
        (Position(9, is_lower_bound=True, seconds=20), f"{WAITS}: more than 9 uploads ahead"),
    ],
)
def test_a_position_in_words(position: Position | None, text: str) -> None:
    reason = waiting_for_worker("transcode", position)
    assert (reason.code, reason.text) == ("waiting_for_worker", text)


def test_a_position_is_counted_by_when_uploads_were_accepted() -> None:
    queue = QueueEstimate(accepted=(1.0, 2.0, 3.0), working=1, start_delays=(5.0, 15.0, 25.0, 35.0))
    positions = [queue.position(at) for at in (0.5, 1.0, 2.0, 3.0, 9.0)]
    assert [one.ahead for one in positions] == [0, 0, 1, 2, 3]
    assert [one.seconds for one in positions] == [5.0, 5.0, 15.0, 25.0, 35.0]


class Queue:
    """A backlog of the test's."""

    def __init__(self, **changes: Any) -> None:
        self.queue = QueueEstimate(**changes)

    def estimate(self, _kind: str) -> QueueEstimate:
        return self.queue


def outcome(kind: str, **more: Any) -> Outcome:
    return Outcome.model_validate({"kind": kind, "reason": "It broke.", "at": NOW, **more})


STUCK: Any = Queue(accepted=(NOW - 60, NOW - 9), halted="absent")
DONE = task(status="DONE")
FAILED = task(status="FAILED", code=EXHAUSTED, reason="It broke.")
CANCEL = Cancel(by="mentor", at=NOW)


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (upload(), f"the video is {WAITS}"),
        (upload(task()), "the video is being made"),
        (upload(task(percent=40)), "the video is being made: 40 %"),
        (upload(task(starts=2)), "the video is being made, trying again (try 2 of 5)"),
        (upload(DONE), "everything is ready; the answer is about to show it"),
        (
            upload(DONE, task(percent=5), transcription="wanted"),
            "the transcript is being written: 5 %",
        ),
        (
            upload(task(), transcription="wanted"),
            "the video is being made; the transcript is waiting for a free transcriber",
        ),
        (
            upload(FAILED),
            "the video could not be made; the answer will say so shortly: It broke.",
        ),
        (
            upload(DONE, FAILED, transcription="wanted"),
            "the video is ready, without a transcript, and shown soon: It broke.",
        ),
        (upload(task(), FAILED, transcription="wanted"), "the video is being made"),
        (upload(FAILED, retried={"transcode": 1}), "the video is waiting to be tried again"),
        (upload(cancel=CANCEL), "it is being cancelled; work on it stops within seconds"),
        (upload(DONE, outcome=outcome("ready", said=True)), None),
        (
            upload(DONE, outcome=outcome("ready")),
            "everything is ready; the answer is about to show it",
        ),
        (upload(FAILED, outcome=outcome("failed")), "it failed: It broke."),
        (
            upload(DONE, FAILED, outcome=outcome("failed", failed=["transcribing"])),
            "the answer shows the video, without a transcript: It broke.",
        ),
        (upload(outcome=outcome("cancelled")), "it was cancelled"),
        (
            upload(outcome=outcome("superseded")),
            "a newer upload of this answer was accepted; nothing more is done for this one",
        ),
        (
            upload(status="PREPARING"),
            "it is being received; it will be accepted or refused within seconds",
        ),
        (
            upload(status="PREPARING", prepared_at=NOW - 3600),
            "it was interrupted while being received; soon it can be sent again",
        ),
        (
            upload(status="ABORTED"),
            "it was not accepted and nothing was changed; it can be sent again",
        ),
        (Upload(UPLOAD_ID, None, None, None, None, {}), "there is no such upload"),
    ],
)
def test_why_an_upload_is_not_ready(items: Upload, sentence: str | None) -> None:
    assert why_not_ready(items, NOW, None) == sentence


SENTENCES: dict[State, str] = {
    "PREPARING": "it is being received|it was interrupted",
    "ABORTED": "it was not accepted",
    "QUEUED": f"the video is {WAITS}|the video is waiting to be tried again|the video is being made"
    "|the transcript is waiting to be tried again",
    "IN_PROGRESS": "the video |the transcript |everything is ready",
    "CANCELLING": "it is being cancelled",
    "READY": "None|everything is ready",
    "FAILED": "it failed: It broke.|the answer shows the video, without a transcript",
    "CANCELLED": "it was cancelled",
    "SUPERSEDED": "a newer upload",
}
"""State of an upload to how the sentences begin that may stand beside it."""
TASKS = (None, task(), DONE, FAILED)
OUTCOMES = (None, *(outcome(kind) for kind in ("ready", "failed", "cancelled", "superseded")))
RETRIED: tuple[dict[str, int], ...] = ({}, {"transcode": 1}, {"transcribe": 1})


@pytest.mark.parametrize("validity", [None, "current"])
@pytest.mark.parametrize("status", ["PREPARING", "ABORTED", "ACCEPTED"])
def test_state_and_sentence_agree_whatever_items_there_are(
    status: str, validity: Validity | None
) -> None:
    seen = set()
    for video, words, cancel, ended, retried in product(
        TASKS, TASKS, (None, CANCEL), OUTCOMES, RETRIED
    ):
        items = upload(
            video, words, cancel, ended, status=status, transcription="wanted", retried=retried
        )
        stands, why = state(items), str(why_not_ready(items, NOW, None, validity))
        assert why.startswith(tuple(SENTENCES[stands].split("|"))), (stands, why, items)
        seen.add(stands)
    accepted = set(SENTENCES) - {"PREPARING", "ABORTED"}
    assert seen == (accepted if status == "ACCEPTED" else {status})


def test_an_upload_that_does_not_count_says_so_whatever_its_work_does() -> None:
    held = why_not_ready(upload(task()), NOW, None, "undecided")
    assert held == "it is on hold while a newer upload of this answer is being prepared"
    superseded = why_not_ready(upload(task(), cancel=CANCEL), NOW, None, "superseded")
    assert (superseded or "").startswith("a newer upload of this answer was accepted")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, None),
        ({"starts": 3}, "trying again (try 3 of 5)"),
        (
            {"lease_until": NOW - 1},
            "the transcoder working on it stopped; another takes over within a minute",
        ),
        ({"lease_until": NOW - 120}, f"{WAITS} to go on: {{place}}"),
        ({"lease_until": 0, "last_error": "E"}, f"{WAITS} to try again: {{place}}"),
        (
            {"lease_until": 0, "retry_at": NOW + 600, "last_error": "E"},
            "try 1 of 5 of the transcoder failed; the next begins in about 10 min",
        ),
        (
            {"lease_until": 0, "retry_at": NOW + 60, "starts": 5},
            "try 5 of 5 of the transcoder failed; it is given up in about 1 min",
        ),
        ({"status": "WAITING"}, "waiting for AWS Transcribe to write down what is said"),
        (
            {"status": "WAITING", "started_at": NOW - 300},
            "waiting for AWS Transcribe to write down what is said, since about 5 min",
        ),
        ({"status": "DONE"}, None),
    ],
)
def test_why_a_task_that_was_begun_waits(changes: dict[str, Any], text: str | None) -> None:
    items = upload(task(**changes))
    assert items.job is not None
    place = "1 upload ahead; no transcoder is running"
    expected = text and text.format(place=place)
    reason = why_task_waits("transcode", items, items.job, NOW, STUCK)
    assert (reason and reason.text) == expected


@pytest.mark.parametrize(
    ("items", "text"),
    [
        (upload(status="PREPARING"), "not begun: the upload is not accepted yet"),
        (upload(status="ABORTED"), "not begun: the upload was not accepted"),
        (upload(status="SUSPENDED"), "not begun: the upload is not accepted yet"),
        (
            upload(outcome=outcome("failed", code=STALLED)),
            "given up: it was not finished within a day",
        ),
        (
            upload(outcome=outcome("superseded")),
            "no longer needed: a newer upload of this answer was accepted",
        ),
    ],
)
def test_why_a_task_is_not_needed(items: Upload, text: str) -> None:
    assert items.job is not None
    reason = why_task_waits("transcode", items, items.job, NOW, None)
    assert reason is not None
    assert reason.text == text
