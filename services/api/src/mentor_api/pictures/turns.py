"""Turns at what one request at a time may use, in rounds of persons."""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, eq=False)
class _Request:
    person: str


class Turns:
    """One turn at a time, of whoever had none for longest, and of theirs that came first.

    So a person's many requests wait for one another, and another's for one of them at most.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._is_taken = False
        self._numbers = itertools.count(1)
        self._latest: dict[str, int] = {}
        """Number of the latest turn, of those who wait and of the last one."""

    @contextmanager
    def turn(self, person: str, check: Callable[[], None], every: float) -> Iterator[None]:
        """Wait for a turn of ``person``, and hold it meanwhile.

        Parameters
        ----------
        check
            Called every so many seconds while it waits; what it raises ends the waiting.
        """
        self._wait(_Request(person), check, every)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def _wait(self, request: _Request, check: Callable[[], None], every: float) -> None:
        with self._changed:
            self._waiting.append(request)
            try:
                while self._is_taken or self._following() is not request:
                    self._changed.wait(every)
                    check()
            finally:
                self._waiting.remove(request)
                self._changed.notify_all()
            self._is_taken = True
            still = {each.person for each in self._waiting}
            self._latest = {who: turn for who, turn in self._latest.items() if who in still}
            self._latest[request.person] = next(self._numbers)

    def _following(self) -> _Request:
        """Return whose turn is next; of equals the first that came."""
        return min(self._waiting, key=lambda request: self._latest.get(request.person, 0))
