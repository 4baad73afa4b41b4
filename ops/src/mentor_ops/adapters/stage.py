"""Reads of what a stage really consists of. Everything returns ``None`` for what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mentor_common.aws.clients import error_code, is_outage, outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_ops.target import Target


_NOT_OURS = frozenset({"403", "AccessDenied", "AccessDeniedException", "AuthorizationError"})


class Stage:
    """A stage's resources as AWS has them.

    Parameters
    ----------
    target
        Which stage.
    """

    def __init__(self, target: Target) -> None:
        self._client = target.client
        self._name = target.settings.stack_name

    def template(self) -> str | None:
        """Return the deployed template."""
        cloudformation = self._client("cloudformation")
        found = _ask("cloudformation", lambda: cloudformation.get_template(StackName=self._name))
        if found is None:
            return None
        body = found["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def physical(self) -> dict[str, str]:
        """Return logical name to physical id of what the stack created."""
        cloudformation = self._client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._name)
        found = _ask("cloudformation", lambda: list(pages)) or []
        return {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for page in found
            for each in page["StackResourceSummaries"]
        }

    def queue(self, url: str) -> dict[str, Any] | None:
        """Return a queue's attributes."""
        sqs = self._client("sqs")
        name = url.rsplit("/", 1)[-1]
        found: dict[str, Any] | None = _ask(
            "sqs",
            lambda: sqs.get_queue_attributes(
                QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"]
            )["Attributes"],
        )
        if found is not None and "RedrivePolicy" in found:
            found["RedrivePolicy"] = json.loads(found["RedrivePolicy"])
        return found

    def subscription(self, arn: str) -> dict[str, Any] | None:
        """Return a subscription's attributes."""
        sns = self._client("sns")
        found: dict[str, Any] | None = _ask(
            "sns", lambda: sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        )
        for name in ("FilterPolicy", "RedrivePolicy"):
            if found is not None and name in found:
                found[name] = json.loads(found[name])
        return found

    def endpoint_of(self, topic_arn: str, subscription_arn: str) -> str | None:
        """Return where a topic's subscription delivers to, as the topic knows it."""
        sns = self._client("sns")
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        for page in _ask("sns", lambda: list(pages)) or []:
            for each in page["Subscriptions"]:
                if each["SubscriptionArn"] == subscription_arn:
                    return str(each["Endpoint"])
        return None

    def alarm(self, name: str) -> dict[str, Any] | None:
        """Return an alarm's description."""
        cloudwatch = self._client("cloudwatch")
        found = _ask("cloudwatch", lambda: cloudwatch.describe_alarms(AlarmNames=[name]))
        alarms: list[dict[str, Any]] = (found or {}).get("MetricAlarms", [])
        return alarms[0] if alarms else None

    def bucket(self, name: str) -> dict[str, Any] | None:
        """Return an answer when the bucket is there and ours."""
        s3 = self._client("s3")
        found: dict[str, Any] | None = _ask("s3", lambda: s3.head_bucket(Bucket=name))
        return found

    def table(self, name: str) -> dict[str, Any] | None:
        """Return a table's description, its time to live under ``ttl``."""
        dynamodb = self._client("dynamodb")
        found: dict[str, Any] | None = _ask(
            "dynamodb", lambda: dynamodb.describe_table(TableName=name)["Table"]
        )
        if found is not None:
            answer = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            enabled = answer.get("TimeToLiveStatus") == "ENABLED"
            found["ttl"] = answer.get("AttributeName") if enabled else None
        return found


def _ask(dependency: str, call: Callable[[], Any]) -> Any:
    """Return what AWS answers, ``None`` when there is no such thing or it is not ours to see."""
    try:
        return call()
    except Exception as error:
        if is_outage(error) and error_code(error) not in _NOT_OURS:
            raise outage(dependency, error) from error
        if isinstance(error, ClientError):
            return None
        raise
