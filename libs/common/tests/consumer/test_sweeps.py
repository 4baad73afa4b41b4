"""A sweep that cannot handle everything has failed, and still handles the rest.

What cannot be read is set aside. A sweep that fails at everything says so where probes and
scrapers ask.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from mentor_common.consumer import DependencyBreaker
from mentor_common.consumer.health import Health
from mentor_common.errors import UnreadableItemError
from mentor_common.sweeping import SweepHealth, Sweeping, Tally, tally
from mentor_common.work.worker import SweepStates, _sweep


def counted(name: str, outcome: str) -> float:
    labels = {"sweep": name, "outcome": outcome}
    return REGISTRY.get_sample_value("mentor_upload_sweep_seconds_count", labels) or 0


@pytest.mark.parametrize(("bad", "outcome"), [({"b"}, "failed"), (set(), "ok")])
def test_a_run_has_failed_when_it_failed_at_one_thing(bad: set[str], outcome: str) -> None:
    looked: list[str] = []
    stop = asyncio.Event()
    sweeping = Sweeping("a thing cannot be swept")

    def look(thing: str) -> None:
        looked.append(thing)
        if thing in bad:
            raise ValueError(thing)

    async def scene() -> None:
        loop = asyncio.get_running_loop()

        def sweep() -> None:
            loop.call_soon_threadsafe(stop.set)
            sweeping.each(["a", "b", "c"], look, str, lambda thing: {"upload_id": thing})

        name = f"{sweep.__module__}.{sweep.__qualname__}"
        before = counted(name, outcome)
        await _sweep(sweep, 60, DependencyBreaker({}), stop, SweepStates())
        assert counted(name, outcome) == before + 1

    asyncio.run(scene())
    assert looked == ["a", "b", "c"]


def test_what_cannot_be_read_is_set_aside_and_is_no_failure() -> None:
    handled: list[str] = []
    aside: list[str] = []

    def handle(thing: str) -> None:
        if thing == "b":
            raise UnreadableItemError("pk", "sk", "percent: Input should be a valid integer")
        handled.append(thing)

    with tally() as run:
        Sweeping("a thing cannot be swept").each(
            ["a", "b", "c"], handle, aside.append, lambda thing: {"upload_id": thing}
        )
    assert (handled, aside) == (["a", "c"], ["b"])
    assert run == Tally(handled=3, failed=0, looked=True)


BROKE_OFF, ALL, ONE, NONE = Tally(), Tally(3, 3), Tally(1, 1), Tally()
MOST = Tally(4, 3)


@pytest.mark.parametrize(
    ("runs", "fails"),
    [
        ([(ALL, False)] * 3, True),
        ([(BROKE_OFF, True)] * 3, True),
        ([(ALL, False), (BROKE_OFF, True), (ALL, False)], True),
        ([(ALL, False)] * 2, False),
        ([(ONE, False)] * 9, False),
        ([(ALL, False)] * 9 + [(MOST, False)], False),
        ([(ALL, False)] * 9 + [(NONE, False)], True),
        ([(ALL, False)] * 2 + [(NONE, False), (ALL, False)], True),
        ([(ALL, False)] * 9 + [(NONE, False)] * 200, False),
        ([(ALL, False)] * 9 + [(ONE, False)] * 200, False),
    ],
)
def test_a_sweep_fails_at_everything_after_three_such_runs(
    runs: list[tuple[Tally, bool]], *, fails: bool
) -> None:
    health = SweepHealth()
    for second, (run, broke_off) in enumerate(runs):
        health.record(run, float(second), broke_off=broke_off)
    assert health.fails is fails


def test_a_sweep_that_fails_at_everything_is_named_until_it_handles_something() -> None:
    states = SweepStates()
    for second in range(3):
        states.record("api.sweep", Tally(3, 3), float(second), broke_off=False)
        states.record("notifier.sweep", Tally(3, 1), float(second), broke_off=False)
    assert list(states.failing()) == ["sweep api.sweep"]
    shown = {"sweep": "api.sweep"}
    assert REGISTRY.get_sample_value("mentor_upload_sweep_failing", shown) == 1
    states.record("api.sweep", Tally(3, 2), 4.0, broke_off=False)
    assert states.failing() == {}
    assert REGISTRY.get_sample_value("mentor_upload_sweep_failing", shown) == 0


def test_readiness_names_a_sweep_that_cannot_even_ask_what_is_due() -> None:
    states, stop, runs = SweepStates(), asyncio.Event(), []

    async def scene() -> None:
        loop = asyncio.get_running_loop()

        def sweep() -> None:
            runs.append(1)
            if len(runs) == 3:
                loop.call_soon_threadsafe(stop.set)
            raise KeyError("question")

        await _sweep(sweep, 0, DependencyBreaker({}), stop, states)

    asyncio.run(scene())
    consumer: Any = SimpleNamespace(breaker=SimpleNamespace(down={"s3": "timed out"}))
    status, body = Health(consumer, 0, failing=states.failing).readyz()
    assert status == 503
    names = list(body["down"])
    assert names[0] == "s3"
    assert names[1].startswith("sweep ")
    assert names[1].endswith(".sweep")
