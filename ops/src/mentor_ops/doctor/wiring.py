"""Comparing what a stage consists of with what its template says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_ops.doctor.template import queue_arn, resolve, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mentor_ops.adapters.stage import Stage

    Check = Callable[[Stage, str, Mapping[str, Any]], str | None]

_QUEUE_FIGURES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "KmsMasterKeyId",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``fault`` is ``None`` when it is as it should be."""

    what: str
    fault: str | None = None
    detail: str = ""


def compare(stage: Stage, body: str) -> Iterator[Finding]:
    """Yield a finding for each queue, subscription, alarm, bucket and table of the template."""
    physical = stage.physical()
    wanted = resources(body)
    any_arn = next((id_ for id_ in physical.values() if id_.startswith("arn:")), "")
    arns = {
        name: queue_arn(any_arn, id_)
        for name, id_ in physical.items()
        if any_arn and wanted.get(name, {}).get("Type") == "AWS::SQS::Queue"
    }
    for name, resource in wanted.items():
        check = _CHECKS.get(resource["Type"])
        if check is None or (name not in physical and "Condition" in resource):
            continue
        what = f"{resource['Type'].removeprefix('AWS::')} {name}"
        if name not in physical:
            yield Finding(what, "not created")
            continue
        properties = resolve(resource.get("Properties", {}), physical, arns)
        yield Finding(what, check(stage, physical[name], properties))


def _queue(stage: Stage, url: str, wanted: Mapping[str, Any]) -> str | None:
    found = stage.queue(url)
    if found is None:
        return "missing"
    for name in _QUEUE_FIGURES:
        if isinstance(wanted.get(name), dict):
            continue  # A parameter's value: only CloudFormation knows it.
        if name in wanted and str(found.get(name)) != str(wanted[name]):
            return f"{name} is {found.get(name)}, not {wanted[name]}"
    if "RedrivePolicy" in wanted:
        policy = found.get("RedrivePolicy", {})
        for name, value in wanted["RedrivePolicy"].items():
            if str(policy.get(name)) != str(value):
                return f"{name} is {policy.get(name)}, not {value}"
    return None


def _subscription(stage: Stage, arn: str, wanted: Mapping[str, Any]) -> str | None:
    found = stage.subscription(arn)
    if found is None:
        return "missing: what is said on the topic does not reach the queue"
    endpoint = stage.endpoint_of(wanted["TopicArn"], arn)
    if endpoint != wanted["Endpoint"]:
        return f"delivers to {endpoint}, not to {wanted['Endpoint']}"
    raw = str(found.get("RawMessageDelivery", "false")).lower()
    if raw != str(wanted.get("RawMessageDelivery", False)).lower():
        return f"RawMessageDelivery is {raw}"
    for name in ("FilterPolicy", "RedrivePolicy"):
        if _plain(found.get(name)) != _plain(wanted.get(name)):
            return f"{name} is {found.get(name)}, not {wanted.get(name)}"
    return None


def _alarm(stage: Stage, name: str, wanted: Mapping[str, Any]) -> str | None:
    found = stage.alarm(name)
    if found is None:
        return "missing: nobody is told"
    if not found["ActionsEnabled"]:
        return "its actions are switched off: nobody is told"
    if wanted.get("AlarmActions") and not found["AlarmActions"]:
        return "has no action: nobody is told"
    return None


def _bucket(stage: Stage, name: str, _wanted: Mapping[str, Any]) -> str | None:
    return None if stage.bucket(name) is not None else "missing, or not ours"


def _table(stage: Stage, name: str, wanted: Mapping[str, Any]) -> str | None:
    found = stage.table(name)
    if found is None:
        return "missing"
    if found["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        return f"is {found['TableStatus']}"
    if _plain(found["KeySchema"]) != _plain(wanted["KeySchema"]):
        return "its key is another one"
    indexes = {each["IndexName"] for each in found.get("GlobalSecondaryIndexes", [])}
    missing = {each["IndexName"] for each in wanted.get("GlobalSecondaryIndexes", [])} - indexes
    if missing:
        return f"has no index {', '.join(sorted(missing))}"
    ttl = wanted.get("TimeToLiveSpecification", {})
    if ttl.get("Enabled") and found["ttl"] != ttl["AttributeName"]:
        return f"items do not expire by {ttl['AttributeName']}"
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
