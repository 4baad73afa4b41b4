"""Whole worker processes: what their probes say, and how SIGTERM ends them."""

from __future__ import annotations

import asyncio
import re
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy
from mentor_common.consumer.health import serve
from mentor_common.errors import DependencyDownError
from mentor_common.work.claims import Tasks
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.events import SourceObject
    from mentor_local.graphql.faults import Mode
    from real_workers import RealWorkers

RESTARTS = 30
"""About as many as twelve uploads last: what is restarted later has nothing to lose."""


class StuckQueue:
    """A queue whose long poll answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def receive(self, most: int, wait_seconds: int, visibility: int) -> list[Any]:
        del most, wait_seconds, visibility
        await self.let.wait()
        await asyncio.sleep(0)
        return []


def test_livez_fails_while_the_poll_loop_is_blocked_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A poller never dies unnoticed; one that is stuck says where."""
    monkeypatch.setattr("mentor_common.consumer.health.STUCK_SECONDS", 0.3)

    async def scene() -> None:
        queue = StuckQueue()
        breaker = DependencyBreaker({})
        consumer = Consumer(queue, {}, Policy(), breaker, "test")  # type: ignore[arg-type]  # it only receives
        stop = asyncio.Event()
        with serve(consumer, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}/livez"

            async def says(status: int) -> requests.Response:
                async with asyncio.timeout(10):
                    while True:
                        answer = await asyncio.to_thread(requests.get, url, timeout=5)
                        if answer.status_code == status:
                            return answer
                        await asyncio.sleep(0.02)

            running = asyncio.create_task(consumer.run(stop))
            stuck = (await says(503)).json()
            assert stuck["status"] == "stuck"
            assert stuck["seconds_since_turn"] >= 0.3
            queue.let.set()
            assert (await says(200)).json()["status"] == "ok"
            breaker.trip(DependencyDownError("graphql", "no answer in time"))
            ready = await asyncio.to_thread(requests.get, f"{url[:-6]}/readyz", timeout=5)
            assert (ready.status_code, ready.json()["down"]) == (
                503,
                {"graphql": "graphql: no answer in time"},
            )
            stop.set()
            await running

    asyncio.run(scene())


