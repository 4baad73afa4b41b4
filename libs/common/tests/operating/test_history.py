"""What happened to an upload, and its last error."""

from __future__ import annotations

from mentor_common.jobs import Outcome, Upload
from mentor_common.jobs.model import Cancel
from mentor_common.jobs.task import PastAttempt
from mentor_common.operating.history import iso, last_error, timeline
from upload_items import NOW, UPLOAD_ID, task, upload

FAILED = {"status": "FAILED", "code": "no_video", "reason": "There is no picture in it."}


def test_every_attempt_is_told_in_order() -> None:
    past = PastAttempt(attempt=1, starts=5, code="gave_up", first_at=NOW + 1, finished_at=NOW + 2)
    again = task(
        status="DONE",
        attempt=2,
        claim=7,
        past=[past],
        first_at=NOW + 3,
        started_at=NOW + 4,
        finished_at=NOW + 5,
    )
    ready = Outcome(kind="ready", at=NOW + 6, said_at=NOW + 7)
    items = upload(again, cancel=Cancel(by="mentor", at=NOW), outcome=ready)
    assert timeline(items) == [
        (NOW - 10, "prepared"),
        (NOW - 9, "accepted"),
        (NOW, "cancelled by mentor"),
        (NOW + 1, "transcode attempt 1 first claimed"),
        (NOW + 2, "transcode attempt 1 FAILED (gave_up)"),
        (NOW + 3, "transcode attempt 2 first claimed"),
        (NOW + 4, "transcode attempt 2 claimed (claim 7 of all)"),
        (NOW + 5, "transcode attempt 2 DONE"),
        (NOW + 6, "decided ready for attempts 2.1"),
        (NOW + 7, "published ready"),
    ]
    assert timeline(Upload(UPLOAD_ID, None, None, None, None, {})) == []


def test_the_last_error_is_that_of_the_task_that_failed_last() -> None:
    first = task(**FAILED, finished_at=NOW)
    later = task(status="FAILED", code="gave_up", last_error="OSError: x", finished_at=NOW + 1)
    assert last_error(upload(first, later)) == "gave_up: OSError: x"
    assert last_error(upload(first)) == "no_video: There is no picture in it."
    assert last_error(upload(task(starts=3, last_error="OSError: x"))) == "start 2: OSError: x"
    stalled = Outcome(kind="failed", code="stalled", reason="It took a day.", at=NOW)
    assert last_error(upload(outcome=stalled)) == "stalled: It took a day."
    assert last_error(upload(task())) is None


def test_times_are_in_utc_to_the_second() -> None:
    assert iso(NOW + 0.9) == "2027-01-15T08:00:00+00:00"
    assert iso(None) is None
