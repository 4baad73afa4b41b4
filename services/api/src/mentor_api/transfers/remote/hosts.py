"""A record of hosts that keep silent, so that one costs the rest of the work little."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STRIKES = 2
_MOST_KNOWN = 1000


@dataclass
class _Host:
    turns: int = 0
    answers: bool = False
    strikes: int = 0
    rests_until: float = 0


class Hosts:
    """A record of what this process has seen of each host. Thread-safe.

    A host that has not answered yet is asked by few at once. One that has let two requests in a row
    run into their time limit rests for a while: a fetch meanwhile fails at once, instead of
    waiting as long as the two did. Then it counts as unknown again.

    Parameters
    ----------
    at_once
        How many may ask a host that has not answered yet.
    rest_seconds
        How long a silent host rests.
    now
        A monotonic clock, in seconds.
    """

    def __init__(
        self, at_once: int, rest_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once = at_once
        self._rest_seconds = rest_seconds
        self._now = now
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[bool]:
        """Give whether the host may be asked now; if so it counts as asked until the end."""
        with self._lock:
            known = self._of(host)
            free = known.answers or known.turns < self._at_once or self._now() < known.rests_until
            known.turns += free
        try:
            yield free
        finally:
            with self._lock:
                known.turns -= free

    def rests(self, host: str) -> bool:
        """Return whether the host kept silent lately."""
        with self._lock:
            return self._now() < self._of(host).rests_until

    def answered(self, host: str) -> None:
        """Take note that the host answers."""
        with self._lock:
            known = self._of(host)
            known.answers, known.strikes, known.rests_until = True, 0, 0

    def kept_silent(self, host: str) -> None:
        """Take note that a request to the host ran into its time limit."""
        with self._lock:
            known = self._of(host)
            known.answers = False
            known.strikes += 1
            if known.strikes >= _STRIKES:
                known.strikes = 0
                known.rests_until = self._now() + self._rest_seconds

    def _of(self, host: str) -> _Host:
        if len(self._hosts) >= _MOST_KNOWN:
            self._hosts = {name: known for name, known in self._hosts.items() if known.turns}
        return self._hosts.setdefault(host, _Host())
