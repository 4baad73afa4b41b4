"""``make bench-telemetry``: what metrics and traces cost a message that has nothing to do.

A message goes through the consumer's whole way (decode, handler, heartbeat, delete) over a queue in
memory. The ways are measured in turns, so that a noisy machine is noisy for all; medians and their
differences are shown, in microseconds a message. ``ROUNDS`` (15), ``MESSAGES`` (400).
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NoOpTracer

from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy, instrumentation
from mentor_common.events import Event, SourceObject, UploadAccepted
from mentor_common.telemetry import tracing
from mentor_common.telemetry.logs import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

    from mentor_common.consumer import Delivery

ROUNDS = int(os.environ.get("ROUNDS", "15"))
MESSAGES = int(os.environ.get("MESSAGES", "400"))
_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class _Memory:
    """A queue that is always empty and agrees to everything."""

    async def receive(self, _most: int, _wait_seconds: int, _visibility: int) -> list[Message]:
        return []

    async def hide(self, _message: Message, _seconds: float) -> None:
        return

    async def delete(self, _message: Message) -> None:
        return

    async def dead_letter(self, _message: Message, _reasons: Mapping[str, str]) -> None:
        return


class _Nowhere(SpanExporter):
    """Takes spans as a collector on another machine would, and forgets them."""

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Forget."""
        return SpanExportResult.SUCCESS


class _Unseen:
    def ended(self, _error: BaseException | None) -> None:
        return


@contextmanager
def _unobserved(_queue: str, _delivery: Delivery) -> Iterator[_Unseen]:
    yield _Unseen()


def message() -> Message:
    """Return a message that names a trace."""
    data = UploadAccepted(
        upload_id="f0a942ed-31e3-5f15-9c10-ba8af4bc0bf9",
        mentor="5ee0000000000000000000b1",
        question="5ee0000000000000000000c1",
        source=SourceObject(bucket="b", key="k", etag="e", size=1),
        transcribe=True,
    )
    event = Event.of(data, service="api", step="", at=1.0).traced(_TRACEPARENT)
    return Message(event.to_json(), "receipt", "id", sent_at=time.time())


async def _nothing(_delivery: Delivery) -> None:
    return


async def _through(count: int) -> float:
    """Return microseconds a message."""
    queue: Any = _Memory()
    consumer = Consumer(
        queue, {UploadAccepted.TYPE: _nothing}, Policy(), DependencyBreaker({}), "bench"
    )
    one = message()
    started = time.perf_counter()
    for _ in range(count):
        await consumer.handle(one)
    return (time.perf_counter() - started) / count * 1e6


def measured(tracer: Tracer, *, seen: bool = True) -> float:
    """Return microseconds a message with a tracer; ``seen=False`` takes metrics and spans out."""
    with mock.patch.object(tracing, "_tracer", tracer):
        if seen:
            return asyncio.run(_through(MESSAGES))
        with mock.patch.object(instrumentation, "handling", _unobserved):
            return asyncio.run(_through(MESSAGES))


def main() -> None:
    """Measure and print."""
    configure("bench", level="ERROR")
    off = TracerProvider(sampler=ALWAYS_OFF)
    on = TracerProvider()
    on.add_span_processor(BatchSpanProcessor(_Nowhere(), max_queue_size=1 << 16))
    ways: dict[str, Callable[[], float]] = {
        "without metrics and traces": lambda: measured(NoOpTracer(), seen=False),
        "metrics": lambda: measured(NoOpTracer()),
        "metrics, trace ids (the default)": lambda: measured(off.get_tracer("bench")),
        "metrics, traces sent": lambda: measured(on.get_tracer("bench")),
    }
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            figures[name].append(way())
    bare = figures["without metrics and traces"]
    print(f"{'':34} {'us/message':>10} {'more':>8} {'ratio':>6}")
    for name, values in figures.items():
        more = statistics.median(a - b for a, b in zip(values, bare, strict=True))
        ratio = statistics.median(a / b for a, b in zip(values, bare, strict=True))
        print(f"{name:34} {statistics.median(values):10.0f} {more:8.0f} {ratio:6.2f}")
    print(json.dumps({name: round(statistics.median(v), 1) for name, v in figures.items()}))
    on.shutdown()


if __name__ == "__main__":
    main()
