"""The process's tracer: what becomes of the spans of :mod:`.tracing`.

Apart from those, so that tools which make no spans need not import OpenTelemetry's SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

if TYPE_CHECKING:
    from mentor_common.settings import CommonSettings

_FLUSH_MILLISECONDS = 5000


def start(service: str, version: str, settings: CommonSettings) -> None:
    """Give this process a tracer; once, after any fork."""
    if not settings.otel_exporter_otlp_endpoint:
        # Ids are made and passed on; nothing is kept.
        trace.set_tracer_provider(TracerProvider(sampler=ALWAYS_OFF))
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 -- protobuf costs 40 ms that most processes need not spend
        OTLPSpanExporter,
    )

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.otel_traces_sampler_arg)),
        resource=Resource.create(
            {
                "service.name": service,
                "service.namespace": "mentor-upload",
                "service.version": version,
                "deployment.environment.name": settings.stage,
            }
        ),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Export the remaining spans, for at most a few seconds."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(_FLUSH_MILLISECONDS)
        provider.shutdown()
