"""Spans of one trace for an upload, from the browser's POST to the GraphQL write.

W3C trace context travels in the event envelope (``traceparent``) and lies in the JOB item, so that
what a sweep repairs hours later belongs to the same trace. Spans are named and attributed by
OpenTelemetry's semantic conventions for messaging, HTTP and RPC.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` nothing is recorded, but trace ids exist all the same: each
log line carries one. Other ``OTEL_*`` variables mean what OpenTelemetry says.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mentor_common.telemetry.logs import redact_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanContext

__all__ = [
    "FAILED",
    "Link",
    "SpanKind",
    "begin",
    "current_traceparent",
    "fail",
    "is_muted",
    "link_to",
    "muted",
    "remote",
    "remote_unless_in_span",
    "span",
    "span_of",
    "upload_span",
]

_LONGEST_TEXT = 500
_RAISED_IN = "__mentor_upload_span__"
_MUTED = context.create_key("mentor-upload-muted")
_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("mentor_upload")
FAILED = Status(StatusCode.ERROR)


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    attributes: Mapping[str, Any] | None = None,
) -> Iterator[Span]:
    """Span of the block; an exception that leaves it marks the span as failed.

    Parameters
    ----------
    name, kind, attributes
        As the semantic conventions have it.
    parent
        The context it belongs to; the current one when ``None``.
    """
    with _tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        links=links,
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            if not hasattr(error, _RAISED_IN):
                setattr(error, _RAISED_IN, current.get_span_context())
            fail(current, error)
            raise


def span_of(error: BaseException | None) -> SpanContext | None:
    """Return the innermost span that an error has left, or else the one under way, if any."""
    here = trace.get_current_span().get_span_context()
    found: SpanContext = getattr(error, _RAISED_IN, here)
    return found if found.is_valid else None


def begin(name: str, kind: SpanKind, attributes: Mapping[str, Any]) -> Span:
    """Begin a span under the current one that the caller ends; it does not become the current."""
    return _tracer.start_span(name, kind=kind, attributes=dict(attributes))


def fail(current: Span, error: BaseException) -> None:
    """Mark a span as failed; what the error says goes through the logs' redaction."""
    if not current.is_recording():
        return
    current.set_attribute("error.type", type(error).__name__)
    current.set_status(Status(StatusCode.ERROR, redact_text(str(error))[:_LONGEST_TEXT]))


@contextmanager
def upload_span(name: str, traceparent: str | None, upload_id: str) -> Iterator[Span]:
    """Span of work on an upload that something other than its own message may have started.

    It belongs to the upload's trace: below the current span where that is of the same trace, else
    below the one that ``traceparent`` names, with a link to the current one.
    """
    attributes = {"mentor_upload.upload_id": upload_id}
    here = trace.get_current_span().get_span_context()
    there = remote(traceparent)
    if there is None:
        with span(name, attributes=attributes) as current:
            yield current
        return
    begun = trace.get_current_span(there).get_span_context()
    if here.is_valid and here.trace_id == begun.trace_id:
        there, links = None, []
    else:
        links = [Link(here)] if here.is_valid else []
    with span(name, parent=there, links=links, attributes=attributes) as current:
        yield current


def remote(traceparent: str | None) -> Context | None:
    """Return the context that a ``traceparent`` names; ``None`` for none and for nonsense."""
    if not traceparent:
        return None
    found = _propagator.extract({"traceparent": traceparent}, context=context.Context())
    return found if trace.get_current_span(found).get_span_context().is_valid else None


def remote_unless_in_span(traceparent: str | None) -> Context | None:
    """Return the context that a ``traceparent`` names, outside of any span; ``None`` inside one."""
    inside = trace.get_current_span().get_span_context().is_valid
    return None if inside else remote(traceparent)


def link_to(traceparent: str | None) -> list[Link]:
    """Return a link to the span that a ``traceparent`` names, if it names one."""
    found = remote(traceparent)
    return [Link(trace.get_current_span(found).get_span_context())] if found else []


def current_traceparent() -> str | None:
    """Return the current span as a W3C ``traceparent``; ``None`` outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def muted() -> Iterator[None]:
    """Make no spans of the calls inside: heartbeats and probes would bury all others."""
    token = context.attach(context.set_value(_MUTED, True))
    try:
        yield
    finally:
        context.detach(token)


def is_muted() -> bool:
    """Return whether calls are to make no spans."""
    return context.get_value(_MUTED) is not None