def test_livez_answers_that_and_where_the_event_loop_is_blocked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What blocks the loop must not block the answer that says where it is stuck."""
    monkeypatch.setattr("mentor_common.consumer.health.STUCK_SECONDS", 0.3)
    release, serving = threading.Event(), threading.Event()
    ports: list[int] = []

    async def scene() -> None:
        consumer = Consumer(StuckQueue(), {}, Policy(), DependencyBreaker({}), "test")  # type: ignore[arg-type]  # it is never asked
        with serve(consumer, "127.0.0.1", 0) as port:
            ports.append(port)
            serving.set()
            release.wait(20)  # a handler that computes, or reads a file, where it must not

    thread = threading.Thread(target=lambda: asyncio.run(scene()))
    thread.start()
    try:
        assert serving.wait(10)
        url = f"http://127.0.0.1:{ports[0]}"
        wait_until(
            lambda: requests.get(f"{url}/livez", timeout=5).status_code == 503,
            seconds=10,
            what="livez to fail",
        )
        stuck = requests.get(f"{url}/livez", timeout=5).json()
        assert stuck["status"] == "stuck"
        assert any("test_processes.py" in place and "scene" in place for place in stuck["at"])
        shown = requests.get(f"{url}/metrics", timeout=5)
        assert shown.status_code == 200
        idle = re.search(r"^mentor_upload_poll_loop_idle_seconds (\S+)", shown.text, re.MULTILINE)
        assert idle is not None
        assert float(idle[1]) >= 0.3
    finally:
        release.set()
        thread.join(10)


def test_a_probe_that_hangs_or_breaks_hides_no_other_and_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mentor_common.consumer.breaker._PROBE_SECONDS", 0.1)
    asked: list[str] = []

    async def hang() -> None:
        asked.append("s3")
        await asyncio.Event().wait()

    async def answer() -> None:
        asked.append("sns")

    async def refuse() -> None:
        raise DependencyDownError("graphql", "HTTP 503")

    async def break_off() -> None:
        raise ValueError("no such queue")

    async def scene() -> dict[str, str]:
        probes = {"s3": hang, "sns": answer, "graphql": refuse, "sqs": break_off}
        breaker = DependencyBreaker(probes)
        for name in probes:
            breaker.trip(DependencyDownError(name, "not asked yet"))
        assert not await breaker.probe()
        assert not await breaker.probe()
        return breaker.down

    assert asyncio.run(scene()) == {
        "s3": "s3: no answer in 0 s",
        "graphql": "graphql: HTTP 503",
        "sqs": "sqs: ValueError",
    }
    assert asked == ["s3", "sns"], "one thread at most is lost to a probe that hangs"


@pytest.mark.parametrize("fault", ["unavailable", "errors"])
def test_readyz_of_a_process_names_the_dependency_that_is_down_and_recovers(
    workers: RealWorkers, fault: Mode
) -> None:
    workers.graphql.set_fault(fault)
    workers.start("notifier")

    def down() -> dict[str, str]:
        try:
            answer = workers.probe("notifier", "readyz")
        except requests.ConnectionError:
            return {}
        return dict(answer.json()["down"]) if answer.status_code == 503 else {}

    wait_until(lambda: set(down()) == {"graphql"}, seconds=30, what="graphql, and no other")
    assert workers.probe("notifier", "livez").status_code == 200, "alive, so it is not restarted"
    workers.graphql.set_fault(None)
    workers.wait_ready("notifier")


def runs(program: Path) -> bool:
    """Return whether a program runs; confined, it could not say so by a file."""
    shown = subprocess.run(["ps", "-axwwo", "args="], check=True, capture_output=True, text=True)
    return str(program) in shown.stdout


@pytest.mark.parametrize("finishes", [True, False], ids=["finishes", "hands back"])
def test_sigterm_of_a_whole_process_ends_it_in_time_and_in_order(
    workers: RealWorkers, source: SourceObject, *, finishes: bool
) -> None:
    """Nothing is received after a stop, and work under way is finished or handed back."""
    gate, ffmpeg = workers.folder / "gate", workers.folder / "ffmpeg"
    ffmpeg.write_text(f'#!/bin/sh\nwhile [ ! -e "{gate}" ]; do sleep 0.1; done\nexec ffmpeg "$@"\n')
    ffmpeg.chmod(ffmpeg.stat().st_mode | stat.S_IXUSR)
    grace = 20 if finishes else 3
    worker = workers.start("transcoder", FFMPEG_EXECUTABLE=str(ffmpeg), GRACE_SECONDS=str(grace))
    first = workers.accept(source)
    wait_until(lambda: runs(ffmpeg), seconds=30, what="ffmpeg to start")
    waiting = workers.accept(source)

    worker.terminate()
    if finishes:
        gate.touch()
    # What it hands back would never end by itself: the gate stays closed.
    assert workers.processes.wait(worker, seconds=60) == 0
    tasks = Tasks(workers.table, SystemClock())
    task = tasks.read(first.upload_id, "transcode")
    assert task is not None
    assert tasks.read(waiting.upload_id, "transcode") is None, "nothing is begun after SIGTERM"
    if finishes:
        assert task.status == "DONE"
        assert workers.messages("transcoder", "QUEUE_NAME") == (1, 0)
    else:
        assert (task.status, task.starts, task.lease_until) == ("IN_PROGRESS", 0, 0)
        assert workers.messages("transcoder", "QUEUE_NAME") == (2, 0), "handed back at once"
        gone = workers.folder / "transcoder"
        assert not [p for p in gone.rglob("*") if p.is_file() and p.name == "source"]
    assert workers.messages("transcoder", "DEAD_LETTER_QUEUE_NAME") == (0, 0)


def test_a_worker_that_is_killed_at_each_start_ends_with_a_dead_letter_that_says_so(
    workers: RealWorkers, source: SourceObject
) -> None:
    """A kill for memory does not loop for ever, and leaves nothing "in progress" behind."""
    job = workers.accept(source)
    killed = {
        "MENTOR_UPLOAD_PROFILE": "test",
        "MENTOR_UPLOAD_FAILPOINTS": "s3.put:before=kill",
        "VISIBILITY_SECONDS": "2",
        "BEAT_SECONDS": "0.5",
        "MAX_STARTS": "2",
    }
    for _ in range(2):
        assert workers.processes.wait(workers.start("transcoder", **killed), seconds=40) == -9
    last = workers.start("transcoder", **killed)
    tasks = Tasks(workers.table, SystemClock())

    def over() -> bool:
        task = tasks.read(job.upload_id, "transcode")
        return task is not None and task.status == "FAILED"

    wait_until(over, seconds=40, what="the third claim, which only reports")
    wait_until(
        lambda: workers.messages("transcoder", "QUEUE_NAME") == (0, 0),
        seconds=20,
        what="the message to be dead-lettered and deleted",
    )
    assert last.is_alive(), "it did not begin the work again"
    task = tasks.read(job.upload_id, "transcode")
    assert task is not None
    assert (task.code, task.starts) == ("gave_up", 2)
    assert task.last_error is not None
    assert task.last_error.endswith("was lost: its lease ended")
    assert workers.messages("transcoder", "DEAD_LETTER_QUEUE_NAME") == (1, 0)


def test_rolling_restarts_under_load_dead_letter_nothing_and_lose_nothing(
    workers: RealWorkers, source: SourceObject
) -> None:
    """Deploys fill no dead-letter queue, and lose no deletes at shutdown."""
    jobs = [workers.accept(source) for _ in range(12)]
    names = ["transcoder", "notifier", "transcoder-2", "notifier-2"]
    for name in names:
        workers.start(name)
    restarted: list[str] = []

    def restart(name: str) -> None:
        workers.wait_ready(name)
        worker, _ = workers.started[name]
        worker.terminate()
        assert workers.processes.wait(worker, seconds=60) == 0, "grace to finish, and to hand back"
        restarted.append(name)
        workers.start(name)

    def roll(mine: list[str]) -> None:
        for number in range(RESTARTS // 2):
            restart(mine[number % 2])

    # As a deployment does it: one of each pair at a time, both services at once.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(roll, (names[::2], names[1::2])))

    wait_until(
        lambda: all(workers.outcome(job) == "ready" for job in jobs),
        seconds=90,
        what="all uploads to be ready",
    )
    assert len(restarted) == RESTARTS
    for service in ("transcoder", "notifier"):
        assert workers.messages(service, "DEAD_LETTER_QUEUE_NAME") == (0, 0)
    switched = workers.graphql.store.write_log("uploadAnswer")
    urls = {write.args["answer"]["webMedia"]["url"] for write in switched}
    assert len(urls) == len(jobs), "each answer changed to one result"
    tasks = [Tasks(workers.table, SystemClock()).read(job.upload_id, "transcode") for job in jobs]
    assert all(task and task.status == "DONE" and task.starts <= 2 for task in tasks)
