"""The folder of a stack: one stack at a time, private files, secrets that stay."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from mentor_local.config import Config, ConfigError
from mentor_local.home import Home, HomeBusyError
from mentor_local.leftovers import PortTakenError, check_ports, end_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentor_local.emulator import Emulator

SLEEP = ("import time, sys; print('up', flush=True); time.sleep(60)",)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", *SLEEP]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_stack_in_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    with (
        Home(tmp_path).locked(),
        pytest.raises(HomeBusyError, match=f"process {os.getpid()}"),
        Home(tmp_path).locked(),
    ):
        pass

    with Home(tmp_path).locked():  # and the lock is gone with its holder
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_secrets_are_made_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)
    monkeypatch.delenv("API_SECRET", raising=False)

    first = Home(tmp_path).secrets()
    again = Home(tmp_path).secrets()
    other = Home(tmp_path / "other").secrets()
    monkeypatch.setenv("JWT_SECRET", "known-to-my-own-graphql")
    given = Home(tmp_path).secrets()

    assert first == again
    assert len({first.jwt_secret, first.api_secret, other.jwt_secret, other.api_secret}) == 4
    assert (given.jwt_secret, given.api_secret) == ("known-to-my-own-graphql", first.api_secret)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_what_other_programs_read_is_private_and_whole(tmp_path: Path) -> None:
    home = Home(tmp_path)

    home.write_endpoints({"api": "http://127.0.0.1:8000"})
    home.write_processes({"api": 12})

    assert home.endpoints.stat().st_mode & 0o777 == 0o600
    assert home.read_processes() == {"api": 12}
    assert {path.name for path in tmp_path.iterdir()} == {"endpoints.json", "processes.json"}
    home.remove_endpoints()
    home.remove_endpoints()
    assert not home.endpoints.exists()


def test_a_process_left_behind_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    ended = end_leftovers({"api": sleeper.pid}, {"api": ("python", "-c", *SLEEP)})

    assert ended == ["api"]
    assert sleeper.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("commands", [{}, {"api": ("python", "-m", "mentor_api", "web")}])
def test_a_process_of_somebody_else_is_left_alone(
    sleeper: subprocess.Popen[bytes], commands: dict[str, tuple[str, ...]]
) -> None:
    assert end_leftovers({"api": sleeper.pid}, commands) == []
    assert sleeper.poll() is None


def test_a_taken_port_is_named_with_a_way_out(emulator: Emulator) -> None:
    with pytest.raises(PortTakenError, match=rf"port {emulator.port} \(for emulator\) is taken"):
        check_ports({"emulator": emulator.port})


def test_a_port_that_an_ended_process_still_has_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        closing = threading.Timer(0.2, listening.close)
        closing.start()

        check_ports({"api": port}, seconds=10)

        closing.join()


def test_folder_and_ports_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENTOR_UPLOAD_HOME", str(tmp_path))
    monkeypatch.setenv("MENTOR_UPLOAD_PORT_BASE", "9100")
    monkeypatch.setenv("GRAPHQL_ENDPOINT", "https://graphql.example/graphql")

    config = Config.from_environment()

    assert config.home == tmp_path
    assert config.graphql_url == "https://graphql.example/graphql"
    assert config.ports == {
        "api": 9100,
        "emulator": 9101,
        "ingest": 9103,
        "transcoder": 9104,
        "transcriber": 9105,
        "notifier": 9106,
        "observe": 9107,
    }


@pytest.mark.parametrize("text", ["80", "65535", "8000.5", "http"])
def test_an_impossible_port_base_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MENTOR_UPLOAD_PORT_BASE", text)

    with pytest.raises(ConfigError, match="MENTOR_UPLOAD_PORT_BASE"):
        Config.from_environment()
