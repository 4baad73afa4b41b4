"""Metrics and spans of every AWS call, through botocore's events: one place for all clients."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from mentor_common.aws.access_denied import RESOURCE, is_denied, resource_of
from mentor_common.telemetry import metrics, tracing

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_KEPT = "mentor_upload_call"
_ABOUT = "mentor_upload_resource"
_REFUSED = 400
_SERVER_ERROR = 500
_THROTTLED = 429
_ID = "mentor-upload-calls"


def observe(client: Any) -> None:
    """Measure and trace the calls of a boto3 or aiobotocore client."""
    events = client.meta.events
    events.register("provide-client-params", _note_resource, unique_id=f"{_ID}-resource")
    events.register("before-call", _begin, unique_id=f"{_ID}-begin")
    events.register("after-call", _end, unique_id=f"{_ID}-end")
    events.register("after-call-error", _break_off, unique_id=f"{_ID}-break-off")


def _note_resource(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_ABOUT] = resource_of(params)


def _begin(model: Any, context: dict[str, Any], **_: Any) -> None:
    context[_KEPT] = (time.perf_counter(), model, _span(model))


def _span(model: Any) -> Span | None:
    """Begin a span under the current one; none for long polls, heartbeats and orphans."""
    if tracing.is_muted() or model.name == "ReceiveMessage":
        return None
    if not trace.get_current_span().is_recording():
        return None
    service = model.service_model.service_id
    return tracing.begin(
        f"{service}/{model.name}",
        tracing.SpanKind.CLIENT,
        {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": model.name},
    )


def _end(http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    status = http_response.status_code
    code = str(parsed.get("Error", {}).get("Code", ""))
    if status >= _SERVER_ERROR or status == _THROTTLED:
        outcome = "error"
    elif status >= _REFUSED and is_denied(code, status):
        outcome = "error"
        parsed.setdefault("Error", {})[RESOURCE] = context.get(_ABOUT)
    else:
        outcome = "refused" if status >= _REFUSED else "ok"
    _close(context, outcome, code)


def _break_off(exception: Exception, context: dict[str, Any], **_: Any) -> None:
    _close(context, "error", type(exception).__name__)


def _close(context: dict[str, Any], outcome: str, code: str) -> None:
    begun = context.pop(_KEPT, None)
    if begun is None:
        return
    started, model, span = begun
    metrics.AWS_SECONDS.labels(
        service=model.service_model.service_name, operation=model.name, outcome=outcome
    ).observe(time.perf_counter() - started)
    if span is None:
        return
    if outcome != "ok":
        span.set_attribute("error.type", code)
    if outcome == "error":
        span.set_status(tracing.FAILED)
    span.end()
