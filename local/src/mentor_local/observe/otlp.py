"""Export requests of OTLP over HTTP as plain spans: https://opentelemetry.io/docs/specs/otlp/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

UPLOAD = "mentor_upload.upload_id"
"""Attribute that says to which upload a span belongs."""
_KINDS = ("", "internal", "server", "client", "producer", "consumer")


class UnreadableSpansError(Exception):
    """The body is no export request."""


@dataclass(frozen=True)
class Span:
    """One finished span.

    Attributes
    ----------
    trace_id, span_id, parent_id
        Hexadecimal; the parent is empty for a root.
    kind
        ``internal``, ``server``, ``client``, ``producer`` or ``consumer``.
    started, ended
        Nanoseconds since the epoch.
    error, message
        Whether it failed, and what it says of that.
    attributes
        Its own, with plain values.
    links
        ``{"trace_id", "span_id"}`` of spans it has to do with.
    """

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: str
    started: int
    ended: int
    error: bool
    message: str
    attributes: dict[str, Any]
    links: list[dict[str, str]]

    @property
    def upload_id(self) -> str | None:
        """The upload it belongs to, if it says so."""
        return self.attributes.get(UPLOAD)


def spans_of(body: bytes) -> list[Span]:
    """Return the spans of an export request.

    Raises
    ------
    UnreadableSpansError
        The body is no ``ExportTraceServiceRequest``.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise UnreadableSpansError from None
    return [*_spans(request)]


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for group in request.resource_spans:
        service = str(_attributes(group.resource.attributes).get("service.name", ""))
        for scope in group.scope_spans:
            for sent in scope.spans:
                yield _span(service, sent)


def _span(service: str, sent: Sent) -> Span:
    return Span(
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex(),
        service=service,
        name=sent.name,
        kind=_KINDS[sent.kind] if sent.kind < len(_KINDS) else "",
        started=sent.start_time_unix_nano,
        ended=sent.end_time_unix_nano,
        error=sent.status.code == Status.STATUS_CODE_ERROR,
        message=sent.status.message,
        attributes=_attributes(sent.attributes),
        links=[{"trace_id": k.trace_id.hex(), "span_id": k.span_id.hex()} for k in sent.links],
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _plain(pair.value) for pair in pairs}


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "array_value":
            return [_plain(each) for each in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case None:
            return None
        case field:
            return getattr(value, field)
