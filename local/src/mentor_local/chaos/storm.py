"""The faults and their order: processes on one lane, dependencies on another, side by side."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentor_local.chaos.faults import Rates
from mentor_local.process import http_status

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from mentor_local.chaos.ledger import Ledger
    from mentor_local.chaos.stage import Stage

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

    what: str
    seconds: float | None = None


@dataclass
class Storm:
    """Faults on a stage.

    Parameters
    ----------
    stage, ledger
        What is hit and what is watched.
    dice
        Chooses victims, pauses and the order of outages.
    scale
        1 for the full length of each fault; smaller runs have shorter ones.
    say
        Told what is done.
    """

    stage: Stage
    ledger: Ledger
    dice: random.Random
    scale: float
    say: Callable[[str], None]
    recoveries: list[Recovery] = field(default_factory=list)
    _stopped: set[str] = field(default_factory=set)
    _watching: set[asyncio.Task[None]] = field(default_factory=set)

    async def rage(self) -> None:
        """Go through all faults once; processes are killed as long as dependencies fail."""
        self.stage.set_rates(_ALWAYS)
        calm = asyncio.Event()
        killing = asyncio.create_task(self._kill(calm))
        stopping = asyncio.create_task(self._stop_and_continue())
        outages: list[Callable[[], Awaitable[None]]] = [
            self._graphql_down,
            self._graphql_slow,
            self._graphql_errors,
            self._s3_bad,
            self._sqs_away,
            self._disk_full,
        ]
        self.dice.shuffle(outages)
        for outage in outages:
            await outage()
            await asyncio.sleep(self.dice.uniform(4, 8) * self.scale)
        await stopping
        calm.set()
        await killing

    async def settle(self) -> None:
        """End every fault and wait until each recovery was seen or its time is over."""
        self.stage.graphql.set_fault(None)
        self.stage.set_rates(Rates())
        if self._watching:
            await asyncio.wait(self._watching, timeout=RECOVERED_SECONDS)

    # ---- processes -------------------------------------------------------------------------

    async def _kill(self, calm: asyncio.Event) -> None:
        while not calm.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(calm.wait(), self.dice.uniform(*_KILL_EVERY))
                return
            name = self.dice.choice(sorted(self.stage.specs))
            pid = self.stage.pids.get(name)
            if pid is None or name in self._stopped:
                continue
            held = await asyncio.to_thread(self.ledger.held_by, pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.say(f"kill -9 {name} ({len(held)} tasks in hand)")
                self._await_recovery(f"kill -9 {name}", name, held)

    async def _stop_and_continue(self) -> None:
        """SIGSTOP one of each pair of workers in turn, for longer than any lease."""
        seconds = max(5.0, _STOP_SECONDS * self.scale)
        victims = self.dice.sample(["transcoder", "transcriber", "notifier-2"], 3)
        for name in victims:
            pid = self.stage.pids.get(name)
            if pid is None:
                continue
            self._stopped.add(name)
            held = await asyncio.to_thread(self.ledger.held_by, pid)
            try:
                os.kill(pid, signal.SIGSTOP)
                self.say(f"SIGSTOP {name} for {seconds:.0f} s ({len(held)} tasks in hand)")
                await asyncio.sleep(seconds)
                os.kill(pid, signal.SIGCONT)
                self.say(f"SIGCONT {name}")
                self._await_recovery(f"SIGSTOP {name}", name, held)
            except ProcessLookupError:
                self.say(f"{name} had gone by itself")
            finally:
                self._stopped.discard(name)

    def _await_recovery(self, what: str, name: str, held: dict[str, str]) -> None:
        """Have it noted when the process is ready again and its work held anew or over."""
        recovery, since = Recovery(what), time.monotonic()
        self.recoveries.append(recovery)

        async def watch() -> None:
            url = self.stage.specs[name].ready_url
            # Where a dependency is down, no process is ready: alive is enough then.
            alive = url.replace("/readyz", "/livez")
            while time.monotonic() - since < RECOVERED_SECONDS:
                up = await asyncio.to_thread(http_status, alive) == _OK
                if up and await asyncio.to_thread(self.ledger.moved_on, held):
                    recovery.seconds = time.monotonic() - since
                    return
                await asyncio.sleep(0.5)

        self._keep(asyncio.create_task(watch()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    # ---- dependencies ----------------------------------------------------------------------

    async def _graphql_down(self) -> None:
        self.stage.graphql.set_fault("down")
        await self._outage("GraphQL down", 120)
        self.stage.graphql.set_fault(None)
        self._await_progress("GraphQL down")

    async def _graphql_slow(self) -> None:
        self.stage.graphql.set_fault("slow", seconds=4)
        await self._outage("GraphQL slow (4 s an answer)", 30)
        self.stage.graphql.set_fault(None)
        self._await_progress("GraphQL slow")

    async def _graphql_errors(self) -> None:
        self.stage.graphql.set_fault("errors")
        await self._outage("GraphQL answers errors with 200", 20)
        self.stage.graphql.set_fault(None)
        self._await_progress("GraphQL errors")

    async def _s3_bad(self) -> None:
        self.stage.set_rates(
            Rates(s3_unavailable=0.2, s3_cut=0.1, delete_lost=0.03, publish_twice=0.15)
        )
        await self._outage("S3 with 20 % 503 and 10 % cut streams", 60)
        self.stage.set_rates(_ALWAYS)
        self._await_progress("S3 bad")

    async def _sqs_away(self) -> None:
        self.stage.set_rates(Rates(sqs_refused=1, publish_twice=0.15))
        await self._outage("SQS unreachable", 60)
        self.stage.set_rates(_ALWAYS)
        self._await_progress("SQS unreachable")

    async def _disk_full(self) -> None:
        """Let every write beyond 64 KiB fail: the nearest to a full disk without a disk to fill."""
        if not hasattr(resource, "prlimit"):
            self.say("disk full: skipped, this system has no prlimit")
            return
        seconds = 20 * self.scale
        hit = [n for n in self.stage.specs if n.startswith(("transcoder", "transcriber"))]
        self._limit(hit, _FULL_DISK_BYTES)
        await self._outage("disk full in the work folder", seconds / self.scale)
        self._limit(hit, resource.RLIM_INFINITY)
        self._await_progress("disk full")

    def _limit(self, names: list[str], most: int) -> None:
        for name in names:
            if pid := self.stage.pids.get(name):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    hard = resource.RLIM_INFINITY
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

    async def _outage(self, what: str, seconds: float) -> None:
        seconds = max(3.0, seconds * self.scale)
        self.say(f"{what} for {seconds:.0f} s")
        await asyncio.sleep(seconds)
        self.say(f"{what}: over")

    def _await_progress(self, what: str) -> None:
        """Have it noted when, after an outage, the next upload ended or nothing was left to."""
        recovery, since, before = Recovery(what), time.monotonic(), len(self.ledger.end_times())
        self.recoveries.append(recovery)

        async def watch() -> None:
            while time.monotonic() - since < RECOVERED_SECONDS:
                if len(self.ledger.end_times()) > before or not self.ledger.unfinished():
                    recovery.seconds = time.monotonic() - since
                    return
                await asyncio.sleep(0.5)

        self._keep(asyncio.create_task(watch()))
