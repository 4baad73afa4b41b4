"""``make load-api``: mentors' browsers on the api, alone and beside each attack.

Starts a stack of its own on loopback, lets ``CLIENTS`` (200) browsers use it for ``SECONDS`` (120),
then again beside each attack (``ATTACKS=one,another`` for some). Prints a row for each run, and at
the end one line of JSON. Percentiles are locust's, over all requests that were answered, errors
included; memory is that of the api's web process with its children, MiB. Ends with 1 where a
promise of docs/guarantees.md ("Under load and under attack") is not kept, and says which.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load_api.attacks import ATTACKS
from bench.load_api.stack import memory_mib, running, target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.load_api.stack import Target
    from mentor_local.running import RunningStack

REPOSITORY = Path(__file__).parents[2]
LOCUST = REPOSITORY / ".venv-load" / "bin" / "locust"
NOTHING = "nothing"
_REFUSED = re.compile(r"\bcode=(503|429)\b")
"""In locust's words for an answer that is an error."""
MAY_REFUSE = {
    "graphql_sleeps": {"answer", "mentors", "picture", "uploads"},  # those that ask GraphQL
    "picture_bombs": {"picture"},
}
"""By attack the routes that may answer 503 at once."""
SLOWER = 2.0
_COLUMNS = (
    ("beside", 18),
    ("requests", 8),
    ("errors", 6),
    ("refused", 7),
    ("p50 ms", 6),
    ("p95 ms", 6),
    ("p99 ms", 6),
    ("MiB before", 10),
    ("most", 5),
    ("after", 5),
)


@dataclass
class Run:
    """What the browsers saw, beside what; times in milliseconds."""

    beside: str
    requests: int
    errors: int
    refused: int
    """Answers with 503 or 429: the api says itself that it cannot, and for how long."""
    p50: float | None
    p95: float | None
    p99: float | None
    status_p95: float | None
    """Of the route that is polled most, which asks the jobs table alone."""
    reasons: dict[str, int]
    """Error or refusal to how often, by route."""
    memory: list[int] = field(default_factory=list)
    """Every second."""
    attack: dict[str, int] = field(default_factory=dict)
    """How the attacker's own requests ended."""

    def row(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        memory = self.memory or [0]
        numbers = (self.requests, self.errors, self.refused, self.p50, self.p95, self.p99)
        memories = (memory[0], max(memory), memory[-1])
        cells = ("-" if number is None else f"{number:.0f}" for number in (*numbers, *memories))
        return (self.beside, *cells)


def run_of(beside: str, folder: Path) -> Run:
    """Read what locust has written into a folder."""
    with (folder / "run_stats.csv").open() as file:
        routes = {row["Name"]: row for row in csv.DictReader(file)}
    total = routes["Aggregated"]
    reasons: dict[str, int] = {}
    with (folder / "run_failures.csv").open() as file:
        for row in csv.DictReader(file):
            reasons[f"{row['Name']}: {row['Error']}"] = int(row["Occurrences"])
    refused = sum(count for reason, count in reasons.items() if _REFUSED.search(reason))
    return Run(
        beside=beside,
        requests=int(total["Request Count"]),
        errors=int(total["Failure Count"]) - refused,
        refused=refused,
        p50=_milliseconds(total["50%"]),
        p95=_milliseconds(total["95%"]),
        p99=_milliseconds(total["99%"]),
        status_p95=_milliseconds(routes["status"]["95%"]) if "status" in routes else None,
        reasons=reasons,
    )


def broken(quiet: Run, run: Run) -> list[str]:
    """Return which promises an attack has broken, compared with the quiet run."""
    found = []
    if run.errors > quiet.errors:
        found.append(f"{run.errors} errors, {quiet.errors} without it")
    refusing = {reason.split(":")[0] for reason in run.reasons if _REFUSED.search(reason)}
    if refusing := refusing - MAY_REFUSE.get(run.beside, set()):
        found.append(f"refused: {', '.join(sorted(refusing))}")
    what, now, before = "p95", run.p95, quiet.p95
    if run.beside in MAY_REFUSE:  # what waits for the dependency itself is no faster than that
        what, now, before = "p95 of status", run.status_p95, quiet.status_p95
    if now is None or before is None or now > SLOWER * before:
        found.append(f"{what} {now} ms, {before} ms without it")
    return [f"{run.beside}: {each}" for each in found]


def _milliseconds(cell: str) -> float | None:
    return None if cell == "N/A" else float(cell)


def measure(stack: RunningStack, target: Target, beside: str, clients: int, seconds: int) -> Run:
    """Let browsers use the api for a while, beside an attack or nothing."""
    stop = threading.Event()
    memory: list[int] = []

    def watch() -> None:
        while not stop.wait(1.0):
            memory.append(memory_mib(stack))

    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        folder = Path(name)
        memory.append(memory_mib(stack))
        watching = pool.submit(watch)
        attack = ATTACKS[beside] if beside != NOTHING else None
        attacking = pool.submit(attack, stack, target, stop) if attack else None
        try:
            _locust(target, folder, clients, seconds)
        finally:
            stop.set()
        watching.result()
        run = run_of(beside, folder)
        run.attack = dict(attacking.result()) if attacking else {}
    run.memory = [*memory, memory_mib(stack)]
    return run


def _locust(target: Target, folder: Path, clients: int, seconds: int) -> None:
    target.write(folder / "target.json")
    rate = max(1, clients // 5)
    done = subprocess.run(
        [
            *(LOCUST, "--headless", "--only-summary", "--loglevel=WARNING"),
            *("--exit-code-on-error=0", "--stop-timeout=40", f"--csv={folder / 'run'}"),
            *(f"--users={clients}", f"--spawn-rate={rate}", f"--run-time={seconds}"),
            *("--locustfile", Path(__file__).with_name("clients.py")),
        ],
        env=os.environ | {"LOAD_API_TARGET": str(folder / "target.json")},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"locust ended with {done.returncode}: {done.stderr[-2000:]}")


def line(cells: Sequence[str]) -> str:
    """Return a row of the table."""
    padded = (cell.ljust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    return f"| {' | '.join(padded)} |"


def main() -> int:
    """Measure and print; return 1 where a promise was not kept."""
    clients = int(os.environ.get("CLIENTS") or 200)
    seconds = int(os.environ.get("SECONDS") or 120)
    wanted = (os.environ.get("ATTACKS") or ",".join(ATTACKS)).split(",")
    if unknown := set(wanted) - {*ATTACKS, NOTHING}:
        print(f"load-api: no attack {', '.join(sorted(unknown))}: {', '.join(ATTACKS)}")
        return 2
    runs = []
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as stack:
        target = target_of(stack)
        print(line([title for title, _ in _COLUMNS]))
        print(line(["-" * width for _, width in _COLUMNS]), flush=True)
        for beside in dict.fromkeys((NOTHING, *wanted)):
            runs.append(measure(stack, target, beside, clients, seconds))
            print(line(runs[-1].row()), flush=True)
    quiet, *attacked = runs
    faults = [fault for run in attacked for fault in broken(quiet, run)]
    for fault in faults:
        print(f"not kept beside {fault}")
    figures = {"clients": clients, "seconds": seconds, "at": round(time.time())}
    print(json.dumps(figures | {"not_kept": faults, "runs": [asdict(run) for run in runs]}))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
