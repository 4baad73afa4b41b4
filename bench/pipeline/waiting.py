"""What 2,000 waiting uploads cost those who ask: against a table where 20 wait, in turns.

Two stacks of web process, table and GraphQL stand side by side. The uploads that wait are copies of
one that was accepted, each of an answer of its own. Timed are, over HTTP, a status, a mentor's list
of twenty and a new upload of an answer; then the queries of a sweep of the api and of the notifier,
for which nothing is due; and a reading of the line, by which the sentences say how many are before
an upload: the api makes one in passing, and spends a tenth of the time on it at most.

The emulator looks at every item of the table for each query of an index. DynamoDB does not: there a
sweep's queries cost as much as they find, which is nothing here.
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
from mentor_local.emulator.process import REGION
from mentor_local.graphql import seed

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING = 2000
FEW = 20
ROUNDS = 30
STATUS, LIST, NEW, SWEEPS, LINE = "status", "list of 20", "new upload", "sweeps", "reading the line"


@dataclass(frozen=True)
class Cost:
    """Medians, milliseconds: beside few that wait, and beside many."""

    few_ms: float
    many_ms: float

    @property
    def ratio(self) -> float:
        """How many times as long it takes beside many."""
        return self.many_ms / self.few_ms


def measure() -> dict[str, Cost]:
    """Return the cost of each question."""
    with web() as small:
        Template.accept(small).store(FEW)
        few = _questions(small)
        with web() as large:
            Template.accept(large).store(WAITING)
            many = _questions(large)
            found = {}
            for name, ask in few.items():
                times = [(_ms(ask), _ms(many[name])) for _ in range(_rounds(name))]
                found[name] = Cost(*map(median, zip(*times, strict=True)))
            return found


def _rounds(name: str) -> int:
    return 3 if name == LINE else ROUNDS


def _questions(site: Site) -> dict[str, Callable[[], object]]:
    """Return what is asked of a site; its AWS is that of the environment when this is called."""
    table, clock, browser = Table(site.cloud.jobs_table, REGION), SystemClock(), requests.Session()
    browser.headers["Authorization"] = f"bearer {site.token}"
    upload = accepted(site.url, site.token)
    videos = [f"waiting-{number}" for number in range(ROUNDS)]
    for video in videos:
        site.store_video(video)

    def got(path: str) -> None:
        browser.get(site.url + path, timeout=60).raise_for_status()

    def sweeps() -> None:
        for kind in ("api", "notifier"):
            due_now(table, kind, clock.now())

    return {
        STATUS: lambda: got(f"/upload/status/{upload}"),
        LIST: lambda: got(f"/uploads?mentor={seed.SEED_MENTOR_ID}&limit=20"),
        NEW: lambda: accepted(site.url, site.token, videos.pop()),
        SWEEPS: sweeps,
        LINE: lambda: Backlog(table, clock).estimate("transcode"),
    }


def _ms(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1e3
