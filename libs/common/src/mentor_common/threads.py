"""Carrying the log context and the trace to work in another thread, or later."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar

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
