"""Judge every IAM policy of CloudFormation templates, offline: ``infra/policies.py TEMPLATE …``.

Prints a line for each fault and ends with status 1 when there is one. Each action of each statement
is held against the service authorization reference that parliament brings along: that the action
exists, that it supports the kind of resource it is given, that it knows the condition keys; and
that neither it alone nor all of its policy together lead to more permissions, or to credentials.
Both branches of every condition are judged, trust policies and resource policies as well. Beside
that: who reads a bucket's objects may list it, for S3 reports a missing object to no other
(403 instead of 404). Templates are named in the order they are deployed in: the outputs of one are
parameters of the next. Runs with the interpreter of ``.venv-deploy``.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import parliament
from cfnlint.decode import cfn_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION, ACCOUNT, PARTITION = "us-east-1", "123456789012", "aws"
PSEUDO = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": PARTITION}
ISSUER = "oidc.example/id/x"
GITHUB = "token.actions.githubusercontent.com"
PARAMETERS = {
    "Stage": "qa",
    "OidcProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
    "ClusterName": "mentor-upload",
    "VpcId": "vpc-0a1b2c3d",
    "HostedZoneId": "Z0EXAMPLE",
    "Repository": "example/mentor-upload",
}
"""Values of the parameters that policies name."""
_INTENDED = {  # what parliament finds, whose policies are meant to be so, and what it then says
    ("RESOURCE_STAR", "resource", ""),  # stands for what the policy is attached to
    ("RESOURCE_STAR", "trust", ""),
    # It knows no identity provider of a cluster, nor the keys that such a one brings.
    ("UNKNOWN_FEDERATION_SOURCE", "trust", ISSUER),
    ("UNKNOWN_CONDITION_FOR_ACTION", "trust", ISSUER),
    ("UNKNOWN_FEDERATION_SOURCE", "trust", GITHUB),
    ("UNKNOWN_CONDITION_FOR_ACTION", "trust", GITHUB),
    ("CREDENTIALS_EXPOSURE", "trust", "sts:assumerole"),  # which a role is there for
    ("CREDENTIALS_EXPOSURE", "identity", "ecr:getauthorizationtoken"),  # to sign in to the registry
    # Of load balancers alone: its resource and its condition name their service.
    ("PERMISSIONS_MANAGEMENT_ACTIONS", "identity", "iam:createservicelinkedrole"),
}
_BY_TYPE = {  # property with the name, ARN, whether Ref returns the ARN
    "AWS::CloudFront::Distribution": (None, "cloudfront::{account}:distribution/{name}", False),
    "AWS::EKS::Cluster": ("Name", "eks:{region}:{account}:cluster/{name}", False),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{region}:{account}:table/{name}", False),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}", False),
    "AWS::SNS::Topic": ("TopicName", "sns:{region}:{account}:{name}", True),
    "AWS::SQS::Queue": ("QueueName", "sqs:{region}:{account}:{name}", False),
}


class Unresolved(Exception):  # noqa: N818 -- says what is the matter
    """A policy names something whose value is not known here; the message says what."""


class Template:
    """A template with the values that CloudFormation would put in.

    Parameters
    ----------
    document
        With the long form of CloudFormation's functions (``Fn::Sub`` …).
    parameters
        Values of its parameters, as far as policies name them.
    """

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self.resources: Mapping[str, Any] = document["Resources"]
        self._outputs: Mapping[str, Any] = document.get("Outputs", {})
        self._known: dict[str, str] = {**PSEUDO, **parameters}

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Yield each output whose value is known here."""
        for name, output in self._outputs.items():
            with suppress(Unresolved):
                yield name, str(self.resolve(output["Value"]))

    def policies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each policy document with the resource and property it stands in."""
        for name, resource in self.resources.items():
            yield from self._within(name, resource["Properties"])

    def _within(self, where: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(value, dict):
            for key, each in value.items():
                if key.endswith("PolicyDocument"):
                    resolved = self.resolve(each)
                    text = isinstance(resolved, str)
                    yield f"{where}.{key}", json.loads(resolved) if text else resolved
                else:
                    yield from self._within(f"{where}.{key}", each)
        elif isinstance(value, list):
            for number, each in enumerate(value):
                yield from self._within(f"{where}.{number}", each)

    def resolve(self, value: Any) -> Any:
        """Return a value with its functions evaluated; of a condition, what either branch gives."""
        if isinstance(value, list):
            found = []
            for each in value:
                if isinstance(each, dict) and set(each) == {"Fn::If"}:
                    branches = [one for one in each["Fn::If"][1:] if one != {"Ref": "AWS::NoValue"}]
                    found += [self.resolve(one) for one in branches]
                else:
                    found.append(self.resolve(each))
            return found
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._call(function, argument)
        return {key: self.resolve(each) for key, each in value.items()}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::GetAtt":
            name, attribute = argument if isinstance(argument, list) else argument.split(".")
            if attribute == "OpenIdConnectIssuerUrl":
                return f"https://{ISSUER}"
            if attribute != "Arn":
                raise Unresolved(f"{name}.{attribute}")
            return self._named(name)[1]
        if function == "Fn::Sub":
            text, given = argument if isinstance(argument, list) else (argument, {})
            values = {key: self.resolve(each) for key, each in given.items()}
            return re.sub(r"\$\{([^}]+)\}", lambda found: self._inside(found[1], values), text)
        if function == "Fn::If":  # where it is no part of a list, as of an output: the usual case
            return self.resolve(argument[1])
        if function == "Fn::Split":
            return self.resolve(argument[1]).split(argument[0])
        if function == "Fn::Select":
            return self.resolve(argument[1])[int(argument[0])]
        raise Unresolved(function)

    def _inside(self, name: str, values: Mapping[str, str]) -> str:
        if name in values:
            return values[name]
        function = {"Fn::GetAtt": name} if "." in name else {"Ref": name}
        return str(self.resolve(function))

    def _ref(self, name: str) -> str:
        if name in self._known:
            return self._known[name]
        plain, arn, by_arn = self._named(name)
        return arn if by_arn else plain

    def _named(self, name: str) -> tuple[str, str, bool]:
        resource = self.resources.get(name, {})
        if resource.get("Type") not in _BY_TYPE:
            raise Unresolved(f"{name}, {resource.get('Type', 'no resource')}")
        key, pattern, by_arn = _BY_TYPE[resource["Type"]]
        plain = str(self.resolve(resource["Properties"][key])) if key else name.upper()
        arn = pattern.format(region=REGION, account=ACCOUNT, name=plain)
        return plain, f"arn:{PARTITION}:{arn}", by_arn


def kind_of(document: Mapping[str, Any]) -> str:
    """Return whether a policy is a role's ``trust``, of a ``resource``, or of an ``identity``."""
    (first, *_) = document["Statement"]
    actions = first.get("Action", "")
    if (actions if isinstance(actions, str) else actions[0]).startswith("sts:AssumeRole"):
        return "trust"
    return "resource" if "Principal" in first else "identity"


