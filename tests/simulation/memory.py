"""A jobs table in memory in which no time passes and nothing fails, for tests of single parts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mentor_common.jobs import Table
from simulation.dynamo import Items

NOW = 1_790_000_000.0


class StillOutside:
    """The simulation's outside with every call answered at once."""

    def __init__(self) -> None:
        self.loop = SimpleNamespace(call_later=lambda _seconds, call, *args: call(*args))
        self.chance = SimpleNamespace(random=lambda: 0.0)

    def enter_thread(self, *_names: object) -> None:
        """Go on."""

    leave_thread = note = enter_thread


class Clock:
    """A clock that tests set; epoch seconds."""

    def __init__(self, now: float = NOW) -> None:
        self.time = now

    def now(self) -> float:
        """Return the time it was set to."""
        return self.time


def items_in_memory() -> Items:
    """Return an empty table's content."""
    outside: Any = StillOutside()
    return Items(outside)


def table_in_memory(items: Items | None = None) -> Table:
    """Return a table over ``items``, an empty one without."""
    process: Any = None
    content = items if items is not None else items_in_memory()
    return Table("jobs", "us-east-1", content.client(process))
