"""Error reports to Sentry, off unless switched on; ADR 26 says what is reported.

A report is made on purpose, where something has failed for good or needs a person, and nowhere
else: log lines are not reported. It carries the log context, redacted like a log line. Nothing here
raises, waits or changes what becomes of a message: without Sentry the work goes on.
"""

from __future__ import annotations

import logging
import socket
import time
import uuid
from typing import TYPE_CHECKING, Any

import sentry_sdk
import structlog
from opentelemetry import trace
from sentry_sdk.utils import event_from_exception

from mentor_common.telemetry import tracing
from mentor_common.telemetry.error_summary import origin
from mentor_common.telemetry.logs import get_logger
from mentor_common.telemetry.redaction import redact_value
from mentor_common.telemetry.version import version

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Literal

    from sentry_sdk.types import Event, Hint

    from mentor_common.settings import CommonSettings

    Level = Literal["warning", "error", "fatal"]

_log = get_logger(__name__)
_NAMESPACE = uuid.UUID("0d5a4a1c-8a9e-4a35-9c4f-3a0c2f1a7d55")
_TAGS = ("upload_id", "mentor", "question", "task", "attempt", "event_id", "transfer_id", "route")
_FLUSH_SECONDS = 2.0
_SERIES_SECONDS = 3600.0
_service = {"name": "mentor-upload"}


def start(service: str, settings: CommonSettings) -> None:
    """Report to Sentry from now on, where a DSN is given and reports are switched on.

    Nothing is collected behind our back: no integration, no breadcrumb, no local variable; personal
    data is not sent by default.
    """
    if not settings.is_sentry_enabled:
        return
    dsn = settings.sentry_dsn_mentor_upload
    if dsn is None:
        _log.warning("IS_SENTRY_ENABLED without SENTRY_DSN_MENTOR_UPLOAD: nothing is reported")
        return
    _service["name"] = service
    # Each try of a report that cannot be delivered would be a warning.
    logging.getLogger("urllib3.connectionpool").addFilter(_is_not_sentrys)
    sentry_sdk.init(
        dsn=dsn.get_secret_value(),
        release=f"mentor-upload@{version()}",
        environment=settings.stage,
        server_name=socket.gethostname(),
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_redacted,
        shutdown_timeout=_FLUSH_SECONDS,
    )


def _is_not_sentrys(record: logging.LogRecord) -> bool:
    return not str(record.threadName).startswith("sentry-sdk")


def report(
    what: str,
    *,
    code: str,
    error: BaseException | None = None,
    level: Level = "error",
    kind: str | None = None,
    once: Hashable = None,
    **facts: Any,
) -> None:
    """Report that something failed for good or needs a person.

    Parameters
    ----------
    what
        One line for that person, the same for all failures of its kind.
    code
        Stable snake_case identifier.
    kind
        Type and place of a failure whose exception is gone, to group by.
    once
        Names the failure: a second report under this name is the same event to Sentry.
    """
    if not sentry_sdk.get_client().is_active():
        return
    try:
        _send(what, code, error, level, kind, once, facts)
    except Exception as failure:  # noqa: BLE001 -- a report must never cost the work it is about
        _log.warning("not reported", error=str(failure))


def _send(
    what: str,
    code: str,
    error: BaseException | None,
    level: Level,
    kind: str | None,
    once: Hashable,
    facts: dict[str, Any],
) -> None:
    service = _service["name"]
    bound = structlog.contextvars.get_contextvars()
    event: Event = {}
    hint: Hint = {}
    if error is not None:
        event, hint = event_from_exception(error, sentry_sdk.get_client().options)
        place = origin(error)
        kind = ":".join([type(error).__name__, *(place[::2] if place else ())])
    event["level"] = level
    event["logentry"] = {"message": what}
    event["tags"] = {"service": service, "code": code} | {
        name: str(bound[name]) for name in _TAGS if name in bound
    }
    event["contexts"] = {"mentor-upload": {**bound, **facts}} | _trace(error)
    # By what failed and how, never by whose: no id is in it.
    event["fingerprint"] = [service, str(bound.get("task", "-")), code, kind or "-"]
    if once is not None:
        event["event_id"] = uuid.uuid5(_NAMESPACE, repr((service, once))).hex
    sentry_sdk.capture_event(event, hint)


def _trace(error: BaseException | None) -> dict[str, Any]:
    span = tracing.span_of(error)
    if span is None:
        return {}
    ids = {
        "trace_id": trace.format_trace_id(span.trace_id),
        "span_id": trace.format_span_id(span.span_id),
    }
    return {"trace": ids}


def _redacted(event: Event, _hint: Hint) -> Event:
    event.pop("breadcrumbs", None)
    clean: Event = redact_value(event)
    return clean


class ReportThrottle:
    """Reports the first of a series of failures of the same thing.

    For what is retried every few seconds by itself: a person is needed once, not at each try. A
    series ends after an hour without a failure; a success does not end it, for it may only have
    found another process at work.
    """

    def __init__(self) -> None:
        self._failed_at: dict[Hashable, float] = {}

    def report_first(self, thing: Hashable, what: str, error: BaseException, *, code: str) -> None:
        """Report a failure, if it is the first of a series."""
        now = time.monotonic()
        fresh = {key: at for key, at in self._failed_at.items() if at + _SERIES_SECONDS > now}
        self._failed_at = fresh | {thing: now}
        if thing not in fresh:
            report(what, code=code, error=error)


def finish() -> None:
    """Send the remaining reports, for two seconds at most; the process ends."""
    sentry_sdk.get_client().close(timeout=_FLUSH_SECONDS)
