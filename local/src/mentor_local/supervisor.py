"""A set of processes: kept alive, reported after every change, and stopped in order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mentor_local.process import Process, ProcessSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mentor_local.console import Console


class Supervisor:
    """Starts processes in the order it is given them and stops them by tier.

    ``record`` is called with ``{name: pid}`` of the running processes after every change.
    """

    def __init__(self, console: Console, record: Callable[[Mapping[str, int]], None]) -> None:
        self._console = console
        self._record = record
        self._processes: list[Process] = []
        self._pids: dict[str, int] = {}

    async def start(self, specs: Iterable[ProcessSpec]) -> None:
        """Start processes side by side and return once all of them are ready.

        A process that dies is started again, before it was ready and after: this never gives up.
        """
        started = [self._process(spec) for spec in specs]
        self._processes += started
        for process in started:
            self._console.note(f"starting {process.spec.name}")
            process.start()
        await asyncio.gather(*(process.wait_ready() for process in started))

    async def stop(self) -> None:
        """Stop everything, the highest tier first, each tier side by side."""
        tiers = sorted({process.spec.tier for process in self._processes}, reverse=True)
        for tier in tiers:
            ending = [process for process in self._processes if process.spec.tier == tier]
            names = ", ".join(process.spec.name for process in ending)
            self._console.note(f"stopping {names}")
            await asyncio.gather(*(process.stop() for process in ending))
        self._processes.clear()

    def kill(self) -> None:
        """End everything at once."""
        for process in self._processes:
            process.kill()

    def _process(self, spec: ProcessSpec) -> Process:
        def changed(pid: int | None) -> None:
            self._pids.pop(spec.name, None)
            if pid is not None:
                self._pids[spec.name] = pid
            self._record(self._pids)

        return Process(spec, self._console, changed)
