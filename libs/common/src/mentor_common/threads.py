"""Threads that asyncio does not start: they begin with an empty context unless it is carried."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

A = TypeVar("A")
R = TypeVar("R")


def carried(call: Callable[[A], R]) -> Callable[[A], R]:
    """Return ``call`` with the log context and the trace of now, for an executor's threads.

    ``asyncio.to_thread`` does this by itself. Each call runs in a copy of its own, so that several
    may run at once.
    """
    context = copy_context()

    def run(argument: A) -> R:
        return context.copy().run(call, argument)

    return run