def faults(template: Template) -> Iterator[str]:
    """Yield a line for each fault of each policy."""
    for where, document in template.policies():
        kind = kind_of(document)
        for statement in document["Statement"]:
            judged = dict(statement)
            if kind == "trust":
                judged["Resource"] = "*"  # of which there is none, but parliament wants one
            for issue, detail in _findings({**document, "Statement": [judged]}):
                if not any(
                    (issue, kind) == (known, of) and text in detail for known, of, text in _INTENDED
                ):
                    yield f"{where} {statement.get('Sid', '')}: {issue} {detail}"
        if kind == "identity":
            for issue, detail in _findings(document):
                if issue == "PRIVILEGE_ESCALATION":  # by actions of several statements, too
                    yield f"{where}: {issue} {detail}"
            yield from _unlisted(where, document)


def _findings(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each finding's name and what it is about."""
    judged = parliament.analyze_policy_string(json.dumps(document), include_community_auditors=True)
    for finding in judged.findings:
        about = [each for each in (finding.detail, finding.location.get("actions")) if each]
        yield finding.issue, json.dumps(about[0] if len(about) == 1 else about, default=str)


def _unlisted(where: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the buckets whose objects may be read and which may not be listed."""
    granted: dict[str, set[str]] = {"s3:GetObject": set(), "s3:ListBucket": set()}
    for statement in document["Statement"]:
        actions, resources = (
            [found] if isinstance(found := statement[key], str) else found
            for key in ("Action", "Resource")
        )
        for action in granted.keys() & set(actions):
            granted[action] |= {resource.partition("/")[0] for resource in resources}
    for bucket in sorted(granted["s3:GetObject"] - granted["s3:ListBucket"]):
        yield f"{where}: reads objects of {bucket} without s3:ListBucket, so none is ever missing"


def main() -> int:
    """Judge the files named on the command line; return the exit status."""
    found: list[str] = []
    judged = 0
    parameters = dict(PARAMETERS)
    for path in sys.argv[1:]:
        template = Template(cfn_yaml.load(path), parameters)
        parameters |= template.outputs()
        found += faults(template)
        judged += sum(len(document["Statement"]) for _, document in template.policies())
    for line in found:
        print(line)
    print(f"{judged} statements judged, {len(found) or 'no'} fault{'s' * (len(found) != 1)}")
    return int(bool(found) or not judged)


if __name__ == "__main__":
    sys.exit(main())
