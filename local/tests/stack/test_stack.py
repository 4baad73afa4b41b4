"""The life of a stack, seen from outside: starts, reports, refuses a second, stops, goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import pytest

from mentor_local.process import http_status
from mentor_local.provision import client
from mentor_local.waiting import wait_until
from ports import stack_bases

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT_STACK = Path(__file__).with_name("short_stack.py")


class Running:
    """Stacks in one folder, one after the other."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = os.environ | {
            "MENTOR_UPLOAD_HOME": str(home),
            "MENTOR_UPLOAD_PORT_BASE": str(free_port_base()),
        }
        self.environment.pop("GRAPHQL_ENDPOINT", None)
        self._processes: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            # as a script's `&` starts it: with SIGINT ignored
            ["sh", "-c", 'trap "" INT; exec "$0" "$1"', sys.executable, str(SHORT_STACK)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._processes.append(process)
        return process

    def start_until_ready(self) -> tuple[subprocess.Popen[str], list[str]]:
        process = self.start()
        assert process.stdout is not None
        output = []
        for line in process.stdout:
            output.append(line)
            if line == "ready\n":
                return process, output
        pytest.fail(f"the stack ended without being ready:\n{''.join(output)}")

    def endpoints(self) -> dict[str, str]:
        return dict(json.loads((self.home / "endpoints.json").read_text()))

    def pids(self) -> dict[str, int]:
        return dict(json.loads((self.home / "processes.json").read_text()))

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=60)


def free_port_base() -> int:
    for base in stack_bases(9):
        try:
            for offset in range(9):
                socket.create_server(("127.0.0.1", base + offset)).close()
        except OSError:
            continue
        return base
    raise RuntimeError("no nine free ports in a row")


@pytest.fixture
def stacks(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "home")
    yield running
    running.end()


def queue_url(endpoints: dict[str, str]) -> str:
    sqs = client("sqs", endpoints["s3"])
    return str(sqs.get_queue_url(QueueName="mentor-upload-local-transcoder")["QueueUrl"])


def test_a_stack_tells_how_to_reach_it_and_stops_cleanly(stacks: Running) -> None:
    earliest = int(time.time()) + 90 * 86400
    process, _ = stacks.start_until_ready()
    latest = time.time() + 90 * 86400

    endpoints = stacks.endpoints()
    claims = jwt.decode(endpoints["token"], endpoints["jwt_secret"], algorithms=["HS256"])
    assert set(endpoints) == {
        *("api", "graphql", "s3", "static", "observe", "jwt_secret", "api_secret"),
        *("aws_region", "aws_access_key_id", "aws_secret_access_key"),
        *("token", "operator_token", "mentor", "question", "user"),
    }
    assert (stacks.home / "endpoints.json").stat().st_mode & 0o777 == 0o600
    assert (claims["id"], claims["mentorIds"]) == (endpoints["user"], [endpoints["mentor"]])
    assert earliest <= claims["exp"] <= latest
    assert set(stacks.pids()) == {"observe", "emulator", "graphql", "api", "notifier"}
    assert http_status(endpoints["api"]) == 200
    assert endpoints["static"].startswith(endpoints["s3"])
    assert endpoints["static"].endswith("/")
    assert http_status(f"{endpoints['observe']}/traces") == 200

    second = stacks.start()
    refusal, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"(process {process.pid})" in refusal

    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line for line in rest.splitlines() if "stopping" in line] == [
        "stack       | stopping api, notifier",
        "stack       | stopping graphql",
        "stack       | stopping emulator",
        "stack       | stopping observe",
    ]
    assert not (stacks.home / "endpoints.json").exists()
    assert stacks.pids() == {}


def test_a_stack_whose_supervisor_was_killed_starts_again_where_it_was(stacks: Running) -> None:
    process, _ = stacks.start_until_ready()
    endpoints, orphans = stacks.endpoints(), stacks.pids()
    body = "waits for a transcoder"
    client("sqs", endpoints["s3"]).send_message(QueueUrl=queue_url(endpoints), MessageBody=body)
    process.kill()
    process.communicate(timeout=60)

    _, output = stacks.start_until_ready()

    noted = "".join(output)
    again = stacks.endpoints()
    assert all(f"ended {name}, left behind" in noted for name in orphans)
    assert not set(orphans.values()) & set(stacks.pids().values())
    assert (again["jwt_secret"], again["api"]) == (endpoints["jwt_secret"], endpoints["api"])
    sqs = client("sqs", again["s3"])
    (message,) = sqs.receive_message(QueueUrl=queue_url(again), WaitTimeSeconds=0)["Messages"]
    assert message["Body"] == body


def test_a_killed_emulator_comes_back_with_its_queues(stacks: Running) -> None:
    process, _ = stacks.start_until_ready()
    endpoints, pids = stacks.endpoints(), stacks.pids()
    os.kill(pids["emulator"], signal.SIGKILL)
    assert process.stdout is not None

    for line in process.stdout:
        if "emulator is up again" in line:
            break

    assert stacks.pids()["emulator"] != pids["emulator"]
    assert stacks.pids()["graphql"] == pids["graphql"]
    assert queue_url(endpoints).endswith("/mentor-upload-local-transcoder")


def test_a_taken_port_ends_the_start_with_a_message(stacks: Running) -> None:
    port = int(stacks.environment["MENTOR_UPLOAD_PORT_BASE"])
    with socket.create_server(("127.0.0.1", port)):
        process = stacks.start()
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert output.startswith(f"mentor-upload: port {port} (for api) is taken")
    assert "Traceback" not in output


def test_stopping_while_it_starts_leaves_nothing_behind(stacks: Running) -> None:
    process = stacks.start()
    wait_until((stacks.home / "processes.json").exists, seconds=10, what="the first process")
    (pid,) = wait_for_pids(stacks)

    process.terminate()
    process.communicate(timeout=60)

    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def wait_for_pids(stacks: Running) -> list[int]:
    wait_until(lambda: bool(stacks.pids()), seconds=10, what="a process id")
    return list(stacks.pids().values())[:1]
