"""The history of an upload, as the console shows it."""

from __future__ import annotations

from mentor_api.console.history import history
from mentor_common.jobs import Outcome, Upload
from mentor_common.jobs.model import Cancel
from mentor_common.jobs.task import PastAttempt
from upload_items import NOW, UPLOAD_ID, task, upload

BEGUN = [
    (NOW - 10, "The upload arrived", "plain", f"sent by user {'c' * 24}"),
    (NOW - 9, "Accepted; work may begin", "plain", None),
]


def events(items: Upload) -> list[tuple[float, str, str, str | None]]:
    return [(one.at, one.what, one.tone, one.more) for one in history(items)]


def test_it_tells_every_attempt_and_every_start_that_failed() -> None:
    past = PastAttempt(
        attempt=1, starts=5, code="gave_up", reason="It broke.", last_error="OSError: x",
        first_at=NOW + 1, finished_at=NOW + 2,
    )  # fmt: skip
    again = task(
        status="DONE", attempt=2, owner="host:2", past=[past], finished_at=NOW + 7,
        first_at=NOW + 3, errors=[[NOW + 4, "OSError: y"], [NOW + 5, "OSError: z"]],
    )  # fmt: skip
    assert events(upload(again)) == [
        *BEGUN,
        (NOW + 1, "Making the video: attempt 1 begun", "plain", None),
        (
            NOW + 2,
            "Making the video: attempt 1 failed (gave_up)",
            "bad",
            "It broke.; OSError: x",
        ),
        (NOW + 3, "Making the video: attempt 2 begun", "plain", "on host:2"),
        (NOW + 4, "Making the video: attempt 2, start 1 did not finish", "warn", "OSError: y"),
        (NOW + 5, "Making the video: attempt 2, start 2 did not finish", "warn", "OSError: z"),
        (NOW + 7, "Making the video: done", "good", None),
    ]


def test_it_tells_the_end_when_it_was_decided_and_when_the_mentor_was_told() -> None:
    failed = task(status="FAILED", code="no_speech", first_at=NOW, finished_at=NOW + 1)
    outcome = Outcome(kind="failed", reason="It broke.", at=NOW + 2, said_at=NOW + 3)
    items = upload(transcribe=failed, outcome=outcome, cancel=Cancel(by="mentor", at=NOW + 4))
    assert events(items)[3:] == [
        (NOW + 1, "Writing down the speech: attempt 1 failed (no_speech)", "bad", ""),
        (
            NOW + 2,
            "Decided: failed",
            "bad",
            "It broke. (attempt 1 of the video, 1 of the speech)",
        ),
        (NOW + 3, "The mentor was told: failed", "bad", None),
        (NOW + 4, "Cancelled", "warn", "by mentor"),
    ]


def test_what_has_not_happened_is_left_out() -> None:
    aborted = upload(status="ABORTED", accepted_at=None)
    assert [what for _, what, *_ in events(aborted)] == [
        "The upload arrived",
        "Not accepted; nothing was changed",
    ]
    assert history(Upload(UPLOAD_ID, None, None, None, None, {})) == []
