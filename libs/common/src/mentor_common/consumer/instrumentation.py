"""Metrics and spans of messages and sweeps."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from mentor_common.consumer.settlement import disposition_of
from mentor_common.telemetry import metrics, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.trace import Span

    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Message

UNREADABLE = "unreadable"
"""Event type under which a message is counted that no release can read."""


class _Head(BaseModel):
    """As much of an envelope as a span needs before anybody decides what the message is."""

    traceparent: str | None = None


def received(queue: str, messages: Sequence[Message]) -> None:
    """Make a span of a receive that brought something, with a link to each message's trace.

    "Messaging spans", OpenTelemetry semantic conventions: a batch belongs to no one message, so it
    is a trace of its own.
    """
    if not messages:
        return
    attributes = {
        **_about(queue, "receive"),
        "messaging.batch.message_count": len(messages),
    }
    kind = tracing.SpanKind.CLIENT
    with tracing.span(f"receive {queue}", kind, attributes=attributes) as span:
        if not span.is_recording():
            return  # Each body would be read once more for nothing.
        for message in messages:
            for link in tracing.link_to(_traceparent(message)):
                span.add_link(link.context)


def _traceparent(message: Message) -> str | None:
    try:
        return _Head.model_validate_json(message.body).traceparent
    except ValidationError:
        return None


def _about(queue: str, operation: str) -> dict[str, str]:
    return {
        "messaging.system": "aws_sqs",
        "messaging.destination.name": queue,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }


def unreadable(message: Message) -> None:
    """Count a message that went to the dead letters unread."""
    _count_received(UNREADABLE, message)
    metrics.MESSAGES_SETTLED.labels(type=UNREADABLE, outcome="dead_lettered").inc()


def _count_received(kind: str, message: Message) -> None:
    metrics.MESSAGES_RECEIVED.labels(type=kind).inc()
    if message.sent_at and message.receive_count == 1:
        age = max(0.0, time.time() - message.sent_at)
        metrics.MESSAGE_AGE.labels(type=kind).observe(age)


class Handling:
    """One message being handled."""

    def __init__(self, delivery: Delivery, span: Span) -> None:
        self._delivery = delivery
        self._span = span
        self._kind = delivery.event.envelope.type
        self._started = time.perf_counter()

    def ended(self, error: BaseException | None) -> None:
        """Count and trace how the handler ended."""
        disposition = disposition_of(error, self._delivery.failure_code)
        seconds = time.perf_counter() - self._started
        metrics.HANDLER_SECONDS.labels(type=self._kind, outcome=disposition).observe(seconds)
        metrics.MESSAGES_SETTLED.labels(type=self._kind, outcome=disposition).inc()
        self._span.set_attribute("mentor_upload.outcome", disposition)
        if error is not None and disposition in {"retried", "paused", "dead_lettered"}:
            tracing.fail(self._span, error)
        elif self._delivery.failure_code:
            self._span.set_attribute("mentor_upload.failed", self._delivery.failure_code)


@contextmanager
def handling(queue: str, delivery: Delivery) -> Iterator[Handling]:
    """Measure the handling of a message; its span is of the trace that the message names."""
    envelope = delivery.event.envelope
    _count_received(envelope.type, delivery.message)
    identity = {
        f"mentor_upload.{name}": str(value)
        for name, value in delivery.event.data.identity().items()
    }
    attributes = {
        **_about(queue, "process"),
        "messaging.message.id": delivery.message.message_id,
        "messaging.message.body.size": len(delivery.message.body),
        "cloudevents.event_id": envelope.id,
        "cloudevents.event_type": envelope.type,
        **identity,
    }
    with (
        metrics.MESSAGES_IN_FLIGHT.track_inprogress(),
        tracing.span(
            f"process {queue}",
            tracing.SpanKind.CONSUMER,
            parent=tracing.remote(envelope.traceparent),
            attributes=attributes,
        ) as span,
    ):
        yield Handling(delivery, span)


@dataclass
class SweepRun:
    """A run of a sweep; its outcome is ``failed`` until it is set to ``ok``."""

    outcome: str = "failed"


@contextmanager
def sweep(call: Callable[[], None]) -> Iterator[SweepRun]:
    """Measure one run of a sweep."""
    run = SweepRun()
    started = time.perf_counter()
    try:
        yield run
    finally:
        metrics.SWEEP_SECONDS.labels(sweep=name_of(call), outcome=run.outcome).observe(
            time.perf_counter() - started
        )


def name_of(call: Callable[[], None]) -> str:
    """Return what a sweep is called: its function's full name, whatever it is bound to."""
    function = call.func if isinstance(call, partial) else call
    return f"{function.__module__}.{function.__qualname__}"
