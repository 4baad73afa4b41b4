"""Subscriptions and access as the AWS templates have them: what is forgotten is noticed here."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_TEMPLATES = Path(__file__).resolve().parents[2] / "infra" / "stage"
Filter = dict[str, list[Any]]
"""Message attribute to what it may be: a text, or ``{"exists": false}``."""
SERVICES = ("api", "transcoder", "transcriber", "notifier")


class _Tag:
    """A CloudFormation reference: the logical name is enough here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.name = text.split(".", maxsplit=1)[0]


class _Loader(yaml.CSafeLoader):
    """Reads a template with CloudFormation's tags."""


def _construct(loader: yaml.CSafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _Tag(str(loader.construct_scalar(node)))
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind


_Loader.add_multi_constructor("!", _construct)


def admits(policy: Filter, attributes: dict[str, str]) -> bool:
    """Return whether a subscription's filter lets a message through, as SNS does."""
    return all(
        attributes[name] in allowed if name in attributes else {"exists": False} in allowed
        for name, allowed in policy.items()
    )


def resources_of(template: str) -> dict[str, Any]:
    """Return the resources of one of a stage's templates; what it refers to has a ``name``."""
    return _resources((_TEMPLATES / f"{template}.yaml").read_text())


def _resources(template: str) -> dict[str, Any]:
    loaded = yaml.load(template, Loader=_Loader)  # noqa: S506 -- a safe loader with tags
    return dict(loaded["Resources"])


@lru_cache
def subscriptions() -> dict[str, list[tuple[str, Filter]]]:
    """Return the subscriptions of the AWS templates: topic to (queue, filter)."""
    return subscriptions_of((_TEMPLATES / "stateful.yaml").read_text())


def subscriptions_of(template: str) -> dict[str, list[tuple[str, Filter]]]:
    """Return the subscriptions of a template's text: topic to (queue, filter)."""
    found: dict[str, list[tuple[str, Filter]]] = {}
    for resource in _resources(template).values():
        if resource["Type"] != "AWS::SNS::Subscription":
            continue
        wiring = resource["Properties"]
        topic = wiring["TopicArn"].name.removesuffix("Topic").lower()
        if topic not in SERVICES or not isinstance(wiring["Endpoint"], _Tag):
            continue  # Alerts and the like.
        queue = wiring["Endpoint"].name.removesuffix("Queue").lower()
        found.setdefault(topic, []).append((queue, wiring.get("FilterPolicy", {})))
    return found


@dataclass(frozen=True)
class Index:
    """A global secondary index of the jobs table; ``attributes`` is ``None`` where it has all."""

    keys: tuple[str, ...]
    attributes: frozenset[str] | None

    def entry(self, item: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return what the index holds of an item, ``None`` where it lacks a key."""
        if item is None or not item.keys() >= set(self.keys):
            return None
        return {
            name: value
            for name, value in item.items()
            if self.attributes is None or name in self.attributes
        }

    def key(self, entry: dict[str, Any]) -> tuple[Any, ...]:
        """Return an entry's key."""
        return tuple(entry[name] for name in self.keys)


@lru_cache
def indexes() -> tuple[Index, ...]:
    """Return the indexes of the jobs table."""
    table = resources_of("stateful")["JobsTable"]["Properties"]
    table_keys = {key["AttributeName"] for key in table["KeySchema"]}
    return tuple(
        _index(table_keys, index["KeySchema"], index["Projection"])
        for index in table["GlobalSecondaryIndexes"]
    )


def _index(table_keys: set[str], schema: list[dict[str, str]], projection: dict[str, Any]) -> Index:
    keys = tuple(key["AttributeName"] for key in schema)
    if projection["ProjectionType"] == "ALL":
        return Index(keys, None)
    return Index(keys, frozenset({*table_keys, *keys, *projection.get("NonKeyAttributes", [])}))


@lru_cache
def may(service: str, action: str, partition: str) -> bool:
    """Return whether a service's policy lets it do this to a partition of the jobs table.

    Of an index the partition is the index's own key. ``partition`` may end after its first ``#``.
    """
    return any(
        action in actions and any(fnmatchcase(partition, pattern) for pattern in patterns)
        for actions, patterns in _access()[service]
    )


@lru_cache
def _access() -> dict[str, list[tuple[list[str], list[str]]]]:
    """Return the actions on DynamoDB that each service's policy allows, and on what partitions."""
    resources = resources_of("roles")
    found: dict[str, list[tuple[list[str], list[str]]]] = {}
    for service in SERVICES:
        policy = resources[f"{service.capitalize()}Permissions"]["Properties"]["PolicyDocument"]
        for statement in policy["Statement"]:
            if isinstance(statement, list):  # !If: the console's, which no simulated api serves
                continue
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            keys, actions = condition.get("dynamodb:LeadingKeys", "*"), statement["Action"]
            found.setdefault(service, []).append(
                (
                    [actions] if isinstance(actions, str) else actions,
                    [keys] if isinstance(keys, str) else keys,
                )
            )
    return found
