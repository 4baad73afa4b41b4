"""What 2,000 waiting uploads cost those who ask: against a table without them, in turns.

Two stacks of web process, table and GraphQL stand side by side. In one 2,000 uploads wait, copies
of one that was accepted, each of an answer of its own. Timed are, over HTTP, a status, a mentor's
list of twenty and a new upload of an answer; and what a sweep of the api and of the notifier looks
at, of which nothing is due. Also how long a reading of the line takes, from which the sentences say how
many are before an upload: the api makes it in passing, and spends a tenth of the time on it at most.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import requests

from bench.connections import Site, accepted, web
from bench.pipeline.uploads import Template
from mentor_common.aws.table import Table
from mentor_common.clock import SystemClock
from mentor_common.explain import Backlog
from mentor_common.jobs.due import due_now
from mentor_local.graphql import seed
from mentor_local.provision import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING = 2000
ROUNDS = 40
STATUS, LIST, NEW, SWEEPS, LINE = "status", "list of 20", "new upload", "sweeps", "reading the line"


@dataclass(frozen=True)
class Cost:
    """Medians, milliseconds: with an empty table and beside those that wait."""

    empty_ms: float
    waiting_ms: float

    @property
    def ratio(self) -> float:
        """How many times as long it takes beside those that wait."""
        return self.waiting_ms / self.empty_ms


def measure() -> dict[str, Cost]:
    """Return the cost of each question."""
    with web() as empty:
        empty_asks = _questions(empty)
        with web() as full:
            Template.accept(full).store(WAITING)
            full_asks = _questions(full)
            found = {}
            for name, ask in empty_asks.items():
                times = [(_ms(ask), _ms(full_asks[name])) for _ in range(_rounds(name))]
                without, beside = zip(*times, strict=True)
                found[name] = Cost(median(without), median(beside))
            return found


def _rounds(name: str) -> int:
    return ROUNDS if name != LINE else 3


def _questions(site: Site) -> dict[str, Callable[[], object]]:
    """Return what is asked of a site; its AWS is that of the environment when this is called."""
    table, clock, browser = Table(site.cloud.jobs_table, REGION), SystemClock(), requests.Session()
    browser.headers["Authorization"] = f"bearer {site.token}"
    upload = accepted(site.url, site.token)

    def got(path: str) -> None:
        browser.get(site.url + path, timeout=60).raise_for_status()

    def sweeps() -> None:
        for kind in ("api", "notifier"):
            due_now(table, kind, clock.now())

    return {
        STATUS: lambda: got(f"/upload/status/{upload}"),
        LIST: lambda: got(f"/uploads?mentor={seed.SEED_MENTOR_ID}&limit=20"),
        NEW: lambda: accepted(site.url, site.token),
        SWEEPS: sweeps,
        LINE: lambda: Backlog(table, clock).estimate("transcode"),
    }


def _ms(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1e3
