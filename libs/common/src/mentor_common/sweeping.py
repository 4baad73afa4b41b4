"""Handling what is due, one item after the other, each in a log context of its own.

One that fails does not keep the others waiting, one that cannot be read is set aside, and a sweep
that fails at everything, run after run, says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from opentelemetry import trace
from structlog.contextvars import bind_contextvars

from mentor_common.errors import DependencyDownError, UnreadableItemError
from mentor_common.telemetry import error_reports, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
_log = get_logger(__name__)
_FEWEST = 3
"""Fewer things that all fail say something about them, rather than about the sweep."""
_RUNS = 3
_FORGOTTEN_SECONDS = 120.0


@dataclass
class Tally:
    """The things that a run of a sweep has handled, and those at which it failed.

    ``looked`` says whether it is a sweep over what is due; then ``handled`` may be 0, and the next
    thing is due ``next_in`` seconds, where that is known.
    """

    handled: int = 0
    failed: int = 0
    looked: bool = False
    next_in: float | None = None


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def tally() -> Iterator[Tally]:
    """Count what sweeps handle meanwhile, in this thread or one that it waits for."""
    found = Tally()
    token = _tally.set(found)
    try:
        yield found
    finally:
        _tally.reset(token)


def look_again_in(seconds: float) -> None:
    """Say that something is due in so many seconds, to the sweep that is running."""
    if run := _tally.get():
        run.next_in = seconds if run.next_in is None else min(run.next_in, seconds)


class SweepHealth:
    """Whether a sweep fails at everything, by its last runs.

    It does after three runs in a row that ended in an error, or failed at each of three things or
    more; until it has handled something, or for two minutes nothing was due.
    """

    def __init__(self) -> None:
        self._runs = 0
        self._failed_at = 0.0

    @property
    def fails(self) -> bool:
        """Whether it does."""
        return self._runs >= _RUNS

    def record(self, run: Tally, now: float, *, broke_off: bool) -> None:
        """Take a run into account that ended ``now``, seconds of any clock."""
        if broke_off or _FEWEST <= run.handled == run.failed:
            self._runs, self._failed_at = self._runs + 1, now
        elif run.handled > run.failed or now - self._failed_at > _FORGOTTEN_SECONDS:
            self._runs = 0


class Sweeping:
    """Handles items one by one; one that fails does not keep the others waiting.

    It stays due. It is logged each time and reported once in a run of failures. One that cannot be
    read is set aside, which is no failure of the sweep.
    """

    def __init__(self, failure: str) -> None:
        self._failure = failure
        self._failures = error_reports.ReportThrottle()

    def each(
        self,
        items: Iterable[T],
        handle: Callable[[T], object],
        set_aside: Callable[[T], object],
        log_fields: Callable[[T], Mapping[str, str]],
    ) -> None:
        """Handle each of ``items``.

        Parameters
        ----------
        handle
            Handles an item; whatever it binds to the log context is gone afterwards.
        set_aside
            Makes an item due later, because what is stored of it cannot be read.
        log_fields
            Returns the fields that name an item on each line of the log.

        Raises
        ------
        DependencyDownError
            The others would fail alike.
        """
        run = _tally.get() or Tally()
        run.looked = True
        for item in items:
            copy_context().run(self._one, item, handle, set_aside, log_fields(item))

    def _one(
        self,
        item: T,
        handle: Callable[[T], object],
        set_aside: Callable[[T], object],
        log_fields: Mapping[str, str],
    ) -> None:
        bind_contextvars(**log_fields)
        run = _tally.get() or Tally()
        run.handled += 1
        try:
            try:
                handle(item)
            except UnreadableItemError:
                set_aside(item)
        except DependencyDownError:
            raise
        except Exception as error:  # noqa: BLE001 -- one item must not keep the others waiting
            span = tracing.span_of(error)
            of = {"trace_id": trace.format_trace_id(span.trace_id)} if span else {}
            _log.exception(self._failure, **of)
            key = tuple(log_fields.items())
            self._failures.report_first(key, self._failure, error, code="sweep")
            run.failed += 1
