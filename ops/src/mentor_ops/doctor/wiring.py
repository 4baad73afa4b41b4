"""Comparison of a stage's deployed resources with its templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_ops.doctor.template import queue_arn, resolve, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mentor_ops.doctor.deployed import DeployedResources

    Check = Callable[[DeployedResources, str, Mapping[str, Any]], str | None]

_QUEUE_FIGURES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "KmsMasterKeyId",
)


@dataclass(frozen=True)
class Checked:
    """One thing that was checked; ``fault`` is ``None`` when it is as it should be."""

    what: str
    fault: str | None = None
    detail: str = ""


def compare(deployed: DeployedResources, bodies: Iterable[str]) -> Iterator[Checked]:
    """Yield the check of each queue, subscription, alarm, bucket and table of the templates."""
    physical = deployed.physical()
    expected = {name: each for body in bodies for name, each in resources(body).items()}
    any_arn = next((id_ for id_ in physical.values() if id_.startswith("arn:")), "")
    arns = {
        name: queue_arn(any_arn, id_)
        for name, id_ in physical.items()
        if any_arn and expected.get(name, {}).get("Type") == "AWS::SQS::Queue"
    }
    for name, resource in expected.items():
        check = _CHECKS.get(resource["Type"])
        if check is None or (name not in physical and "Condition" in resource):
            continue
        what = f"{resource['Type'].removeprefix('AWS::')} {name}"
        if name not in physical:
            yield Checked(what, "not created")
            continue
        properties = resolve(resource.get("Properties", {}), physical, arns)
        yield Checked(what, check(deployed, physical[name], properties))


def _queue(deployed: DeployedResources, url: str, expected: Mapping[str, Any]) -> str | None:
    found = deployed.queue(url)
    if found is None:
        return "missing"
    # A parameter's value, which stays a reference, only CloudFormation knows.
    figures = [name for name in _QUEUE_FIGURES if not isinstance(expected.get(name, {}), dict)]
    policy = expected.get("RedrivePolicy", {})
    return _difference(found, expected, figures) or _difference(
        found.get("RedrivePolicy", {}), policy, policy
    )


def _subscription(deployed: DeployedResources, arn: str, expected: Mapping[str, Any]) -> str | None:
    found = deployed.subscription(arn)
    if found is None:
        return "missing: events of the topic do not reach the queue"
    endpoint = deployed.endpoint_of(expected["TopicArn"], arn)
    if endpoint != expected["Endpoint"]:
        return f"delivers to {endpoint}, not to {expected['Endpoint']}"
    raw = str(found.get("RawMessageDelivery", "false")).lower()
    if raw != str(expected.get("RawMessageDelivery", False)).lower():
        return f"RawMessageDelivery is {raw}"
    return _difference(found, expected, ("FilterPolicy", "RedrivePolicy"))


def _alarm(deployed: DeployedResources, name: str, expected: Mapping[str, Any]) -> str | None:
    found = deployed.alarm(name)
    if found is None:
        return "missing: no one is notified"
    if not found["ActionsEnabled"]:
        return "its actions are switched off: no one is notified"
    if expected.get("AlarmActions") and not found["AlarmActions"]:
        return "has no action: no one is notified"
    return None


def _bucket(deployed: DeployedResources, name: str, _expected: Mapping[str, Any]) -> str | None:
    return None if deployed.bucket(name) is not None else "missing, or not ours"


def _table(deployed: DeployedResources, name: str, expected: Mapping[str, Any]) -> str | None:
    found = deployed.table(name)
    if found is None:
        return "missing"
    if found["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        return f"is {found['TableStatus']}"
    if _plain(found["KeySchema"]) != _plain(expected["KeySchema"]):
        return "its key is another one"
    indexes = {each["IndexName"] for each in found.get("GlobalSecondaryIndexes", [])}
    missing = {each["IndexName"] for each in expected.get("GlobalSecondaryIndexes", [])} - indexes
    if missing:
        return f"has no index {', '.join(sorted(missing))}"
    ttl = expected.get("TimeToLiveSpecification", {})
    if ttl.get("Enabled") and found["ttl"] != ttl["AttributeName"]:
        return f"items do not expire by {ttl['AttributeName']}"
    return None


def _difference(
    found: Mapping[str, Any], expected: Mapping[str, Any], names: Iterable[str]
) -> str | None:
    """Return what one of the named values is, and is not; ``None`` when all are as expected."""
    for name in names:
        if _plain(found.get(name)) != _plain(expected.get(name)):
            return f"{name} is {found.get(name)}, not {expected.get(name)}"
    return None


def _plain(value: Any) -> Any:
    """Return a value in which the order of lists and the kind of scalars do not matter."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=repr)
    return value if value is None else str(value)


_CHECKS: dict[str, Check] = {
    "AWS::SQS::Queue": _queue,
    "AWS::SNS::Subscription": _subscription,
    "AWS::S3::Bucket": _bucket,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
}
