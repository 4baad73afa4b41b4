"""Status documents: what a mentor reads of an upload's tasks, from the items of the jobs table."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_api.http.auth import Caller
from mentor_api.http.examples import MENTOR, QUESTION
from mentor_api.http.problems import Problem, forbidden
from mentor_api.uploads.models import Recognised
from mentor_api.uploads.retry import helped_by_retry
from mentor_api.uploads.status import Statuses
from mentor_common.clock import ManualClock
from mentor_common.jobs import AnswerState, Upload

ID = "0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"
JOB = {
    "upload_id": ID,
    "mentor": MENTOR,
    "question": QUESTION,
    "revision": 1,
    "status": "ACCEPTED",
    "token": "t",
    "user": "user1",
    "video": "user1/clip",
    "source": {"bucket": "uploads", "key": "user1/clip", "etag": "e", "size": 1},
    "request": {},
    "transcription": "wanted",
    "prepared_at": 1000.0,
    "accepted_at": 1001.0,
}
TASK = {
    "status": "IN_PROGRESS",
    "token": "t",
    "owner": "w",
    "lease_until": 5000.0,
    "percent": 40,
    "first_at": 1002.0,
    "started_at": 1002.0,
    "tools": [["ffmpeg", 1002.0, 1003.5]],
}
DONE = TASK | {"status": "DONE", "percent": 90, "results": {"web": "videos/web.mp4"}}
FAILED = TASK | {"status": "FAILED", "code": "gave_up", "reason": "It broke."}
READY = {"kind": "ready", "said": True, "at": 1100.0, "said_at": 1101.0}


class Table:
    """A reader of one upload, and a backlog that cannot be read."""

    def __init__(self, items: dict[str, Any], state: AnswerState | None) -> None:
        self._items = items
        self._state = state
        self.reads = 0

    def upload(self, upload_id: str) -> Upload:
        self.reads += 1
        return Upload.of(upload_id, self._items if upload_id == ID else {})

    def answer_state(self, _answer: object) -> AnswerState | None:
        self.reads += 1
        return self._state

    def estimate(self, _kind: str) -> None:
        return None


class Permissions:
    """Let nobody pass, and remember who was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def edit_mentor(self, _caller: Caller, mentor: str) -> None:
        self.asked.append(mentor)
        raise forbidden()


def statuses(state: AnswerState | None = None, **items: Any) -> Statuses:
    table: Any = Table({name.replace("_", "#"): item for name, item in items.items()}, state)
    permissions: Any = Permissions()
    base = "https://static.example/"
    return Statuses(permissions, table, ManualClock(2000.0), table, base)


def status(**items: Any) -> Any:
    found = statuses(**items)
    return found.of(found.reader.upload(ID))


def tasks(shown: Any) -> dict[str, tuple[str, int, str | None]]:
    return {task.task_name: (task.status, task.percent, task.reason) for task in shown.tasks}


def test_an_accepted_upload_waits_with_all_its_tasks() -> None:
    shown = status(JOB=JOB)
    assert shown.state == "QUEUED"
    names = ("transcoding-web", "transcoding-mobile", "transcribing")
    assert {name: row[:2] for name, row in tasks(shown).items()} == dict.fromkeys(
        names, ("QUEUED", 0)
    )
    assert (shown.urls, shown.tool_runs, shown.finished_at) == ({}, [], None)
    assert shown.accepted_at == "1970-01-01T00:16:41+00:00"


def test_an_upload_that_was_switched_to_is_live_and_one_without_outcome_needs_one_read() -> None:
    switched = AnswerState(mentor=MENTOR, question=QUESTION, switched=f"{ID}/1.1")
    running = statuses(switched, JOB=JOB, TASK_transcode=TASK)
    assert not running.of(running.reader.upload(ID)).live
    assert (reads := vars(running.reader)["reads"]) == 1, reads
    ready = statuses(switched, JOB=JOB, TASK_transcode=DONE, **{"OUTCOME#1.1": READY})
    assert ready.of(ready.reader.upload(ID)).live
    # Another attempt was begun: the answer shows what the first one has made.
    again = DONE | {"attempt": 2}
    retried = statuses(switched, JOB=JOB, TASK_transcode=again, **{"OUTCOME#1.1": READY})
    assert retried.of(retried.reader.upload(ID)).live


def test_reasons_have_their_codes_and_values_and_those_of_earlier_releases_none() -> None:
    reason = "The video lasts 95 minutes; the longest allowed is 60 minutes."
    values = {"minutes": 95, "most": 60}
    stored = {"status": "FAILED", "code": "too_long", "reason": reason, "values": values}
    before = {name: value for name, value in stored.items() if name != "values"}
    outcome = {"kind": "failed", "code": "too_long", "reason": reason, "at": 1100.0}
    for sub_task, code, said in ((stored, "too_long", values), (before, None, {})):
        failed = FAILED | {"reason": reason, "names": {"transcoding-web": sub_task}}
        shown = status(JOB=JOB, TASK_transcode=failed, **{"OUTCOME#1.1": outcome})
        web = shown.tasks[0]
        assert (web.reason, web.reason_code, web.reason_values) == (reason, code, said)
        assert (shown.reason, shown.reason_code, shown.reason_values) == (reason, code, said)
        waiting = shown.tasks[2]
        assert (waiting.reason_code, waiting.reason_values["purpose"]) == (
            "waiting_for_worker", "begin",
        )  # fmt: skip
    late = outcome | {"code": "stalled", "reason": "It was not finished within a day."}
    shown = status(JOB=JOB, TASK_transcode=TASK, **{"OUTCOME#1.1": late})
    assert (shown.reason_code, shown.tasks[0].reason_code) == ("stalled", "stalled")


