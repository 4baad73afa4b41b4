"""The dependencies that are down, probed at most every few seconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mentor_common.clock import Clock

_FRESH_SECONDS = 5.0


class Readiness:
    """Probes dependencies; a result is good for some seconds.

    A probe raises ``DependencyDownError`` while its dependency is down.
    """

    def __init__(self, probes: Mapping[str, Callable[[], None]], clock: Clock) -> None:
        self._probes = probes
        self._clock = clock
        self._lock = threading.Lock()
        self._down: dict[str, str] = {}
        self._probed_at = float("-inf")

    def down(self) -> dict[str, str]:
        """Return the dependencies that are down, each with the error that was seen."""
        with self._lock:
            now = self._clock.now()
            if now - self._probed_at >= _FRESH_SECONDS:
                self._down = self._probe()
                self._probed_at = now
            return dict(self._down)

    def _probe(self) -> dict[str, str]:
        down = {}
        for name, probe in self._probes.items():
            try:
                probe()
            except DependencyDownError as error:
                down[name] = str(error)
        return down
