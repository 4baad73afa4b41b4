"""Publication of events on the service's own topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.aws.clients import outages_of
from mentor_common.failpoints import effect
from mentor_common.telemetry import tracing

if TYPE_CHECKING:
    from mentor_common.events.envelope import Event


class Topic:
    """The one topic that a service publishes to."""

    def __init__(self, sns: Any, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, event: Event, **attributes: str) -> None:
        """Publish an event; repeating the same one is harmless.

        ``attributes`` are of the message, beside those of the event: for subscription filters only.

        Messages of one mentor share a message group, so that on queues with fair delivery the
        500 uploads of one mentor do not starve the others.

        Raises
        ------
        DependencyDownError
            When SNS does not answer as it should.
        """
        name = self._arn.rsplit(":", 1)[-1]
        about = {
            "messaging.system": "aws.sns",
            "messaging.destination.name": name,
            "messaging.operation.name": "publish",
            "messaging.operation.type": "send",
            "cloudevents.event_id": event.envelope.id,
            "cloudevents.event_type": event.envelope.type,
        }
        # Published again by a sweep outside of any trace, it stays in the one it names already.
        parent = tracing.remote_unless_in_span(event.envelope.traceparent)
        kind = tracing.SpanKind.PRODUCER
        with (
            tracing.span(f"publish {name}", kind, parent=parent, attributes=about),
            effect("sns.publish"),
            outages_of("sns"),
        ):
            traced = event.traced(tracing.current_traceparent())
            self._sns.publish(
                TopicArn=self._arn,
                Message=traced.to_json(),
                MessageGroupId=event.data.mentor,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in (event.data.attributes() | attributes).items()
                },
            )

    def probe(self) -> None:
        """Raise :class:`DependencyDownError` unless SNS answers for this topic."""
        with outages_of("sns"):
            self._sns.get_topic_attributes(TopicArn=self._arn)
