"""Virtual time, and threads that are none.

``asyncio.to_thread`` is replaced by a greenlet that gives way to the loop wherever the simulated
outside takes time: blocking code is interleaved at each of its effects, and reproducibly so.
"""

from __future__ import annotations

import asyncio
import contextvars
import selectors
from functools import partial
from typing import TYPE_CHECKING, Any

import greenlet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine


_INSTANT = 1e-7


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: the loop's clock jumps to its next timer instead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("deadlock: every task waits and no timer is set")
        # Never quite nothing: code that waits for the rest of a rounding error gets there.
        self.loop.now += timeout or _INSTANT
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and goes on only by jumping to the next timer."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)
        # A task that was abandoned by a killed process may end with an error that is not read.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Return virtual seconds since the start."""
        return self.now

    def run_for(self, seconds: float) -> None:
        """Let everything happen that is due within ``seconds``."""
        self.run_until_complete(asyncio.sleep(seconds))

    def close(self) -> None:
        """End every task and close."""
        while tasks := asyncio.all_tasks(self):
            for task in tasks:
                task.cancel()
            self.run_until_complete(asyncio.wait(tasks, timeout=1))
        super().close()


class _Green(greenlet.greenlet):  # type: ignore[misc]  # greenlet is untyped
    """A thread of the simulation."""


def wait(awaitable: Awaitable[Any]) -> Any:
    """Wait for ``awaitable`` in code that cannot ``await``."""
    current = greenlet.getcurrent()
    if not isinstance(current, _Green) or current.parent is None:
        raise RuntimeError("not in a thread of the simulation")
    return current.parent.switch(awaitable)


def sleep(seconds: float) -> None:
    """Stand in for ``time.sleep``."""
    wait(asyncio.sleep(seconds))


async def to_thread(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Stand in for ``asyncio.to_thread``; as there, the thread goes on when we are cancelled."""
    return await asyncio.shield(asyncio.ensure_future(_drive(partial(function, *args, **kwargs))))


async def _drive(call: Callable[[], Any]) -> Any:
    green = _Green(call)
    green.gr_context = contextvars.copy_context()
    out = green.switch()
    while not green.dead:
        try:
            value = await out
        except BaseException as error:  # noqa: BLE001 -- it belongs to the code that waits
            out = green.throw(error)
        else:
            out = green.switch(value)
    return out


def side_by_side(*calls: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Stand in for ``mentor_common.threads.side_by_side``."""
    threads = [asyncio.ensure_future(_drive(call)) for call in calls]
    wait(asyncio.wait(threads))
    return [thread.result for thread in threads]


def run_thread(loop: VirtualLoop, call: Callable[[], Any]) -> Any:
    """Run blocking code as a thread and let time pass until it ends."""
    coroutine: Coroutine[Any, Any, Any] = to_thread(call)
    return loop.run_until_complete(coroutine)
