"""`make observe` and `make load` beside a stack that runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import requests

from mentor_local.waiting import wait_until
from observing import program

if TYPE_CHECKING:
    from mentor_local.running import RunningStack


def environment_of(running: RunningStack) -> dict[str, str]:
    """Return what a second terminal's verbs are told."""
    told = {k: v for k, v in os.environ.items() if k != "GRAPHQL_ENDPOINT"}
    port = running.endpoints["api"].rpartition(":")[2]
    return told | {"MENTOR_UPLOAD_HOME": str(running.home), "MENTOR_UPLOAD_PORT_BASE": port}


def test_observe_measures_all_processes_until_it_is_told_to_stop(running: RunningStack) -> None:
    program("prometheus")
    process = subprocess.Popen(
        # as a script's `&` starts it: with SIGINT ignored
        ["sh", "-c", 'trap "" INT; exec "$0" -m mentor_local observe', sys.executable],
        env=environment_of(running),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f"dashboards on {running.endpoints['observe']}/" in process.stdout.readline()
        asked = f"{running.endpoints['observe']}/api/metrics/targets"

        def healthy() -> set[str]:
            targets: list[dict[str, Any]] = requests.get(asked, timeout=10).json()["data"][
                "activeTargets"
            ]
            return {t["labels"]["job"] for t in targets if t["health"] == "up"}

        jobs = {"api-web", "api-ingest", "transcoder", "transcriber", "notifier"}
        wait_until(lambda: healthy() == jobs, seconds=60, what="a scrape of all processes")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    assert (running.home / "prometheus" / "data").is_dir(), "what was measured stays"
    assert requests.get(asked, timeout=10).status_code == 503


def test_load_ends_with_the_figures(running: RunningStack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mentor_local", "load", "3"],
        env=environment_of(running),
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accepted: 3, ended: 3" in done.stdout
    assert "uploads a minute" in done.stdout
