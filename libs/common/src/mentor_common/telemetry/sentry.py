"""The adapter to Sentry, for processes that report: nobody else has to import its library."""

from __future__ import annotations

import logging
import socket
import uuid
from typing import TYPE_CHECKING, Any

import sentry_sdk
import structlog
from opentelemetry import trace
from sentry_sdk.utils import event_from_exception

from mentor_common.telemetry import tracing
from mentor_common.telemetry.error_summary import origin
from mentor_common.telemetry.redaction import redact_value
from mentor_common.telemetry.version import version

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sentry_sdk.types import Event, Hint

    from mentor_common.telemetry.error_reports import Level

_NAMESPACE = uuid.UUID("0d5a4a1c-8a9e-4a35-9c4f-3a0c2f1a7d55")
_TAGS = ("upload_id", "mentor", "question", "task", "attempt", "event_id", "transfer_id", "route")
_FLUSH_SECONDS = 2.0


class Sentry:
    """Sends reports of a service.

    Nothing is collected behind our back: no integration, no breadcrumb, no local variable; personal
    data is not sent by default.
    """

    def __init__(self, dsn: str, service: str, stage: str) -> None:
        self._service = service
        # Each try of a report that cannot be delivered would be a warning.
        logging.getLogger("urllib3.connectionpool").addFilter(_is_not_sentrys)
        sentry_sdk.init(
            dsn=dsn,
            release=f"mentor-upload@{version()}",
            environment=stage,
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

    def send(
        self,
        what: str,
        code: str,
        error: BaseException | None,
        level: Level,
        kind: str | None,
        once: Hashable,
        facts: dict[str, Any],
    ) -> None:
        """Send a report; the arguments are those of :func:`.error_reports.report`."""
        bound = structlog.contextvars.get_contextvars()
        event: Event = {}
        hint: Hint = {}
        if error is not None:
            event, hint = event_from_exception(error, sentry_sdk.get_client().options)
            place = origin(error)
            kind = ":".join([type(error).__name__, *(place[::2] if place else ())])
        event["level"] = level
        event["logentry"] = {"message": what}
        event["tags"] = {"service": self._service, "code": code} | {
            name: str(bound[name]) for name in _TAGS if name in bound
        }
        event["contexts"] = {"mentor-upload": {**bound, **facts}} | _trace(error)
        # By what failed and how, never by whose: no id is in it.
        event["fingerprint"] = [self._service, str(bound.get("task", "-")), code, kind or "-"]
        if once is not None:
            event["event_id"] = uuid.uuid5(_NAMESPACE, repr((self._service, once))).hex
        sentry_sdk.capture_event(event, hint)

    def close(self) -> None:
        """Send the remaining reports, for two seconds at most."""
        sentry_sdk.get_client().close(timeout=_FLUSH_SECONDS)


def _is_not_sentrys(record: logging.LogRecord) -> bool:
    return not str(record.threadName).startswith("sentry-sdk")


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
