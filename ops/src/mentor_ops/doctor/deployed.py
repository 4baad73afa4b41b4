"""The resources that a stage really has. Everything returns ``None`` for what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_common.aws.clients import AwsRefusedError, outages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_ops.target import Target

_NOT_OURS = frozenset({"403", "AccessDenied", "AccessDeniedException", "AuthorizationError"})


class DeployedResources:
    """A stage's resources as AWS describes them."""

    def __init__(self, target: Target) -> None:
        self._client = target.client
        name = target.settings.stack_name
        self._stacks = (name, f"{name}-alarms")  # of a stage's stacks those with wiring

    def templates(self) -> list[str]:
        """Return the deployed templates."""
        asked = [
            self._ask("cloudformation", "get_template", StackName=name) for name in self._stacks
        ]
        bodies = [found["TemplateBody"] for found in asked if found is not None]
        return [body if isinstance(body, str) else json.dumps(body) for body in bodies]

    def physical(self) -> dict[str, str]:
        """Return logical name to physical id of what the stacks created."""
        return {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for name in self._stacks
            for page in self._pages("cloudformation", "list_stack_resources", StackName=name)
            for each in page["StackResourceSummaries"]
        }

    def queue(self, url: str) -> dict[str, Any] | None:
        """Return a queue's attributes."""
        found = self._ask("sqs", "get_queue_url", QueueName=url.rsplit("/", 1)[-1])
        if found is not None:
            found = self._ask(
                "sqs",
                "get_queue_attributes",
                QueueUrl=found["QueueUrl"],
                AttributeNames=["All"],
            )
        return _parsed(found and found["Attributes"], "RedrivePolicy")

    def subscription(self, arn: str) -> dict[str, Any] | None:
        """Return a subscription's attributes."""
        found = self._ask("sns", "get_subscription_attributes", SubscriptionArn=arn)
        return _parsed(found and found["Attributes"], "FilterPolicy", "RedrivePolicy")

    def endpoint_of(self, topic_arn: str, subscription_arn: str) -> str | None:
        """Return where a topic's subscription delivers to, as the topic knows it."""
        for page in self._pages("sns", "list_subscriptions_by_topic", TopicArn=topic_arn):
            for each in page["Subscriptions"]:
                if each["SubscriptionArn"] == subscription_arn:
                    return str(each["Endpoint"])
        return None

    def alarm(self, name: str) -> dict[str, Any] | None:
        """Return an alarm's description."""
        found = self._ask("cloudwatch", "describe_alarms", AlarmNames=[name]) or {}
        alarms: list[dict[str, Any]] = found.get("MetricAlarms", [])
        return alarms[0] if alarms else None

    def bucket(self, name: str) -> dict[str, Any] | None:
        """Return an answer when the bucket is there and ours."""
        return self._ask("s3", "head_bucket", Bucket=name)

    def existing_bucket(self) -> str | None:
        """Return the name of a static bucket that is not the stack's own."""
        found = self._ask("cloudformation", "describe_stacks", StackName=self._stacks[0])
        (stack,) = found["Stacks"] if found else ({},)
        given = {
            each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])
        }
        return given.get("StaticArn", "").rpartition(":")[2] or None

    def versioning(self, bucket: str) -> str | None:
        """Return a bucket's versioning: ``Enabled``, ``Suspended``, or empty where it had none."""
        found = self._ask("s3", "get_bucket_versioning", Bucket=bucket)
        return found if found is None else str(found.get("Status", ""))

    def lifecycle(self, bucket: str) -> list[dict[str, Any]] | None:
        """Return a bucket's lifecycle rules."""
        found = self._ask("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)
        return found if found is None else list(found["Rules"])

    def table(self, name: str) -> dict[str, Any] | None:
        """Return a table's description, its time to live under ``ttl``."""
        found = self._ask("dynamodb", "describe_table", TableName=name)
        if found is None:
            return None
        answer = self._client("dynamodb").describe_time_to_live(TableName=name)
        ttl = answer["TimeToLiveDescription"]
        enabled = ttl.get("TimeToLiveStatus") == "ENABLED"
        described: dict[str, Any] = found["Table"]
        return described | {"ttl": ttl.get("AttributeName") if enabled else None}

    def _ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
        client = self._client(service)
        answer: dict[str, Any] | None = _unless_missing(
            service, lambda: getattr(client, operation)(**parameters)
        )
        return answer

    def _pages(self, service: str, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        paginator = self._client(service).get_paginator(operation)
        return _unless_missing(service, lambda: list(paginator.paginate(**parameters))) or []


def _unless_missing(service: str, call: Callable[[], Any]) -> Any:
    """Return AWS's answer; ``None`` when there is no such thing or it is not ours to see."""
    try:
        with outages_of(service, but=_NOT_OURS):
            return call()
    except AwsRefusedError:
        return None


def _parsed(attributes: dict[str, Any] | None, *names: str) -> dict[str, Any] | None:
    """Return attributes with those of the given names read as JSON."""
    if attributes is None:
        return None
    policies = {name: json.loads(attributes[name]) for name in names if name in attributes}
    return attributes | policies
