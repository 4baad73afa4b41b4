"""Handling what is due, one item after the other, each in a log context of its own."""

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
_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


@contextmanager
def failures() -> Iterator[list[str]]:
    """Collect the failures of sweeps meanwhile, in this thread or one that it waits for."""
    found: list[str] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


class Sweeping:
    """Handles items one by one; one that fails does not keep the others waiting.

    It stays due. It is logged each time and reported once in a run of failures.
    """

    def __init__(self, failure: str) -> None:
        self._failure = failure
        self._failures = error_reports.ReportThrottle()

    def each(
        self,
        items: Iterable[T],
        handle: Callable[[T], object],
        log_fields: Callable[[T], Mapping[str, str]],
    ) -> None:
        """Handle each of ``items``.

        Parameters
        ----------
        handle
            Handles an item; whatever it binds to the log context is gone afterwards.
        log_fields
            Returns the fields that name an item on each line of the log.

        Raises
        ------
        DependencyDownError
            The others would fail alike.
        """
        for item in items:
            copy_context().run(self._one, item, handle, log_fields(item))

    def _one(self, item: T, handle: Callable[[T], object], log_fields: Mapping[str, str]) -> None:
        bind_contextvars(**log_fields)
        try:
            handle(item)
        except DependencyDownError:
            raise
        except Exception as error:  # noqa: BLE001 -- one item must not keep the others waiting
            span = tracing.span_of(error)
            of = {"trace_id": trace.format_trace_id(span.trace_id)} if span else {}
            _log.exception(self._failure, **of)
            key = tuple(log_fields.items())
            self._failures.report_first(key, self._failure, error, code="sweep")
            collected = _collected.get()
            if collected is not None:
                collected.append(self._failure)
