"""``mentor-ops jobs`` over the real jobs table, and what the services make of it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from mentor_common.errors import PermanentError
from mentor_common.jobs import Reader
from mentor_common.work.result import WorkDone
from mentor_ops.app import main

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

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


def test_how_an_id_begins_is_enough_where_it_is_the_only_one(
    line: Any, ops: Callable[..., tuple[int, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    job = line.accept(announce=False)
    short = job.upload_id[:8]
    assert ops("jobs", "show", short, "--json")[1]["upload"] == job.upload_id
    assert ops("jobs", "why", short.upper(), "--json")[1]["upload_id"] == job.upload_id
    assert ops("jobs", "cancel", short, "--yes", "--json")[1]["upload"] == job.upload_id
    (listed,) = ops("jobs", "list", "--state", "all", "--upload", short, "--json")[1]
    assert (listed["upload"], listed["state"]) == (job.upload_id, "CANCELLING")

    for wrong, told in (("nonsense", "give 4 characters or more"), ("fffffff0", "begins with")):
        code = main(["--aws", "--stage", "local", "--region", "us-east-1", "jobs", "show", wrong])
        assert code == 4
        assert told in capsys.readouterr().err


def test_an_id_that_begins_like_others_is_refused_with_their_names(
    line: Any, ops: Callable[..., tuple[int, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = line.accept(announce=False), line.accept(announce=False)
    table = line.table
    twin = first.upload_id[:-4] + ("0000" if not first.upload_id.endswith("0000") else "1111")
    item = table.get(f"UPLOAD#{second.upload_id}", "JOB")
    table.overwrite(f"UPLOAD#{twin}", "JOB", item | {"upload_id": twin})
    short = first.upload_id[:8]
    assert ops("jobs", "retry", short)[0] == 4
    line.send("no json", "DEAD_LETTER_QUEUE_NAME", upload=twin)
    code = main(["--aws", "--stage", "local", "--region", "us-east-1",
                 "dlq", "redrive", "--upload", short])  # fmt: skip
    told = capsys.readouterr().err
    assert code == 4
    assert "2 uploads have an id that begins with" in told
    assert first.upload_id in told
    assert twin in told
    assert line.dead == 1, "nothing was moved"


def test_uploads_are_listed_and_counted_by_their_error(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    jobs = [line.accept() for _ in range(3)]
    line.work(line.refuse)
    for job in jobs:
        line.reconcile(job)
    code, groups = ops("jobs", "errors", "--json")
    assert code == 0
    pattern = "not_a_video: This file is no video. Record or choose a video."
    mine = next(one for one in groups if one["pattern"] == pattern)
    assert (mine["uploads"], mine["latest"]) == (3, jobs[2].upload_id)
    _, listed = ops("jobs", "list", "--state", "FAILED", "--error", "NO video", "--limit", "2",
                    "--json")  # fmt: skip
    assert [one["upload"] for one in listed] == [jobs[2].upload_id, jobs[1].upload_id]
    by_mentor = ("--mentor", jobs[0].mentor, "--json")
    assert len(ops("jobs", "list", "--state", "FAILED", *by_mentor)[1]) == 1
    assert ops("jobs", "list", "--state", "FAILED", "--error", "disk", *by_mentor)[1] == []
