"""``mentor-ops jobs`` over the real jobs table, and what the services make of it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from mentor_common.errors import PermanentError
from mentor_common.jobs import Reader
from mentor_common.work.result import WorkDone

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.work.upload_work import Assignment


def test_list_shows_what_is_active_and_by_state_what_is_over(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    done, waiting = line.accept(), line.accept(announce=False)
    line.work(line.succeed)
    for job in (done, waiting):
        line.reconcile(job)

    code, active = ops("jobs", "list", "--json")
    assert code == 0
    states = {one["upload"]: one["state"] for one in active}
    assert states == {waiting.upload_id: "QUEUED"}
    _, ready = ops("jobs", "list", "--state", "READY", "--json")
    assert [one["upload"] for one in ready] == [done.upload_id]
    _, of_mentor = ops("jobs", "list", "--state", "all", "--mentor", waiting.mentor, "--json")
    assert [one["upload"] for one in of_mentor] == [waiting.upload_id]
    _, shown = ops("jobs", "list", "--state", "all")
    assert {done.upload_id, waiting.upload_id} <= set(shown.split())


def test_show_tells_the_history_the_last_error_and_ends_with_1_when_it_failed(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    async def refuse(_assignment: Assignment) -> WorkDone:
        raise PermanentError("no_video", "There is no picture in it.")

    job = line.accept()
    line.work(refuse)
    line.reconcile(job)
    code, shown = ops("jobs", "show", job.upload_id, "--watch", "--json")
    assert (code, shown["state"]) == (1, "FAILED")
    assert shown["last_error"] == "no_video: There is no picture in it."
    assert shown["standing"] == "current"
    assert shown["tasks"]["transcode"]["attempt"] == 1
    code, text = ops("jobs", "show", job.upload_id)
    assert "transcode attempt 1 FAILED (no_video)" in text
    assert ops("jobs", "show", "00000000-0000-0000-0000-000000000000")[0] == 4


def test_watch_follows_an_upload_to_its_end(line: Any, start_ops: Callable[..., Any]) -> None:
    job = line.accept()
    with start_ops("jobs", "show", job.upload_id, "--watch", "--json") as process:
        first = json.loads(process.stdout.readline())
        assert first["state"] == "QUEUED"
        line.work(line.succeed)
        line.reconcile(job)
        shown, _ = process.communicate(timeout=30)
    last = json.loads(shown.splitlines()[-1])
    assert (process.returncode, last["state"], last["live"]) == (0, "READY", True)


def test_retry_opens_the_next_attempt_once_and_refuses_where_nothing_would_change(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    job = line.accept()
    assert ops("jobs", "retry", job.upload_id)[0] == 4, "nothing has failed"
    line.work(line.stumble)
    line.reconcile(job)

    for _ in range(2):
        code, opened = ops("jobs", "retry", job.upload_id, "--json")
        assert (code, opened["opens"]) == (0, {"transcode": 2})
    assert ops("dlq", "redrive")[0] == 0, "the letter of attempt 1, redriven as well"
    line.works.clear()
    line.work(line.succeed)
    line.reconcile(job)
    task = line.task(job)
    assert (task.status, task.attempt, len(line.works)) == ("DONE", 2, 1)
    assert line.outcome(job) == "ready"
    assert ops("jobs", "retry", job.upload_id)[0] == 4, "it is ready"


def test_retry_refuses_an_upload_that_was_superseded(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    old = line.accept()
    line.work(line.stumble)
    line.reconcile(old)
    line.accept(answer=old.answer)
    code, _ = ops("jobs", "retry", old.upload_id)
    assert code == 4
    assert sum(line.count()) == 1, "only the newer upload's message"


def test_cancel_stops_the_worker_and_graphql_shows_it(
    line: Any, ops: Callable[..., tuple[int, Any]], start_ops: Callable[..., Any]
) -> None:
    job = line.accept()
    with start_ops("jobs", "cancel", job.upload_id) as process:
        assert process.wait(60) == 2, "nobody to ask"
    stopped: list[str] = []

    async def endless(assignment: Assignment) -> WorkDone:
        try:
            with start_ops("jobs", "cancel", job.upload_id, "--yes") as process:
                assert await asyncio.to_thread(process.wait, 60) == 0
            await asyncio.Event().wait()
        finally:
            stopped.append(assignment.upload.upload_id)
        return WorkDone({})

    line.work(endless)
    assert stopped == [job.upload_id]
    line.sweep()
    assert line.outcome(job) == "cancelled"
    cancel = Reader(line.table).upload(job.upload_id).cancel
    assert cancel is not None
    assert cancel.by.startswith("operator ")
    due = [item["upload_id"] for item in line.table.due("api", time.time() + 60)]
    assert due == [job.upload_id], "the api's sweep says upload.cancelled"
    assert ops("jobs", "cancel", job.upload_id, "--yes")[0] == 4
    assert ops("jobs", "retry", job.upload_id)[0] == 4
