"""How an upload ends: by its tasks, a cancel, a newer upload, or by having taken too long."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.jobs import ALIGNMENT, Cancel, Outcome
from mentor_notifier.answers.outcome import (
    STALLED_REASON,
    late_captions,
    outcome_of,
    shown_statuses,
    superseded,
    switches,
)

MINUTE, DAY = 60, 24 * 3600
VIDEO = ["transcoding-web", "transcoding-mobile"]


@pytest.mark.parametrize(
    ("transcode", "transcribe", "ends"),
    [
        (None, None, None),
        (("IN_PROGRESS",), None, None),
        (("DONE",), None, None),
        (("DONE",), ("IN_PROGRESS",), None),
        (None, ("DONE",), None),
        (None, ("FAILED",), None),
        (("DONE",), ("DONE",), ("ready", None, [])),
        (("DONE",), ("FAILED",), ("failed", "captions", ["transcribing"])),
        (("FAILED",), None, ("failed", "no_video", VIDEO)),
        (("FAILED",), ("FAILED",), ("failed", "no_video", VIDEO)),
        (("FAILED", "transcoding-mobile"), None, ("failed", "no_video", ["transcoding-mobile"])),
    ],
)  # fmt: skip
def test_an_upload_ends_once_its_tasks_have(
    given: Any, transcode: Any, transcribe: Any, ends: Any
) -> None:
    stands = given.having(
        transcode=given.task("transcode", *transcode, code="no_video") if transcode else None,
        transcribe=given.task("transcribe", *transcribe) if transcribe else None,
    )
    outcome = stands.outcome
    assert (outcome and (outcome.kind, outcome.code, outcome.failed)) == ends
    assert switches(outcome) == (ends is not None and ends[1] in {None, "captions"})


@pytest.mark.parametrize("transcription", ["idle", "edited"])
def test_an_upload_of_which_nothing_is_to_be_recognised_ends_with_its_video(
    given: Any, transcription: str
) -> None:
    stands = given.having(job={"transcription": transcription}, transcribe=None)
    assert stands.outcome.kind == "ready"


def test_an_alignment_is_waited_for_and_fails_nothing(given: Any) -> None:
    running = given.aligned(given.task("transcribe", "IN_PROGRESS"))
    assert running.outcome is None
    shown = shown_statuses(running.upload, running.job, None)
    assert shown == {"transcoding-web": "DONE", "transcoding-mobile": "IN_PROGRESS"}, (
        "the UI fetches the answer once all that it sees is DONE"
    )
    for ended in ("DONE", "FAILED"):
        assert given.aligned(given.task("transcribe", ended)).outcome.kind == "ready"
    late = {"first_at": given.NOW - DAY - MINUTE, "started_at": given.NOW - DAY - MINUTE}
    stands = running.having(
        job={"accepted_at": given.NOW - DAY - MINUTE},
        transcode=given.task("transcode", **late),
        transcribe=given.task("transcribe", "IN_PROGRESS", **late),
    )
    assert stands.outcome.kind == "ready"


@pytest.mark.parametrize(("minutes", "over"), [(29, False), (31, True)])
def test_an_alignment_that_nobody_begins_is_waited_for_half_an_hour_after_the_video(
    given: Any, minutes: int, over: bool
) -> None:
    made = given.task("transcode", finished_at=given.NOW - minutes * MINUTE)
    outcome = given.aligned(None, transcode=made, job={"accepted_at": 0}).outcome
    assert (outcome is not None) == over


def test_an_upload_without_progress_for_a_day_has_failed_and_a_redrive_starts_the_day_anew(
    given: Any,
) -> None:
    long_ago = {"first_at": given.NOW - DAY - 1, "started_at": given.NOW - DAY - 1}
    stands = given.having(
        job={"accepted_at": given.NOW - DAY - 1},
        transcode=given.task("transcode", **long_ago),
        transcribe=None,
    )
    assert (stands.outcome.code, stands.outcome.failed) == ("stalled", ["transcribing"])
    assert stands.outcome.reason == STALLED_REASON
    shown = shown_statuses(stands.upload, stands.job, stands.outcome)
    assert shown["transcribing"] == "FAILED"
    assert shown["transcoding-web"] == "DONE"
    again = stands.having(
        transcribe=given.task("transcribe", "IN_PROGRESS", first_at=given.NOW - 5)
    )
    assert again.outcome is None


def test_a_cancel_ends_what_is_not_decided_and_nothing_else(given: Any) -> None:
    cancel = Cancel(by="u", at=given.NOW)
    assert given.having(cancel=cancel).outcome.kind == "cancelled"
    decided = {"1.1": Outcome(kind="ready", at=given.NOW)}
    assert given.having(cancel=cancel, outcomes=decided).outcome.kind == "ready"


def test_an_outcome_is_that_of_the_present_pair_of_attempts(given: Any) -> None:
    failed = {"1.1": Outcome(kind="failed", code="captions", at=given.NOW)}
    again = given.having(outcomes=failed, transcribe=given.task("transcribe", attempt=2))
    assert again.outcome.kind == "ready"


def test_what_is_not_the_newest_is_superseded_unless_it_was_decided(given: Any) -> None:
    outcome = superseded(given.upload, given.NOW)
    assert (outcome.kind, outcome.at) == ("superseded", given.NOW)
    decided = Outcome(kind="ready", at=1)
    assert superseded(given.having(outcomes={"1.1": decided}).upload, given.NOW) == decided


def test_a_task_that_ends_after_the_cancel_was_shown_stays_cancelled(given: Any) -> None:
    cancelled = Outcome(kind="cancelled", at=given.NOW - 30)
    stands = given.having(
        outcomes={"1.1": cancelled},
        transcode=given.task("transcode", finished_at=given.NOW - 40),
        transcribe=given.task("transcribe", finished_at=given.NOW - 10),
    )
    shown = shown_statuses(stands.upload, stands.job, cancelled)
    assert shown == {
        "transcoding-web": "DONE",
        "transcoding-mobile": "DONE",
        "transcribing": "CANCELLED",
    }


def test_captions_are_late_where_their_alignment_ended_after_the_outcome(given: Any) -> None:
    ready = {"1.1": Outcome(kind="ready", at=given.NOW - 60)}
    aligned = given.task("transcribe", facts={"engine": ALIGNMENT})
    assert late_captions(given.aligned(aligned, outcomes=ready).upload) == f"{given.FOLDER}en.vtt"
    in_time = {"1.1": Outcome(kind="ready", at=given.NOW)}
    assert late_captions(given.aligned(aligned, outcomes=in_time).upload) is None
    recognised = given.task("transcribe", facts={"engine": "pocketsphinx"})
    assert late_captions(given.aligned(recognised, outcomes=ready).upload) is None


def test_an_outcome_is_dated_when_it_was_found(given: Any) -> None:
    upload, job = given.upload, given.job
    outcome = outcome_of(upload, job, now=given.NOW + 7, stalled_after=DAY)
    assert outcome is not None
    assert outcome.at == given.NOW + 7
