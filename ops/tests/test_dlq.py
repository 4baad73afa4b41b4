"""``mentor-ops dlq`` on the emulator's real queues, where the loop does the redrive."""

from __future__ import annotations

import json
import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import SystemClock
from mentor_common.events import UploadAccepted
from mentor_common.failpoints import InjectedError, watching
from mentor_common.jobs import EXHAUSTED, accepted_event
from mentor_common.operating import clearing
from mentor_common.operating.clearing import clear
from mentor_common.operating.dead_letter import DeadLetterFilter
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.waiting import wait_until
from mentor_ops import stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mentor_common.jobs import Job
    from mentor_common.operating.dead_letter import DeadLetter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue

DEAD = "DEAD_LETTER_QUEUE_NAME"
RENDITIONS = ["transcoding-web", "transcoding-mobile"]


def fail(line: Any, job: Job) -> None:
    """Give up on an upload's first attempt, as five starts would, and bury its message."""
    tasks = Tasks(line.table, SystemClock())
    claimant = Claimant.of_task(job.upload_id, "transcode", RENDITIONS, "test", 60)
    claimed: Any = tasks.claim(claimant)
    subs = {name: {"status": "FAILED"} for name in RENDITIONS}
    ending = {"status": "FAILED", "names": subs, "code": EXHAUSTED, "reason": "It broke."}
    tasks.finish(claimant, claimed.task, ending)
    body = accepted_event(job).to_json()
    line.send(body, DEAD, attempt="1", code=EXHAUSTED, upload=job.upload_id, text="It broke.")


