"""``mentor-ops jobs why``: for each way of not being ready, why, and what to type next."""

from __future__ import annotations

import inspect
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.errors import PermanentError, TransientError
from mentor_common.jobs import Intake, Task, accepted_event
from mentor_common.operating.diagnosis import Diagnoser
from mentor_common.operating.findings import Advice
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_common.work.registry import Registration
from mentor_ops.target import find
from upload_items import worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.jobs import Job
    from mentor_common.operating.diagnosis import Diagnosis
    from mentor_common.work.result import WorkDone
    from mentor_common.work.upload_work import Assignment

    Ops = Callable[..., tuple[int, Any]]


def diagnose(job: Job, after: float = 0) -> Diagnosis:
    """Return what is found out about an upload some time later."""
    target = find(local=False, stage="local", region="us-east-1")
    diagnoser = Diagnoser(target.table, ManualClock(time.time() + after), target.queues)
    return diagnoser.of(job.upload_id)


def published(line: Any, **options: Any) -> Job:
    """Accept and announce an upload as the api does."""
    job: Job = line.accept(**options)
    Intake(line.table, ManualClock(time.time())).mark_published(job)
    return job


def claim(line: Any, job: Job, owner: str = "host:1") -> tuple[Tasks, Claimant, Task]:
    """Begin to work on an upload."""
    tasks = Tasks(line.table, ManualClock(time.time()))
    claimant = Claimant.of_task(job.upload_id, "transcode", ["transcoding-web"], owner, 60)
    claimed = tasks.claim(claimant)
    assert isinstance(claimed, Claimed)
    return tasks, claimant, claimed.task


def present(line: Any, process: str, ago: float = 0, **how: Any) -> None:
    """Have a transcoder say that it is there."""
    now = time.time() - ago
    times = {"started_at": now, "turned_at": now, "written_at": now}
    said = worker(process=process, **times, **how)
    Registration(line.table, ManualClock(now), "transcoder").write(said)


def test_one_screen_for_an_upload_and_for_an_answer(line: Any, ops: Ops) -> None:
    first, second = published(line), published(line)
    code, shown = ops("jobs", "why", second.upload_id)
    assert code == 0
    begin, *_, last = shown.strip().splitlines()
    assert (
        begin
        == f"upload {second.upload_id}: the video is waiting for a free transcoder: 1 upload ahead"
    )
    assert last == f"next: mentor-ops jobs show --watch {second.upload_id}"
    assert len(shown.splitlines()) <= 24, "one screen"
    code, found = ops("jobs", "why", first.mentor, first.question, "--json")
    assert (code, found["upload_id"], found["state"]) == (0, first.upload_id, "QUEUED")
    assert found["seen"]["queue of transcoder"].startswith("2 waiting, 0 in work or hidden")
    assert ops("jobs", "why", "00000000-0000-0000-0000-000000000000")[0] == 4
    assert ops("jobs", "why", first.mentor, second.question)[0] == 4


def test_nobody_works(line: Any, ops: Ops) -> None:
    job = published(line)
    found = diagnose(job, after=40)
    assert found.why == (
        "the video is waiting for a free transcoder: next in line; no transcoder is running"
    )
    assert (found.command, found.attention) == ("mentor-ops doctor", True)
    assert found.runbook == "worker-down"
    assert dict(found.seen)["transcoders"] == "none has been there within the hour"
    present(line, "host:7", down={"s3": "s3: HTTP 503"}, pausing=True)
    found = diagnose(job, after=40)
    assert found.why.endswith("the transcoder is waiting for a service that it depends on")
    assert found.runbook == "dependency-down"
    assert dict(found.seen)["transcoders"] == "host:7 alive, 0 of 1 in work, waits for s3: HTTP 503"
    assert ops("jobs", "why", job.upload_id)[0] == 0, "so soon it is nothing to worry about"


def test_an_announcement_that_nobody_publishes(line: Any) -> None:
    job = line.accept(announce=False)
    found = diagnose(job, after=70)
    assert "its announcement was not published yet" in found.why
    assert (found.command, found.attention) == ("mentor-ops doctor", True)


def test_work_that_goes_on_fails_and_is_left_behind(line: Any) -> None:
    job = published(line)
    tasks, claimant, task = claim(line, job)
    tasks.extend(claimant, task, 40)
    assert diagnose(job).why == "the video is being made: 40 %"
    present(line, "host:1", ago=60)
    found = diagnose(job)
    assert "host:1 has not reported for a while" in found.why
    assert "another takes over when its lease ends at 20" in found.why
    again = time.time() + 120
    tasks.hand_back(claimant, task, uncount=False, error="OSError: disk full", retry_at=again)
    found = diagnose(job)
    assert found.why == (
        "try 1 of 5 of the transcoder failed; the next begins in about 2 min;"
        " the error was: OSError: disk full"
    )
    assert (found.command, found.attention) == (
        f"mentor-ops jobs show --watch {job.upload_id}",
        False,
    )
    present(line, "host:1")
    claim(line, job)
    assert diagnose(job).why == "the video is being made, trying again (try 2 of 5)"
    found = diagnose(job, after=70)
    assert found.why == ("the transcoder working on it stopped; another takes over within a minute")


