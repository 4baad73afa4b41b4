"""Processes come up together, come back when they die, and stop in order."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.console import Console
from mentor_local.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from mentor_local.process import ProcessSpec

    Make = Callable[..., ProcessSpec]


class Observed(Supervisor):
    """A supervisor whose log and records a test can look at and wait for."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        self.pids: dict[str, int] = {}
        self._changed = asyncio.Event()
        super().__init__(Console(self.output, coloured=False), self._note)

    def _note(self, pids: Mapping[str, int]) -> None:
        self.pids = dict(pids)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def supervised() -> AsyncIterator[Observed]:
    supervisor = Observed()
    try:
        yield supervisor
    finally:
        supervisor.kill()
        await supervisor.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_start_returns_when_all_are_ready_and_stop_goes_by_tier(spec: Make, journal: Path) -> None:
    async def scenario() -> Observed:
        async with supervised() as supervisor:
            await supervisor.start([spec("base", tier=0)])
            await supervisor.start([spec("web", tier=1), spec("worker", tier=2)])
            assert set(supervisor.pids) == {"base", "web", "worker"}
            assert all(alive(pid) for pid in supervisor.pids.values())
            await supervisor.stop()
            return supervisor

    supervisor = asyncio.run(scenario())

    lines = journal.read_text().splitlines()
    assert lines[0] == "base up"
    assert set(lines[1:3]) == {"web up", "worker up"}
    assert lines[3:] == ["worker down", "web down", "base down"]
    assert supervisor.pids == {}
    assert "worker      | worker says hello\n" in supervisor.output.getvalue()


def test_a_killed_process_comes_back_and_the_stack_is_told(spec: Make) -> None:
    async def scenario() -> tuple[Observed, list[str]]:
        restarts: list[str] = []
        back = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_restart() -> None:
            restarts.append("restarted")
            loop.call_soon_threadsafe(back.set)

        async with supervised() as supervisor:
            await supervisor.start([spec("emulator", on_restart=on_restart)])
            first = supervisor.pids["emulator"]
            assert restarts == []
            os.kill(first, signal.SIGKILL)
            await supervisor.until(lambda: supervisor.pids.get("emulator", first) != first)
            await asyncio.wait_for(back.wait(), 10)
            await supervisor.stop()
            return supervisor, restarts

    supervisor, restarts = asyncio.run(scenario())

    assert restarts == ["restarted"]
    assert "emulator was ended by SIGKILL; again in 0.5 s" in supervisor.output.getvalue()


def test_a_process_that_does_not_listen_is_killed_after_its_grace(spec: Make) -> None:
    async def scenario() -> tuple[str, int]:
        async with supervised() as supervisor:
            await supervisor.start([spec("stubborn", "deaf", grace=0.2)])
            pid = supervisor.pids["stubborn"]
            await asyncio.wait_for(supervisor.stop(), 5)
            return supervisor.output.getvalue(), pid

    output, pid = asyncio.run(scenario())

    assert "stubborn did not stop in 0.2 s: killed" in output
    assert not alive(pid)


def test_a_child_that_holds_the_output_open_does_not_delay_the_next_start(
    spec: Make, journal: Path
) -> None:
    async def scenario() -> str:
        async with supervised() as supervisor:
            starting = asyncio.create_task(supervisor.start([spec("encoder", "parent")]))
            starts: set[int] = set()

            def twice() -> bool:
                starts.update(supervisor.pids.values())
                return len(starts) > 1

            await supervisor.until(twice)
            starting.cancel()
            return supervisor.output.getvalue()

    output = asyncio.run(scenario())

    for line in journal.read_text().splitlines():
        os.kill(int(line.split()[-1]), signal.SIGKILL)  # the stand-in's own orphans
    assert "encoder ended with exit code 3; again in 0.5 s" in output


def test_a_program_that_is_missing_is_named_and_tried_again(
    spec: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mentor_local.process._FIRST_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr("mentor_local.process._REMIND_SECONDS", 0.2)

    async def scenario() -> str:
        missing: Any = spec("ghost")
        object.__setattr__(missing, "command", ("/nowhere/ghost",))
        async with supervised() as supervisor:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(supervisor.start([missing]), 0.5)
            return supervisor.output.getvalue()

    output = asyncio.run(scenario())

    assert output.count("ghost cannot be started") > 1
    assert "ghost did not start; again in" in output
    assert "still waiting for ghost" in output


def test_stopping_during_the_start_leaves_nothing_behind(spec: Make) -> None:
    async def scenario() -> Observed:
        async with supervised() as supervisor:
            starting = asyncio.create_task(supervisor.start([spec("one"), spec("two", "deaf")]))
            await supervisor.until(lambda: len(supervisor.pids) > 1)
            starting.cancel()
            supervisor.kill()
            await asyncio.wait_for(supervisor.stop(), 5)
            return supervisor

    assert asyncio.run(scenario()).pids == {}
