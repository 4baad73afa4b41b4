"""Saying an event on the service's own topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.aws import outages_of
from mentor_common.failpoints import effect

if TYPE_CHECKING:
    from mentor_common.events.envelope import Event


class Topic:
    """The one topic a service speaks on.

    Parameters
    ----------
    sns
        A boto3 SNS client.
    arn
        The topic.
    """

    def __init__(self, sns: Any, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, event: Event) -> None:
        """Publish; saying the same event again is harmless.

        Messages of one mentor share a message group, so that on queues with fair delivery the
        500 uploads of one mentor do not starve the others.

        Raises
        ------
        DependencyDownError
            When SNS does not answer as it should.
        """
        with effect("sns.publish"), outages_of("sns"):
            self._sns.publish(
                TopicArn=self._arn,
                Message=event.to_json(),
                MessageGroupId=event.data.mentor,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in event.data.attributes().items()
                },
            )

    def probe(self) -> None:
        """Raise :class:`DependencyDownError` unless SNS answers for this topic."""
        with outages_of("sns"):
            self._sns.get_topic_attributes(TopicArn=self._arn)
