"""Work in other threads, with the log context and the trace of who asked for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def in_current_context(call: Callable[P, R]) -> Callable[P, R]:
    """Return ``call`` with the log context and the trace of now, for another thread or later.

    ``asyncio.to_thread`` does this by itself. Each call runs in a copy of its own, so that several
    may run at once and none leaves anything behind.
    """
    context = copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(call, *args, **kwargs)

    return run


def side_by_side(*calls: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Do calls at the same time and wait for all; return what gives or raises each one's result.

    Under gevent the threads are greenlets. The caller decides whose error counts, by asking for
    the results in its own order.
    """
    with ThreadPoolExecutor(len(calls)) as threads:
        return [threads.submit(in_current_context(call)).result for call in calls]
