"""Circuit breakers of receiving: a dependency is down, or this release fails at everything."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.errors import AccessDeniedError, DependencyDownError
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping

_log = get_logger(__name__)
_PROBE_SECONDS = 10.0
"""Far below the time after which the poll loop counts as stuck."""
_FIRST_HOLD_SECONDS = 15.0
_LONGEST_HOLD_SECONDS = 120.0


@dataclass
class _Denial:
    """A refused action: the kind of work that met it, how long it is left alone, and until when."""

    by: Hashable
    hold: float
    until: float
    half_open: bool = False


class DependencyBreaker:
    """Open while a dependency does not answer; probes it with growing pauses.

    While open nothing is received, so that an outage of an hour costs no message a start.

    No probe shows whether a refused action (:class:`AccessDeniedError`) is allowed again. After a
    pause, which grows with each refusal, the breaker is half open: the dependency counts as
    down, and one message at a time is received, until the kind of work that met the refusal
    succeeds.

    Parameters
    ----------
    probes
        Dependency name to a coroutine function that raises ``DependencyDownError`` while down.
    first_pause, longest_pause
        Seconds between probes.
    first_hold
        Seconds that a refused action is left alone at first.
    """

    def __init__(
        self,
        probes: Mapping[str, Callable[[], Awaitable[None]]],
        *,
        first_pause: float = 1.0,
        longest_pause: float = 15.0,
        first_hold: float = _FIRST_HOLD_SECONDS,
    ) -> None:
        self._probes = probes
        self._first_hold = first_hold
        self._denied: dict[str, _Denial] = {}
        self._first = first_pause
        self._longest = longest_pause
        self._pause = first_pause
        self._asking: dict[str, asyncio.Future[None]] = {}
        self.down: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether some dependency is down, and not half open."""
        return any(
            name not in self._denied or not self._denied[name].half_open for name in self.down
        )

    @property
    def half_open(self) -> bool:
        """Whether it is to be tried with one message at a time if a refused action is allowed."""
        return any(denial.half_open for denial in self._denied.values())

    @property
    def pause(self) -> float:
        """Seconds until the next probe is due."""
        return self._pause

    @property
    def dependencies(self) -> list[str]:
        """The dependencies that can be probed."""
        return list(self._probes)

    def trip(self, error: DependencyDownError, *, by: Hashable = None, quiet: bool = False) -> None:
        """Record that a dependency is down; ``quiet`` does not log it.

        ``by`` names the kind of work that met it, as :meth:`record_success` will.
        """
        if error.dependency not in self.down and not quiet:
            _log.error("dependency down, receiving paused", error=str(error))
            self._pause = self._first
        self.down[error.dependency] = str(error)
        before = self._denied.get(error.dependency)
        if isinstance(error, AccessDeniedError):
            hold = self._first_hold if before is None else before.hold
            if before is not None and before.half_open:
                hold = min(hold * 2, _LONGEST_HOLD_SECONDS)
            until = asyncio.get_running_loop().time() + hold
            self._denied[error.dependency] = _Denial(by, hold, until)
        elif before is not None:
            before.half_open = False
        metrics.DEPENDENCY_UP.labels(dependency=error.dependency).set(0)

    def record_success(self, by: Hashable) -> None:
        """Record that a kind of work has succeeded: what it was refused is allowed again."""
        for name in [name for name, denial in self._denied.items() if denial.by == by]:
            if self._denied[name].half_open:
                self._up(name)

    def _up(self, name: str) -> None:
        _log.info("dependency up", dependency=name)
        del self.down[name]
        self._denied.pop(name, None)
        metrics.DEPENDENCY_UP.labels(dependency=name).set(1)

    async def probe(self) -> bool:
        """Ask each dependency that is down, side by side; return whether it may go on."""
        names = list(self.down)
        answers = await asyncio.gather(*(self._ask(name) for name in names))
        for name, problem in zip(names, answers, strict=True):
            if name not in self.down:
                continue  # a message has shown meanwhile that it is up
            if problem is not None:
                self.down[name] = problem
            elif name not in self._denied:
                self._up(name)
            elif asyncio.get_running_loop().time() >= self._denied[name].until:
                self._denied[name].half_open = True
        if self.is_open:
            self._pause = min(self._pause * 2, self._longest)
        return not self.is_open

    async def _ask(self, name: str) -> str | None:
        """Return what is wrong with a dependency, within a bounded time.

        A probe that does not come back is not started again while it runs: it holds a thread,
        and the heartbeats need theirs.
        """
        probe = self._probes.get(name)
        if probe is None:
            return None
        asking = self._asking.get(name)
        if asking is None:
            asking = self._asking[name] = asyncio.ensure_future(probe())
        done, _ = await asyncio.wait({asking}, timeout=_PROBE_SECONDS)
        if not done:
            return f"{name}: no answer in {_PROBE_SECONDS:.0f} s"
        del self._asking[name]
        try:
            asking.result()
        except DependencyDownError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 -- a poller must not die; readiness says what it met
            _log.warning("a probe broke off", dependency=name, error=str(error))
            return f"{name}: {type(error).__name__}"
        return None

    async def wait(self, stop: asyncio.Event) -> None:
        """Return when nothing is down any more or ``stop`` is set, after one more probe."""
        try:
            await asyncio.wait_for(stop.wait(), self._pause)
        except TimeoutError:
            await self.probe()


class ReleaseBreaker:
    """Open when most of the last messages failed for reasons other than bad input.

    A bad deploy must not pour the queue into the dead-letter queue. While open,
    one message at a time is tried; one success closes it. Junk of a single mentor never opens it.

    Parameters
    ----------
    window
        How many of the last messages count.
    mentors
        At least so many different mentors must have failing messages among them.
    """

    def __init__(self, window: int = 20, mentors: int = 3) -> None:
        self._last: deque[tuple[str, bool]] = deque(maxlen=window)
        self._mentors = mentors
        self.is_open = False
        metrics.RELEASE_BREAKER_OPEN.set(0)

    def record(self, mentor: str, *, failed: bool) -> None:
        """Count a message; ``failed`` means for a reason other than its input."""
        self._last.append((mentor, failed))
        if not failed:
            if self.is_open:
                _log.info("work succeeds again, receiving resumed")
                self._last.clear()
            self.is_open = False
            metrics.RELEASE_BREAKER_OPEN.set(0)
            return
        failures = [mentor for mentor, bad in self._last if bad]
        enough = len(failures) * 2 > (self._last.maxlen or 0)
        if enough and len(set(failures)) >= self._mentors and not self.is_open:
            self.is_open = True
            metrics.RELEASE_BREAKER_OPEN.set(1)
            what = "most messages fail, trying one at a time"
            _log.critical(what, failures=len(failures))
            error_reports.report(
                what, code="release_breaker", level="fatal", failures=len(failures)
            )
