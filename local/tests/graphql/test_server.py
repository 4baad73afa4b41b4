"""The server as a process, and its outages as tests order them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_QUESTION_ID
from mentor_local.graphql.testing import GraphQLClient, service_headers
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.graphql.server import GraphQLServer
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import Reply

    Call = Callable[..., Reply]

CONFIG = "{ config { styleHeaderLogo } }"
DONE = {"transcript": "written"}


def test_down_ends_the_connection_and_comes_back(
    server: GraphQLServer, service: GraphQLClient
) -> None:
    server.set_fault("down")
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            service.ask(CONFIG)
    server.set_fault(None)
    assert service.ask(CONFIG).status == 200


def test_unavailable_and_errors_are_answers(server: GraphQLServer, service: GraphQLClient) -> None:
    server.fail_next(1, "unavailable")
    server.fail_next(1, "errors")
    assert service.ask(CONFIG).status == 503
    failed = service.ask(CONFIG)
    assert (failed.status, failed.message) == (200, "fault: errors")
    assert service.ask(CONFIG).data


def test_apply_then_drop_is_the_write_that_times_out(
    server: GraphQLServer, update_task: Call, store: Store
) -> None:
    server.fail_next(1, "apply_then_drop")
    with pytest.raises(requests.ConnectionError):
        update_task(DONE)
    task = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert task is not None
    assert task["transcript"] == "written"
    assert [record.caller for record in store.write_log()] == ["service"]


def test_slow_answers_late(
    server: GraphQLServer, service: GraphQLClient, update_task: Call
) -> None:
    server.fail_next(1, "slow", seconds=3600, match="uploadTaskUpdate")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(update_task, DONE)
        wait_until(lambda: not server._faults._counted, seconds=30, what="the slow request")
        assert service.ask(CONFIG).data, "no other is held up"
        assert not slow.done()
        server.stop()
        assert slow.result(30).data


def test_faults_can_be_for_some_requests_only(
    server: GraphQLServer, service: GraphQLClient, update_task: Call
) -> None:
    server.fail_next(2, "errors", match="uploadTaskUpdate")
    assert service.ask(CONFIG).data
    assert update_task(DONE).message == "fault: errors"
    assert service.ask(CONFIG).data
    assert update_task(DONE).message == "fault: errors"
    assert update_task(DONE).data


def test_health_knows_no_faults(server: GraphQLServer) -> None:
    server.set_fault("down")
    url = server.url.removesuffix("/graphql") + "/healthz"
    assert requests.get(url, timeout=5).status_code == 200


def test_many_at_once_are_all_answered(
    update_status: Call, update_task: Call, store: Store
) -> None:
    update_task({})
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(update_status, [{"transcript": str(n)} for n in range(40)]))
    assert all(reply.data["api"]["uploadTaskStatusUpdate"] is True for reply in replies)
    assert len(store.write_log("uploadTaskStatusUpdate")) == 40


def environment(folder: Path, **changes: str) -> dict[str, str]:
    return os.environ | {
        "GRAPHQL_PORT": "0",
        "GRAPHQL_DB": str(folder / "sub" / "mentor.sqlite3"),
        "JWT_SECRET": "a-secret-of-users-with-32-bytes-or-more",
        "API_SECRET": "a-secret-of-services",
        "STATIC_URL_BASE": "http://127.0.0.1:9/static/",
        **changes,
    }


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mentor_local.graphql"],
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+/graphql", process.stdout.readline())
    assert found is not None
    return process, found[0]


def stop(process: subprocess.Popen[str], number: int) -> int:
    process.send_signal(number)
    process.communicate(timeout=10)
    return process.returncode


def test_the_process_stops_cleanly_and_goes_on_where_it_was(tmp_path: Path) -> None:
    write = (
        """mutation($m: ID!) { api { mentorThumbnailUpdate(mentorId: $m, thumbnail: "t.jpg") } }"""
    )
    read = "query($m: ID) { mentor(id: $m) { thumbnail } }"
    process, url = start(tmp_path)
    client = GraphQLClient(url, service_headers("a-secret-of-services"))
    assert client.ask(write, m=SEED_MENTOR_ID).data
    assert stop(process, signal.SIGTERM) == 0
    process, url = start(tmp_path)
    shown = GraphQLClient(url).ask(read, m=SEED_MENTOR_ID).data
    assert shown == {"mentor": {"thumbnail": "http://127.0.0.1:9/static/t.jpg"}}
    assert stop(process, signal.SIGINT) == 0


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mentor_local.graphql"],
        env=environment(tmp_path, JWT_SECRET="", STATIC_URL_BASE="static"),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert run.returncode == 2
    assert "JWT_SECRET: " in run.stderr
    assert "STATIC_URL_BASE: " in run.stderr


def test_stop_lets_requests_under_way_end(server: GraphQLServer, update_task: Call) -> None:
    with ThreadPoolExecutor(1) as pool, server.hold("uploadTaskUpdate") as pause:
        running = pool.submit(update_task, DONE)
        assert pause.reached.wait(5)
        threading.Timer(0.05, pause.release).start()
        server.stop()
        assert running.result(5).data
