"""A bound on the calls of one dependency that are under way at once.

A dependency that answers slowly then holds only so much of a process, and everything that does
not need it goes on (M. Nygard, *Release It!*, "Bulkheads").
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    from collections.abc import Iterator

_exempt: ContextVar[bool] = ContextVar("exempt", default=False)


class Bulkhead:
    """A number of places for calls of a dependency; ``None`` bounds nothing."""

    def __init__(self, dependency: str, places: int | None) -> None:
        self._dependency = dependency
        self._places = places
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place meanwhile; see :meth:`take`."""
        taken = self.take()
        try:
            yield
        finally:
            if taken:
                self.give_back()

    def take(self) -> bool:
        """Take a place and return whether it has to be given back.

        Raises
        ------
        DependencyDownError
            At once, where none is free: nothing was sent.
        """
        if self._places is None or _exempt.get():
            return False
        with self._lock:
            if self._taken < self._places:
                self._taken += 1
                return True
        raise DependencyDownError(
            self._dependency, f"{self._places} calls wait for its answer already"
        )

    def give_back(self) -> None:
        """Give a place back that was taken."""
        with self._lock:
            self._taken -= 1


@contextmanager
def exempt() -> Iterator[None]:
    """Let calls of this context pass without a place: those that ask how a dependency is."""
    token = _exempt.set(True)
    try:
        yield
    finally:
        _exempt.reset(token)
