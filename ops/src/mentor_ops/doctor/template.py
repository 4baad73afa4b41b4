"""A CloudFormation template with its references resolved to what was really created."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    Resources = dict[str, dict[str, Any]]


class _Loader(yaml.CSafeLoader):
    """Reads short tags (``!Ref``, ``!GetAtt`` …) as their long form."""


def _long_form(loader: yaml.CSafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind of node there is
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


def resources(body: str) -> Resources:
    """Return a template's resources by logical name, with long-form references."""
    found = yaml.load(body, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return dict(found["Resources"])


def resolve(value: Any, physical: Mapping[str, str], arns: Mapping[str, str]) -> Any:
    """Replace references to resources by their ids and ARNs; leave everything else.

    Parameters
    ----------
    physical
        Logical name to what ``Ref`` gives.
    arns
        Logical name to what ``Fn::GetAtt`` with ``Arn`` gives.
    """
    if isinstance(value, list):
        return [resolve(each, physical, arns) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return physical.get(value["Ref"], value)
    if set(value) == {"Fn::GetAtt"}:
        given = value["Fn::GetAtt"]
        name, _, attribute = (given if isinstance(given, str) else ".".join(given)).partition(".")
        return arns.get(name, value) if attribute == "Arn" else value
    return {key: resolve(each, physical, arns) for key, each in value.items()}


def queue_arn(any_arn: str, url: str) -> str:
    """Return a queue's ARN from its URL and any ARN of the same account and region."""
    match = re.match(r"(arn:[\w-]+):\w+:([\w-]+):(\d+):", any_arn)
    if match is None:
        raise ValueError(f"not an ARN: {any_arn}")
    partition, region, account = match.groups()
    return f"{partition}:sqs:{region}:{account}:{url.rsplit('/', 1)[-1]}"
