"""Work in other threads, with the log context and the trace of who asked for it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


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


def results_ahead(call: Callable[[T], R], things: Iterable[T], at_once: int) -> Iterator[R]:
    """Yield the result of each call in order, with ``at_once`` calls begun; with 1, as asked for.

    Raises what a call raises; those that were begun are waited for.
    """
    if at_once == 1:
        yield from map(call, things)
        return
    begun: deque[Future[R]] = deque()
    with ThreadPoolExecutor(at_once) as threads:
        for thing in things:
            begun.append(threads.submit(in_current_context(call), thing))
            if len(begun) == at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
