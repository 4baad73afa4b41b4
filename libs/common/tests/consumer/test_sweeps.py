"""A sweep that cannot look at everything has failed, and still looks at the rest."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from mentor_common.consumer import DependencyBreaker
from mentor_common.sweeping import Sweeping
from mentor_common.work.worker import _sweep


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
            sweeping.each(["a", "b", "c"], look, lambda thing: {"upload_id": thing})

        name = f"{sweep.__module__}.{sweep.__qualname__}"
        before = counted(name, outcome)
        await _sweep(sweep, 60, DependencyBreaker({}), stop)
        assert counted(name, outcome) == before + 1

    asyncio.run(scene())
    assert looked == ["a", "b", "c"]
