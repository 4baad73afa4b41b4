"""A stack started exactly as `make run` starts it, once for all tests that ask for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mentor_local.running import RunningStack
from mentor_local.search import record_events
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until
from ports import stack_bases
from sentry_endpoint import SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORTS = 9
PACE = {
    "ENCODING_PROFILE": "fast",
    # A killed worker's message is taken over within seconds; a busy machine misses no heartbeat.
    "VISIBILITY_SECONDS": "20",
    "BEAT_SECONDS": "4",
    "BACKOFF_BASE_SECONDS": "1",
    "GRAPHQL_TIMEOUT_SECONDS": "5",
    "SWEEP_SECONDS": "1",
    "OTEL_BSP_SCHEDULE_DELAY": "1000",  # milliseconds
}
"""Settings with which tests wait less for what does not depend on them."""


def _free_port_base() -> int:
    for base in stack_bases(PORTS):
        sockets = [socket.socket() for _ in range(PORTS)]
        try:
            for offset, probe in enumerate(sockets):
                probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        finally:
            for probe in sockets:
                probe.close()
        return base
    raise RuntimeError("no free ports")


@contextmanager
def started(home: Path, **changes: str) -> Iterator[RunningStack]:
    """Run a stack for as long as the context lasts; ``changes`` go into its environment."""
    environment = {k: v for k, v in os.environ.items() if k != "GRAPHQL_ENDPOINT"} | {
        "MENTOR_UPLOAD_HOME": str(home),
        "MENTOR_UPLOAD_PORT_BASE": str(_free_port_base()),
    }
    log = home / "stack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mentor_local", "run"],
            env=environment | PACE | changes,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: "ready" in log.read_text(errors="replace").splitlines(),
            seconds=90,
            what="the stack to be ready",
        )
        endpoints = json.loads((home / "endpoints.json").read_text())
        ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
        stack = RunningStack(home, endpoints, ui)
        record_events(stack.client("sqs"), stack.client("sns"))
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=90)
    assert code == 0, "the stack must stop cleanly"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One stack for the tests in e2e and browser; they use a question of their own each."""
    home = tmp_path_factory.mktemp("stack")
    # What is reported lies in the stack's folder, too: who searches that, searches all.
    with SentryEndpoint(home / "sentry") as sentry:
        (home / "sentry").mkdir()
        (home / "sentry" / "dsn").write_text(sentry.dsn)
        with started(home, LOG_LEVEL="DEBUG", **sentry.environment) as stack:
            yield stack
