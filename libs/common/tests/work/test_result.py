"""The changes that end a task, and those that park it."""

from __future__ import annotations

from mentor_common.errors import PermanentError, RemoteHostError
from mentor_common.jobs import EXHAUSTED
from mentor_common.media.process import ToolRun
from mentor_common.work.parked import Parked, parking
from mentor_common.work.result import WorkDone, changes_at_end, changes_of_tools

NAMES = ["transcoding-web", "transcoding-mobile"]


def test_work_without_failures_is_done() -> None:
    assert changes_at_end(NAMES, WorkDone({"web": "web.mp4"}, {"sha1": "00"})) == {
        "status": "DONE",
        "names": {key: {"status": "DONE"} for key in NAMES},
        "results": {"web": "web.mp4"},
        "facts": {"sha1": "00"},
        "percent": 100,
    }


def test_one_failure_fails_the_task_and_names_the_one() -> None:
    error = PermanentError("too_long", "It lasts 95 minutes.", minutes=95)
    changes = changes_at_end(NAMES, WorkDone({"web": "w"}, failures={"transcoding-mobile": error}))
    why = {"code": "too_long", "reason": "It lasts 95 minutes."}
    failed = {"status": "FAILED", **why, "values": {"minutes": 95}}
    assert changes == {
        "status": "FAILED",
        "names": {"transcoding-web": {"status": "DONE"}, "transcoding-mobile": failed},
        "results": {"web": "w"},
        "facts": {},
        **why,
    }


def test_work_that_gave_itself_up_keeps_the_error_it_gave_up_for() -> None:
    error = PermanentError(EXHAUSTED, "We tried 3 times.")
    error.__cause__ = RemoteHostError("files.example.org does not answer.")
    changes = changes_at_end(["copy"], WorkDone({}, failures={"copy": error}))
    assert "files.example.org does not answer." in changes["last_error"]


def test_runs_of_tools_are_recorded_with_their_times() -> None:
    assert changes_of_tools([ToolRun("ffmpeg", 1.0, 2.5)]) == {"tools": [["ffmpeg", 1.0, 2.5]]}


def test_a_parked_task_waits_until_its_deadline_and_is_due_before() -> None:
    changes = parking("transcribe", Parked("job-1", 60, 3600, {"engine": "aws"}), 1_000.0)
    assert changes == {
        "status": "WAITING",
        "job": "job-1",
        "check_at": 1_060,
        "lease_until": 4_600,
        "due_kind": "waiting-transcribe",
        "due_at": 1_060,
        "facts": {"engine": "aws"},
    }