def test_a_running_task_shows_its_percent_and_a_done_one_100() -> None:
    running = tasks(status(JOB=JOB, TASK_transcode=TASK))
    assert running["transcoding-web"] == ("IN_PROGRESS", 40, None)
    assert running["transcribing"][0] == "QUEUED"
    shown = status(JOB=JOB, TASK_transcode=DONE)
    assert tasks(shown)["transcoding-web"] == ("DONE", 100, None)
    assert shown.urls == {"web": "https://static.example/videos/web.mp4"}
    assert shown.tool_runs == [("ffmpeg", 1002.0, 1003.5)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"engine": "whisper", "model": "base", "language": "es"},
            Recognised(engine="whisper", model="base", language="es", draft=False),
        ),
        (
            {"engine": "pocketsphinx", "language": "en-US"},
            Recognised(engine="pocketsphinx", model=None, language="en-US", draft=True),
        ),
        ({"engine": "alignment", "language": "en-US"}, None),
        ({}, None),  # earlier releases kept none
        ({"engine": ["of", "a later one"]}, None),
    ],
)
def test_a_transcript_names_what_has_recognised_it(facts: Any, expected: Any) -> None:
    assert status(JOB=JOB, TASK_transcribe=DONE | {"facts": facts}).recognised == expected
    assert status(JOB=JOB, TASK_transcribe=TASK | {"facts": facts}).recognised is None


def test_an_idle_clip_has_nothing_to_transcribe() -> None:
    shown = tasks(status(JOB=JOB | {"transcription": "idle"}))
    assert shown["transcribing"] == ("DONE", 100, "an idle clip has nothing to transcribe")


def test_what_is_not_over_is_shown_as_cancelled_once_somebody_cancels() -> None:
    shown = status(JOB=JOB, TASK_transcode=DONE, CANCEL={"by": "user1", "at": 1050.0})
    assert tasks(shown)["transcoding-web"][0] == "DONE"
    assert tasks(shown)["transcribing"] == ("CANCELLED", 0, "cancelled")
    assert (shown.reason, shown.can_retry) == ("cancelled", False)


def test_a_ready_upload_has_its_end() -> None:
    items = {"JOB": JOB, "TASK_transcode": DONE, "TASK_transcribe": DONE, "OUTCOME_1.1": READY}
    shown = status(**items)
    assert (shown.state, shown.why) == ("READY", None)
    assert shown.finished_at == "1970-01-01T00:18:21+00:00"


def test_a_task_that_was_asked_for_again_waits_as_if_it_had_not_failed() -> None:
    ended = {"OUTCOME_1.1": {"kind": "failed", "reason": "It broke.", "at": 1100.0}}
    failed = status(JOB=JOB, TASK_transcode=FAILED, **ended)
    assert (failed.reason, failed.can_retry) == ("It broke.", True)
    assert tasks(failed)["transcoding-web"][0] == "FAILED"
    again = status(JOB=JOB | {"retried": {"transcode": 1}}, TASK_transcode=FAILED, **ended)
    assert again.reason is None
    assert tasks(again)["transcoding-web"][:2] == ("QUEUED", 0)


@pytest.mark.parametrize(
    ("transcode", "transcribe", "helped"),
    [
        (None, None, []),
        (DONE, DONE, []),
        (FAILED, None, ["transcode"]),
        (FAILED, FAILED, ["transcode", "transcribe"]),
        (DONE, FAILED, ["transcribe"]),
        (FAILED | {"code": "no_video"}, FAILED, []),
        (DONE, FAILED | {"code": "no_sound"}, []),
    ],
)
def test_a_retry_helps_what_was_given_up_and_not_what_the_video_is(
    transcode: Any, transcribe: Any, helped: list[str]
) -> None:
    items = {"JOB": JOB, "TASK#transcode": transcode, "TASK#transcribe": transcribe}
    upload = Upload.of(ID, {name: item for name, item in items.items() if item})
    assert helped_by_retry(upload) == helped


def test_the_sender_sees_an_upload_without_being_asked_for() -> None:
    found = statuses(JOB=JOB)
    permissions: Any = found.permissions
    assert found.visible(Caller("user1", "USER", "-"), ID).job is not None
    assert permissions.asked == []
    with pytest.raises(Problem) as problem:
        found.visible(Caller("user2", "USER", "-"), ID)
    assert (problem.value.status, permissions.asked) == (403, [MENTOR])


def test_an_upload_that_is_not_there_is_not_found() -> None:
    with pytest.raises(Problem, match="upload not found") as problem:
        statuses(JOB=JOB).visible(Caller("user1", "USER", "-"), ID.replace("0", "1"))
    assert problem.value.status == 404
