"""Going through what is due, one thing after the other: each in a log context of its own."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

from opentelemetry import trace
from structlog.contextvars import bind_contextvars

from mentor_common.errors import DependencyDownError
from mentor_common.telemetry import error_reports, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
_log = get_logger(__name__)
_gathered: ContextVar[list[str] | None] = ContextVar("gathered", default=None)


@contextmanager
def failures() -> Iterator[list[str]]:
    """Gather what cannot be looked at meanwhile, in this thread or one that it waits for."""
    found: list[str] = []
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


class Sweeping:
    """Looks at things; one that fails does not keep the others waiting, and is due again.

    It is logged each time and reported once in a run of failures.

    Parameters
    ----------
    failure
        What to say of one that fails, the same for all.
    """

    def __init__(self, failure: str) -> None:
        self._failure = failure
        self._failures = error_reports.ReportThrottle()

    def each(
        self,
        things: Iterable[T],
        look: Callable[[T], object],
        names: Callable[[T], Mapping[str, str]],
    ) -> None:
        """Look at each of ``things``.

        Parameters
        ----------
        things
            What is due.
        look
            What to do; whatever it binds to the log context is gone afterwards.
        names
            What names a thing on each line of the log.

        Raises
        ------
        DependencyDownError
            Nobody else's turn would go better.
        """
        for thing in things:
            copy_context().run(self._one, thing, look, names(thing))

    def _one(self, thing: T, look: Callable[[T], object], names: Mapping[str, str]) -> None:
        bind_contextvars(**names)
        try:
            look(thing)
        except DependencyDownError:
            raise
        except Exception as error:  # noqa: BLE001 -- one's trouble must not keep the others waiting
            span = tracing.span_of(error)
            of = {"trace_id": trace.format_trace_id(span.trace_id)} if span else {}
            _log.exception(self._failure, **of)
            key = tuple(names.items())
            self._failures.report_first(key, self._failure, error, code="sweep")
            gathered = _gathered.get()
            if gathered is not None:
                gathered.append(self._failure)
