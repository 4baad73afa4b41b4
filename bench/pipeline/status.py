"""Status requests a second at 64 clients, beside bare Flask handlers.

All run as the api's web process does, with its gunicorn, over the same emulator and table, and are
asked in turns for the same upload, which is being worked on: what browsers poll for. The bare ones
(:mod:`.bare_web`) read the upload's items, by boto3's client or its ``Table``, and return them as
JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import requests

from bench.connections import accepted, usage, web
from mentor_local.process import http_status
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 64
SECONDS = 3.0
_CLIENTS = Path(__file__).with_name("clients.py")


@dataclass(frozen=True)
class Rate:
    """Requests a second, and processor milliseconds of the web process for each."""

    per_second: float
    cpu_ms: float


@dataclass(frozen=True)
class Beside:
    """Medians of all, and of the ratios within a round, of neighbours in time."""

    ours: Rate
    by_client: Rate
    by_table: Rate
    ratio_to_client: float
    ratio_to_table: float


def measure(rounds: int) -> Beside:
    """Measure all in turns."""
    ours: list[Rate] = []
    by_client: list[Rate] = []
    by_table: list[Rate] = []
    with web() as site, bare_web(site.environment) as (bare, bare_pid):
        path = f"/upload/status/{accepted(site.url, site.token)}"
        turns = [
            (by_client, f"{bare}{path}", bare_pid),
            (ours, f"{site.url}{path}", site.pid),
            (by_table, f"{bare}/by-table{path}", bare_pid),
        ]
        for number in range(rounds):
            for rates, url, pid in turns if number % 2 else reversed(turns):
                rates.append(asked(url, pid, site.token))
    return Beside(
        _median(ours),
        _median(by_client),
        _median(by_table),
        _ratio(ours, by_client),
        _ratio(ours, by_table),
    )


def _ratio(ones: list[Rate], others: list[Rate]) -> float:
    pairs = zip(ones, others, strict=True)
    return median(one.per_second / other.per_second for one, other in pairs)


def _median(rates: list[Rate]) -> Rate:
    return Rate(median(r.per_second for r in rates), median(r.cpu_ms for r in rates))


def asked(url: str, pid: int, token: str) -> Rate:
    """Have clients ask for a while; return how many answers came.

    Raises
    ------
    RuntimeError
        An answer was not 200.
    """
    before = usage(pid)[1]
    command = (sys.executable, str(_CLIENTS), url, token, str(CLIENTS), str(SECONDS))
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    figures = json.loads(done.stdout)
    if figures["failed"] or not figures["answers"]:
        raise RuntimeError(f"{url}: {figures}")
    spent = usage(pid)[1] - before
    # The first answers, one a client, are not counted and have their part in what was spent.
    answers = figures["answers"] + CLIENTS
    return Rate(figures["answers"] / figures["seconds"], spent / answers * 1e3)


@contextmanager
def bare_web(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Run the bare handlers beside the api, under the same settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.pipeline.bare_web"],
        env=os.environ | environment | {"WEB_PORT": str(port)},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: http_status(f"{url}/livez") == requests.codes.ok, seconds=120, what=url)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()