def test_a_start_that_failed_is_tried_again_when_the_table_says(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised: list[float] = []
    begun: list[float] = []
    hand_back = Tasks.hand_back

    def watched(*arguments: Any, **more: Any) -> None:
        promised.append(more["retry_at"])
        hand_back(*arguments, **more)

    async def fail_once(assignment: Assignment) -> WorkDone:
        begun.append(time.time())
        if len(begun) == 1:
            raise TransientError("a moment's trouble")
        done: WorkDone = await line.succeed(assignment)
        return done

    monkeypatch.setattr(Tasks, "hand_back", watched)
    job = published(line)
    line.work(fail_once)
    assert len(promised) == 1
    assert len(begun) == 2
    assert begun[1] > promised[0] - 1, "SQS counts whole seconds"
    assert line.task(job).retry_at is None, "it has begun"


def test_given_up_with_its_letter_and_without(line: Any, ops: Ops) -> None:
    job = published(line)
    line.work(line.stumble)
    line.reconcile(job)
    code, found = ops("jobs", "why", job.upload_id, "--json")
    assert (code, found["state"]) == (1, "FAILED")
    tries = "the transcoder gave it up after 5 tries: TransientError: [Errno 28]"
    assert found["why"].startswith(tries)
    assert found["why"].endswith("its dead letter lies in the queue of transcoder")
    redrive = f"mentor-ops dlq redrive --queue transcoder --upload {job.upload_id}"
    assert found["command"] == redrive
    assert ops(*redrive.split()[1:])[0] == 0
    code, found = ops("jobs", "why", job.upload_id, "--json")
    assert found["why"].endswith("its dead letter is gone: it was sent again or discarded")
    assert found["command"] == f"mentor-ops jobs retry {job.upload_id}"
    line.work(line.succeed)
    line.reconcile(job)
    code, found = ops("jobs", "why", job.upload_id, "--json")
    assert (code, found["state"], found["command"]) == (0, "READY", None)
    assert found["why"].startswith("it is ready since 20")


def test_an_announcement_that_was_never_delivered(line: Any) -> None:
    job = published(line, announce=False)
    line.send(accepted_body(job), "DEAD_LETTER_QUEUE_NAME")
    found = diagnose(job)
    assert found.why.endswith("its message lies in the dead-letter queue of transcoder")
    assert found.command == f"mentor-ops dlq redrive --queue transcoder --upload {job.upload_id}"


def accepted_body(job: Job) -> str:
    """Return the message that announces an upload."""
    return accepted_event(job).to_json()


def test_a_bad_video(line: Any, ops: Ops) -> None:
    async def refuse(_assignment: Assignment) -> WorkDone:
        raise PermanentError("no_video", "There is no picture in it.")

    job = published(line)
    line.work(refuse)
    line.reconcile(job)
    code, shown = ops("jobs", "why", job.upload_id)
    assert code == 1
    assert "it failed: There is no picture in it." in shown
    assert shown.strip().endswith("next: nothing to type; the mentor has to send the video again")


def test_every_runbook_that_is_named_is_there() -> None:
    folder = Path(__file__).parents[2] / "docs" / "runbooks"
    source = Path(inspect.getfile(Advice)).read_text()
    named = set(re.findall(r'"([a-z]+-[a-z]+)"', source))
    assert named >= {"worker-down", "dead-letters"}
    assert {page for page in named if not (folder / f"{page}.md").exists()} == set()


def test_graphql_does_not_show_it(line: Any, ops: Ops) -> None:
    job = published(line)
    line.work(line.succeed)
    line.graphql.set_fault("unavailable")
    with pytest.raises(Exception, match="graphql"):
        line.reconcile(job)
    code, found = ops("jobs", "why", job.upload_id, "--json")
    assert found["state"] == "IN_PROGRESS", "the notifier decides once it has seen the document"
    assert found["why"].startswith(
        "everything is ready; the answer is about to show it; GraphQL does not"
    )
    assert "graphql: " in found["why"]
    assert (code, found["command"]) == (1, "mentor-ops doctor")
    line.graphql.set_fault(None)
    line.reconcile(job)
    assert ops("jobs", "why", job.upload_id)[0] == 0


def test_cancelled_and_superseded(line: Any) -> None:
    job = published(line)
    Intake(line.table, ManualClock(time.time())).cancel(job, "mentor")
    assert diagnose(job).why == "it is being cancelled; work on it stops within seconds"
    newer = line.accept(answer=job.answer)
    assert diagnose(job).why == (
        "a newer upload of this answer was accepted; nothing more is done for this one"
    )
    assert diagnose(newer).state == "QUEUED"
