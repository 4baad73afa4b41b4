"""Processes of the simulation: they can be killed and stopped, and every call of theirs notices."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


class Killed(BaseException):
    """The process is gone; no handler of its own may catch this."""


@dataclass
class Process:
    """A process of a service.

    Parameters
    ----------
    name
        As in the event log.
    """

    name: str
    alive: bool = True
    stalled_at: float = float("-inf")
    """Time of its last resumption: what it does within its lease's length may be late."""
    running: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin running."""
        self.running.set()

    async def passage(self) -> None:
        """Stand at the border to the outside: a dead process never passes, a paused one waits."""
        if self.alive and not self.running.is_set():
            await self.running.wait()
        if not self.alive:
            raise Killed(self.name)

    def kill(self) -> None:
        """End at once; nothing it still tries has an effect."""
        self.alive = False
        self.running.set()
        for task in list(self.tasks):
            task.cancel()

    def pause(self) -> None:
        """Do as SIGSTOP does."""
        self.running.clear()

    def resume(self, now: float) -> None:
        """Do as SIGCONT does."""
        if not self.running.is_set():
            self.stalled_at = now
        self.running.set()


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


def owned_task_factory(
    loop: asyncio.AbstractEventLoop, coroutine: Any, **kwargs: Any
) -> asyncio.Task[Any]:
    """Make a task that its process knows of."""
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **kwargs)
    context = kwargs.get("context")
    process = CURRENT.get() if context is None else context.get(CURRENT)
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task
