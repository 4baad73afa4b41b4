"""The dependencies that are down, probed at most every few seconds, beside all requests."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentor_common.bulkhead import exempt
from mentor_common.errors import DependencyDownError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = get_logger(__name__)
_FRESH_SECONDS = 5.0
_PATIENCE_SECONDS = 3.0
"""Less than the time after which Kubernetes counts its probe as failed."""


@dataclass
class _Question:
    """One run of a probe: since when, and what it found once it has ended."""

    asked_at: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)
    found: str | None = None


class Readiness:
    """Probes dependencies, each in a thread of its own; a result is good for some seconds.

    A probe raises ``DependencyDownError`` while its dependency is down. One that does not come back
    is not started again meanwhile. ``required`` are those without which nothing is of use.
    """

    def __init__(self, probes: Mapping[str, Callable[[], None]], required: frozenset[str]) -> None:
        self._probes = probes
        self._required = required
        self._lock = threading.Lock()
        self._asked: dict[str, _Question] = {}

    def down(self) -> dict[str, str]:
        """Return the dependencies that are down, each with what was seen, within a bounded time."""
        until = time.monotonic() + _PATIENCE_SECONDS
        with self._lock:
            asked = {name: self._ask(name) for name in self._probes}
        found = {}
        for name, question in asked.items():
            if question.ended.wait(max(0, until - time.monotonic())):
                what = question.found
            else:
                what = f"{name}: no answer in {_PATIENCE_SECONDS:.0f} s"
            if what is not None:
                found[name] = what
        return found

    def fails(self, down: Mapping[str, str]) -> bool:
        """Return whether something required is among what is down."""
        return not self._required.isdisjoint(down)

    def _ask(self, name: str) -> _Question:
        """Return the newest question about a dependency, asked anew where it is no longer fresh."""
        question = self._asked.get(name)
        fresh = question is not None and time.monotonic() - question.asked_at < _FRESH_SECONDS
        if question is None or (question.ended.is_set() and not fresh):
            question = self._asked[name] = _Question()
            threading.Thread(target=self._probe, args=(name, question), daemon=True).start()
        return question

    def _probe(self, name: str, question: _Question) -> None:
        try:
            with exempt():
                self._probes[name]()
        except DependencyDownError as error:
            question.found = str(error)
        except Exception as error:  # noqa: BLE001 -- readiness says what it met
            _log.warning("a probe broke off", dependency=name, exc_info=error)
            question.found = f"{name}: {type(error).__name__}"
        finally:
            question.ended.set()
