"""The schedule of faults: processes are hit while dependencies fail, side by side."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from mentor_local.chaos.faults import Rates
from mentor_local.process import http_status

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mentor_local.chaos.ledger import Ledger
    from mentor_local.chaos.stack import ChaosStack

RECOVERED_SECONDS = 90.0
"""After ``kill -9`` of any process the work goes on within this."""
_STOP_SECONDS = 90.0
_KILL_EVERY = (4.0, 9.0)
_FULL_DISK_BYTES = 64 * 1024
_OK = 200
_ALWAYS = Rates(delete_lost=0.03, publish_twice=0.15)
"""Duplicated and reordered messages, all the time."""


@dataclass
class Recovery:
    """One fault, and how long after it the work went on (seconds; ``None``: not seen)."""

    fault: str
    seconds: float | None = None


@dataclass(frozen=True)
class Outage:
    """A dependency that fails for a time (seconds), and how to begin and end that."""

    name: str
    seconds: float
    begin: Callable[[], object]
    end: Callable[[], object]


@dataclass
class FaultSchedule:
    """Faults on a stack.

    ``scale`` is 1 for the full length of each fault; smaller runs have shorter ones.
    """

    stack: ChaosStack
    ledger: Ledger
    rng: random.Random
    scale: float
    log: Callable[[str], None]
    recoveries: list[Recovery] = field(default_factory=list)
    _stopped: set[str] = field(default_factory=set)
    _watching: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Go through all faults once; processes are killed as long as dependencies fail."""
        self.stack.set_rates(_ALWAYS)
        over = asyncio.Event()
        killing = asyncio.create_task(self._kill(over))
        stopping = asyncio.create_task(self._stop_and_continue())
        outages = self._outages()
        self.rng.shuffle(outages)
        for outage in outages:
            await self._suffer(outage)
            await asyncio.sleep(self.rng.uniform(4, 8) * self.scale)
        await stopping
        over.set()
        await killing

    async def end_faults(self) -> None:
        """End every fault and wait until each recovery was seen or its time is over."""
        self.stack.graphql.set_fault(None)
        self.stack.set_rates(Rates())
        if self._watching:
            await asyncio.wait(self._watching, timeout=RECOVERED_SECONDS)

    # ---- processes -------------------------------------------------------------------------

    async def _kill(self, over: asyncio.Event) -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.rng.uniform(*_KILL_EVERY))
                return
            name = self.rng.choice(sorted(self.stack.specs))
            pid = self.stack.pids.get(name)
            if pid is None or name in self._stopped:
                continue
            claims = await asyncio.to_thread(self.ledger.claims_of, pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.log(f"kill -9 {name} ({len(claims)} tasks claimed)")
                self._await_recovery(f"kill -9 {name}", name, claims)

    async def _stop_and_continue(self) -> None:
        """SIGSTOP one of each pair of workers in turn, for longer than any lease."""
        seconds = max(5.0, _STOP_SECONDS * self.scale)
        victims = self.rng.sample(["transcoder", "transcriber", "notifier-2"], 3)
        for name in victims:
            pid = self.stack.pids.get(name)
            if pid is None:
                continue
            self._stopped.add(name)
            claims = await asyncio.to_thread(self.ledger.claims_of, pid)
            try:
                os.kill(pid, signal.SIGSTOP)
                self.log(f"SIGSTOP {name} for {seconds:.0f} s ({len(claims)} tasks claimed)")
                await asyncio.sleep(seconds)
                os.kill(pid, signal.SIGCONT)
                self.log(f"SIGCONT {name}")
                self._await_recovery(f"SIGSTOP {name}", name, claims)
            except ProcessLookupError:
                self.log(f"{name} had gone by itself")
            finally:
                self._stopped.discard(name)

    def _await_recovery(self, fault: str, name: str, claims: dict[str, str]) -> None:
        """Record when the process is alive again and its work claimed anew or over."""
        # Where a dependency is down, no process is ready: alive is enough then.
        alive = self.stack.specs[name].ready_url.replace("/readyz", "/livez")
        self._record(fault, lambda: http_status(alive) == _OK and self.ledger.moved_on(claims))

    def _record(self, fault: str, recovered: Callable[[], bool]) -> None:
        """Record how long after now ``recovered``, called in a thread, is true."""
        recovery, since = Recovery(fault), time.monotonic()
        self.recoveries.append(recovery)

        async def watch() -> None:
            while time.monotonic() - since < RECOVERED_SECONDS:
                if await asyncio.to_thread(recovered):
                    recovery.seconds = time.monotonic() - since
                    return
                await asyncio.sleep(0.5)

        task = asyncio.create_task(watch())
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    # ---- dependencies ----------------------------------------------------------------------

    def _outages(self) -> list[Outage]:
        graphql, rates = self.stack.graphql.set_fault, self.stack.set_rates
        s3 = replace(_ALWAYS, s3_unavailable=0.2, s3_cut=0.1)
        sqs = Rates(sqs_refused=1, publish_twice=_ALWAYS.publish_twice)
        return [
            Outage("GraphQL down", 120, partial(graphql, "down"), partial(graphql, None)),
            Outage(
                "GraphQL slow (4 s an answer)",
                30,
                partial(graphql, "slow", seconds=4),
                partial(graphql, None),
            ),
            Outage(
                "GraphQL answers errors with 200",
                20,
                partial(graphql, "errors"),
                partial(graphql, None),
            ),
            Outage(
                "S3 with 20 % 503 and 10 % cut streams",
                60,
                partial(rates, s3),
                partial(rates, _ALWAYS),
            ),
            Outage("SQS unreachable", 60, partial(rates, sqs), partial(rates, _ALWAYS)),
            Outage(
                "disk full in the work folder",
                20,
                partial(self._limit_files, _FULL_DISK_BYTES),
                partial(self._limit_files, resource.RLIM_INFINITY),
            ),
        ]

    async def _suffer(self, outage: Outage) -> None:
        seconds = max(3.0, outage.seconds * self.scale)
        outage.begin()
        self.log(f"{outage.name} for {seconds:.0f} s")
        await asyncio.sleep(seconds)
        self.log(f"{outage.name}: over")
        outage.end()
        ended = len(self.ledger.end_times())
        self._record(
            outage.name,
            lambda: len(self.ledger.end_times()) > ended or not self.ledger.unfinished(),
        )

    def _limit_files(self, most: int) -> None:
        """Let writes beyond ``most`` bytes fail, as on a full disk."""
        if not hasattr(resource, "prlimit"):
            self.log("this system has no prlimit: the disk is not full")
            return
        for name, pid in self.stack.pids.items():
            if name.startswith(("transcoder", "transcriber")):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    hard = resource.RLIM_INFINITY
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
