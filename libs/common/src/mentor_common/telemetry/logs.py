"""Structured logs without secrets: JSON lines in production, a readable console locally.

Bind what identifies a message with ``structlog.contextvars.bound_contextvars``; each line then
carries it. A token, a signed URL or a credential that slips into a value, a text or a traceback
is redacted (:mod:`mentor_common.telemetry.redaction`), whatever writes it: a library's logger,
a warning and an exception that is not caught take the same way.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import structlog
from opentelemetry import trace

from mentor_common.telemetry.redaction import redact_text, redact_value
from mentor_common.telemetry.version import version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

__all__ = ["configure", "get_logger", "logs_on_stderr", "redact", "redact_text"]

_CHATTY = ("botocore", "boto3", "aiobotocore", "urllib3", "s3transfer", "aiohttp.access")


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Structlog processor: redact secrets by name, shape and value."""
    return {key: redact_value(value, key) for key, value in event.items()}


def with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Structlog processor: add ``trace_id`` where a span is under way."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event.setdefault("trace_id", trace.format_trace_id(context.trace_id))
    return event


def configure(
    service: str, *, level: str = "INFO", style: Literal["json", "console"] = "json"
) -> None:
    """Set logging up for a process; standard-library loggers go the same way.

    ``style`` is ``json`` for machines, ``console`` for a person at a terminal.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        with_trace,
        structlog.stdlib.add_log_level,
        # A person at a terminal knows the day; a machine wants all of it.
        structlog.processors.TimeStamper(fmt="iso", utc=True)
        if style == "json"
        else structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if style == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=34)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # The local supervisor's log names the process already.
                *([_named(service)] if style == "json" else []),
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _log_uncaught()


def _named(service: str) -> Any:
    release = version()

    def processor(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        event.setdefault("service", service)
        event.setdefault("version", release)
        return event

    return processor


def _log_uncaught() -> None:
    """Log what Python would print as it is: warnings, and exceptions that are not caught."""
    log = get_logger("mentor_common.uncaught")

    def uncaught(kind: type[BaseException], error: BaseException | None, trace_back: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace_back))

    def uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def unraisable(args: Any) -> None:
        uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    logging.captureWarnings(capture=True)
    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable


def get_logger(name: str) -> Any:
    """Return a structlog logger for a module."""
    return structlog.stdlib.get_logger(name)


@contextmanager
def logs_on_stderr() -> Iterator[None]:
    """Have log lines on stderr: for tools, whose stdout is their result."""
    before = structlog.get_config()
    *shared, _ = before["processors"]
    structlog.configure(
        # Where rich is installed structlog's own renderer would print the variables of a traceback.
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