def test_five_starts_then_mended_and_redriven_to_ready_without_a_document(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    job = line.accept()
    line.work(line.stumble)
    line.reconcile(job)
    assert (len(line.works), line.outcome(job), line.dead) == (5, "failed", 1)
    document = line.graphql.store.upload_task(job.mentor, job.question)
    assert document["transcodeWebTask"]["status"] == "FAILED"
    where = {"mentor": job.mentor, "question": job.question}
    line.graphql.store.delete("upload_tasks", where)  # as the UI does once it has seen that

    code, queues = ops("dlq", "list", "--json")
    shown = next(one for one in queues if one["queue"] == "transcoder")
    assert (code, shown["waiting"], shown["reasons"]) == (
        0,
        1,
        {f"{UploadAccepted.TYPE} {EXHAUSTED}": 1},
    )
    code, (letter,) = ops("dlq", "peek", "--json")
    assert letter["event"]["data"]["upload_id"] == job.upload_id
    assert letter["upload"]["state"] == "FAILED"
    assert letter["upload"]["last_error"].endswith(
        "TransientError: [Errno 28] No space left on device"
    )
    assert letter["attributes"]["error"].endswith("No space left on device")
    whats = [each["what"] for each in letter["upload"]["history"]]
    assert whats[:3] == ["prepared", "accepted", "transcode attempt 1 first claimed"]
    assert whats[-1] == "published failed"

    code, results = ops("dlq", "redrive", "--dry-run", "--json")
    assert (code, line.dead, sum(line.count())) == (0, 1, 0), "a dry run moves nothing"
    assert sum(sum(one["reasons"].values()) for one in results) == 1
    code, results = ops("dlq", "redrive", "--json")
    assert (code, sum(one["done"] for one in results), line.dead) == (0, 1, 0)
    line.work(line.succeed)
    line.reconcile(job)

    task = line.task(job)
    assert (task.status, task.attempt, line.outcome(job)) == ("DONE", 2, "ready")
    answer = line.graphql.store.answer(job.mentor, job.question)
    assert answer["webMedia"]["url"] == task.results["web"]
    assert line.graphql.store.upload_task(job.mentor, job.question) is None, "none is re-created"


def test_redrive_of_40_letters_half_of_them_finished_meanwhile_and_twice_changes_nothing_more(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    jobs = [line.accept(announce=False) for _ in range(40)]
    for job in jobs:
        fail(line, job)
    finished = jobs[::2]
    for job in finished:  # somebody's `jobs retry`, say
        line.send(accepted_event(job).to_json(), attempt="1")
    line.work(line.succeed)
    before = {job.upload_id: line.task(job) for job in finished}
    line.works.clear()

    code, results = ops("dlq", "redrive", "--max-rate", "500", "--json")
    assert (code, sum(one["done"] for one in results), line.dead) == (0, 40, 0)
    assert sum(line.count()) == 40
    line.work(line.succeed)
    code, results = ops("dlq", "redrive", "--json")
    assert (code, sum(one["done"] for one in results), sum(line.count())) == (0, 0, 0)

    assert sorted(line.works) == sorted(job.upload_id for job in jobs[1::2]), "each once"
    assert {line.task(job).attempt for job in jobs} == {2}
    assert {line.task(job).status for job in jobs} == {"DONE"}
    assert all(line.task(job) == before[job.upload_id] for job in finished), "left as it was"
    for job in jobs[::10]:
        line.reconcile(job)
        assert line.outcome(job) == "ready"
    assert len(line.graphql.store.write_log("uploadAnswer")) == len(jobs[::10]), "one switch each"


def test_an_interruption_between_send_and_delete_loses_nothing_and_doubles_nothing(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    job = line.accept(announce=False)
    fail(line, job)

    def break_off(point: str) -> None:
        if point == "sqs.send:after":
            raise InjectedError(point)

    with watching(break_off), pytest.raises(InjectedError):
        ops("dlq", "redrive")
    assert (sum(line.count()), line.count(DEAD)) == (1, (1, 0)), "sent, not deleted, visible"
    assert ops("dlq", "redrive", "--json")[0] == 0
    assert (sum(line.count()), line.dead) == (2, 0)
    line.work(line.succeed)
    assert (line.works, line.task(job).attempt) == ([job.upload_id], 2)


def test_killed_between_send_and_delete_the_letter_is_still_there(
    line: Any, start_ops: Callable[..., Any]
) -> None:
    fail(line, line.accept(announce=False))
    profile = {
        "MENTOR_UPLOAD_PROFILE": "test",
        "MENTOR_UPLOAD_FAILPOINTS": "sqs.send:after=kill",
    }
    with start_ops("dlq", "redrive", **profile) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert (sum(line.count()), line.dead) == (1, 1)


def test_ctrl_c_ends_a_slow_redrive_after_its_batch_and_puts_the_rest_back(
    line: Any, start_ops: Callable[..., Any]
) -> None:
    for number in range(30):
        line.send(f"letter {number}", DEAD)
    with start_ops("dlq", "redrive", "--queue", "transcoder", "--type", "unreadable",
                   "--max-rate", "1", "--json") as process:  # fmt: skip
        wait_until(lambda: sum(line.count()) > 0, seconds=30, what="the first batch")
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    (result,) = json.loads(shown)
    assert (result["interrupted"], result["done"]) == (True, sum(line.count()))
    assert line.count(DEAD) == (30 - result["done"], 0), "none hidden, none lost"


def test_filters_move_what_they_name_and_leave_the_rest_visible_and_untouched(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    jobs = [line.accept(announce=False) for _ in range(3)]
    for job in jobs:
        fail(line, job)
    line.send("no json", DEAD, code="not_json")

    code, results = ops("dlq", "redrive", "--upload", jobs[1].upload_id, "--json")
    moved = {one["queue"]: (one["done"], one["passed"]) for one in results}
    assert (code, moved["transcoder"]) == (0, (1, 3))
    assert line.count(DEAD) == (3, 0)
    sqs = line.cloud.client("sqs")
    (sent,) = sqs.receive_message(QueueUrl=line.url(), MessageAttributeNames=["All"])["Messages"]
    given = {name: value["StringValue"] for name, value in sent["MessageAttributes"].items()}
    assert given == {
        "attempt": "1",
        "code": EXHAUSTED,
        "upload": jobs[1].upload_id,
        "text": "It broke.",
    }
    code, results = ops("dlq", "redrive", "--type", "unreadable", "--queue", "transcoder", "--json")
    assert (results[0]["done"], results[0]["reasons"]) == (1, {"unreadable not_json": 1})


def test_what_comes_back_at_once_is_not_sent_on_for_ever(
    line: Any, dead_letters: DeadLetterQueue
) -> None:
    line.send("no json", DEAD)
    rounds: list[int] = []

    def bounce(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
        rounds.append(len(batch))
        for one in batch:
            line.send(one.body, DEAD)
        return dead_letters.delete(batch)

    cleared = clear(dead_letters, DeadLetterFilter(), bounce, max_rate=500)
    assert (cleared.done, rounds, line.dead) == (1, [1], 1)


def test_a_redrive_keeps_to_its_rate(
    line: Any, ops: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, moved = 1000.0, 0

    class Waiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal now, moved
            now += timeout or 0.0
            moved = sum(line.count())
            assert moved <= 20 * (now - 1000.0) + 20, "a second's worth may go at once"
            return False

    monkeypatch.setattr(clearing, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(stopping, "threading", SimpleNamespace(Event=Waiting))
    for number in range(40):
        line.send(f"letter {number}", DEAD)
    ops("dlq", "redrive", "--queue", "transcoder", "--max-rate", "20", "--json")
    assert now >= 1000.9, "it waited"
    assert sum(line.count()) == 40


def test_discard_asks_writes_a_private_file_first_and_only_then_deletes(
    line: Any,
    ops: Callable[..., tuple[int, Any]],
    start_ops: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    job = line.accept(announce=False)
    fail(line, job)
    line.send("no json", DEAD, code="not_json")

    with start_ops("dlq", "discard") as process:
        _, told = process.communicate(timeout=60)
    assert (process.returncode, line.count(DEAD)) == (2, (2, 0)), "nobody to ask"
    assert "only record" in told
    assert "--yes" in told

    file = tmp_path / "kept.jsonl"

    def break_off(point: str) -> None:
        if point == "sqs.delete:before":
            assert len(file.read_text().splitlines()) == 2, "on disk before anything is deleted"

    with watching(break_off):
        code, (result,) = ops("dlq", "discard", "--yes", "--file", str(file), "--json")
    assert (code, result["done"], line.dead) == (0, 2, 0)
    assert file.stat().st_mode & 0o777 == 0o600
    records = {
        record["attributes"]["code"]: record
        for record in map(json.loads, file.read_text().splitlines())
    }
    assert records["not_json"]["body"] == "no json"
    assert json.loads(records[EXHAUSTED]["body"])["subject"] == job.upload_id
    assert line.task(job).status == "FAILED", "the upload stays as it is"
