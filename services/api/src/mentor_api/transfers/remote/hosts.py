"""A record of hosts that keep silent, so that one costs the rest of the work little."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TIMEOUTS_IN_A_ROW = 2
_MOST_KNOWN = 1000


@dataclass
class _Host:
    in_use: int = 0
    answers: bool = False
    timeouts: int = 0
    paused_until: float = 0


class Hosts:
    """A record of what this process has seen of each host. Thread-safe.

    A host that has not answered yet is asked by few at once. One that has let two requests in a row
    run into their time limit is paused for a while: a fetch meanwhile fails at once, instead of
    waiting as long as the two did. Then it counts as unknown again.

    Parameters
    ----------
    at_once
        How many may ask a host that has not answered yet.
    pause_seconds
        How long a silent host is not asked.
    now
        A monotonic clock, in seconds.
    """

    def __init__(
        self, at_once: int, pause_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once = at_once
        self._pause_seconds = pause_seconds
        self._now = now
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def slot(self, host: str) -> Iterator[bool]:
        """Yield whether the host has a free slot; if so it is taken until the end."""
        with self._lock:
            known = self._of(host)
            free = known.answers or known.in_use < self._at_once or self._now() < known.paused_until
            known.in_use += free
        try:
            yield free
        finally:
            with self._lock:
                known.in_use -= free

    def is_paused(self, host: str) -> bool:
        """Return whether requests to the host are paused after time-outs."""
        with self._lock:
            return self._now() < self._of(host).paused_until

    def answered(self, host: str) -> None:
        """Record that the host answers."""
        with self._lock:
            known = self._of(host)
            known.answers, known.timeouts, known.paused_until = True, 0, 0

    def timed_out(self, host: str) -> None:
        """Record that a request to the host ran into its time limit."""
        with self._lock:
            known = self._of(host)
            known.answers = False
            known.timeouts += 1
            if known.timeouts >= _TIMEOUTS_IN_A_ROW:
                known.timeouts = 0
                known.paused_until = self._now() + self._pause_seconds

    def _of(self, host: str) -> _Host:
        if len(self._hosts) >= _MOST_KNOWN:
            self._hosts = {name: known for name, known in self._hosts.items() if known.in_use}
        return self._hosts.setdefault(host, _Host())
