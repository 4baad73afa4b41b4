"""Create or update what stages share (``account``), or a stage, on AWS.

``infra/deploy.py account|STAGE [NAME=VALUE …] [--moved]`` applies the templates of
``infra/account`` or ``infra/stage``, a stack each. A template is given what stacks before it say,
and parameters by name; those that were given before keep their values. To do it again changes
nothing. What a stage is called is written into its overlay. Needs credentials of the account, and
a region, where boto3 looks for them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import settings
import yaml
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable

REPOSITORY = Path(__file__).resolve().parents[1]
TEMPLATES = REPOSITORY / "infra"
OVERLAYS = REPOSITORY / "k8s" / "overlays"
ACCOUNT, ACCOUNT_STACKS = "account", ("network", "registry", "cluster")
CLOUDFRONTS_REGION = "us-east-1"
OPTIONAL = {"chat": "SlackWorkspaceId", "ci": "Repository"}
"""Templates of a stage for those who give a parameter."""
POLL_SECONDS = (0.5, 5.0)
"""First and longest pause between two looks at a stack."""


class DeployError(Exception):
    """A stack cannot be made as its template says; the message says why."""


class Stacks:
    """Stacks of one kind: made of a folder's templates, under names that begin alike.

    Parameters
    ----------
    cloudformation
        A boto3 client; of its region the stacks are.
    known
        Values for parameters by name; outputs of stacks are added.
    """

    def __init__(
        self, cloudformation: Any, folder: str, prefix: str, known: dict[str, str]
    ) -> None:
        self._cloudformation = cloudformation
        self._folder = TEMPLATES / folder
        self._prefix = prefix
        self.known = known

    def described(self, name: str) -> dict[str, Any] | None:
        """Return a stack as CloudFormation describes it; ``None`` where there is none."""
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=self._prefix + name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return dict(stack)

    def protect(self, name: str) -> None:
        """Let no update replace or remove what holds data, and nobody delete the stack."""
        stack = {"StackName": self._prefix + name}
        policy = (self._folder / "stateful.policy.json").read_text()
        self._cloudformation.set_stack_policy(**stack, StackPolicyBody=policy)
        self._cloudformation.update_termination_protection(
            **stack, EnableTerminationProtection=True
        )

    def apply(self, template: str, name: str | None = None) -> dict[str, str]:
        """Make or update the stack of a template; return its outputs.

        Raises
        ------
        DeployError
            When CloudFormation refuses it, or has to roll back.
        """
        name = f"-{template}" if name is None else name
        body = (self._folder / f"{template}.yaml").read_text()
        described = self.described(name)
        if described and described["StackStatus"] == "ROLLBACK_COMPLETE":
            # Its creation failed, and nothing is left of it but the name.
            self._cloudformation.delete_stack(StackName=self._prefix + name)
            self._wait(name)
            described = None
        before = _values(described or {}, "Parameter")
        values = [
            {"ParameterKey": each, "ParameterValue": self.known[each]}
            if each in self.known
            else {"ParameterKey": each, "UsePreviousValue": True}
            for each in parameters_of(body)
            if each in self.known or each in before
        ]
        change = (
            self._cloudformation.update_stack if described else self._cloudformation.create_stack
        )
        try:
            change(
                StackName=self._prefix + name,
                TemplateBody=body,
                Parameters=values,
                Capabilities=["CAPABILITY_IAM"],
            )
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise DeployError(f"{self._prefix}{name}: {error}") from error
            print(f"{self._prefix}{name}: no change")
        else:
            ended = self._wait(name)
            print(f"{self._prefix}{name}: {ended}")
            if ended not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                raise DeployError("\n".join(self._reasons(name)))
        return _values(self.described(name) or {}, "Output")

    def _wait(self, name: str) -> str:
        """Return the status that a stack comes to; empty when there is none any more."""
        pause, longest = POLL_SECONDS
        while described := self.described(name):
            status = str(described["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(pause)
            pause = min(2 * pause, longest)
        return ""

    def _reasons(self, name: str) -> Iterable[str]:
        stack = self._prefix + name
        for event in self._cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["ResourceStatus"].endswith("_FAILED"):
                why = event.get("ResourceStatusReason", "no reason given")
                yield f"{stack}: {event['LogicalResourceId']}: {why}"
        # Of what CloudFormation refuses before it begins, those events say only that it does.
        for event in self._cloudformation.describe_events(StackName=stack)["OperationEvents"]:
            if event.get("ValidationStatus") == "FAILED":
                why = event.get("ValidationStatusReason", "no reason given")
                yield f"{stack}: {event['LogicalResourceId']}: {why}"


def deploy_account(given: dict[str, str]) -> None:
    """Make or update what stages share.

    Raises
    ------
    DeployError
        When a stack cannot be made.
    """
    stacks = _of_the_account(given)
    for template in ACCOUNT_STACKS:
        stacks.known |= stacks.apply(template)
    if "HostedZoneId" in stacks.known or stacks.described("-certificate"):
        stacks.apply("certificate")
        east = _of_the_account(stacks.known, CLOUDFRONTS_REGION)
        east.apply("certificate", "-certificate-cdn")


def _of_the_account(given: dict[str, str], region: str | None = None) -> Stacks:
    return Stacks(_cloudformation(region), ACCOUNT, "mentor-upload", given)


def shared() -> dict[str, str]:
    """Return what the account's stacks say to those of a stage; empty where there are none."""
    known: dict[str, str] = {}
    stacks = _of_the_account({})
    for template in ACCOUNT_STACKS:
        known |= _values(stacks.described(f"-{template}") or {}, "Output")
    east = _of_the_account({}, CLOUDFRONTS_REGION)
    if certificate := east.described("-certificate-cdn"):
        known["StaticCertificateArn"] = _values(certificate, "Output")["CertificateArn"]
        known["HostedZoneId"] = _values(certificate, "Parameter")["HostedZoneId"]
    return known


def _cloudformation(region: str | None = None) -> Any:
    return boto3.client("cloudformation", region_name=region)


class Stage:
    """A stage's stacks.

    Parameters
    ----------
    given
        Parameters by name.
    """

    def __init__(self, stage: str, given: dict[str, str]) -> None:
        self._given = {"Stage": stage, **given}
        known = shared() | self._given
        self._stacks = Stacks(_cloudformation(), "stage", f"mentor-upload-{stage}", known)

    def deploy(self, *, moved: bool) -> bool:
        """Make or update all stacks but the optional ones; return whether nothing is left to do.

        A stage of release 0.4 has one stack for everything, the roles that its services run under
        included. So the new roles are made beside it first; with ``moved`` nobody uses the old
        ones any more, and they go.
        """
        stacks = self._stacks
        self._learn()
        if "ApiPermissionsArn" in stacks.known:
            stacks.protect("")
            if not moved:
                stacks.apply("roles")
                return False
            if "StaticUrlBase" in stacks.known:  # its domain is in the configuration of others
                stacks.known = {"FormerCdn": "true"} | stacks.known
        made = stacks.apply("stateful", "")
        stacks.protect("")
        self._learn()
        stacks.apply("roles")
        stacks.apply("alarms")
        if "StaticUrlBase" not in made:  # pages play from a bucket of the stage's own
            stacks.apply("cdn")
        return True

    def deploy_optional(self) -> None:
        """Make or update the stacks whose parameters were given, now or before."""
        for template, parameter in OPTIONAL.items():
            if self._stacks.known.get(parameter) or self._stacks.described(f"-{template}"):
                self._stacks.apply(template)

    def described(self) -> Iterable[dict[str, Any]]:
        """Yield descriptions of the stacks whose outputs are settings."""
        for suffix in settings.STACKS:
            if described := self._stacks.described(suffix):
                yield described

    def _learn(self) -> None:
        """Take parameters and outputs of the first stack as what templates may ask for."""
        described = self._stacks.described("") or {}
        before, made = _values(described, "Parameter"), _values(described, "Output")
        self._stacks.known = self._stacks.known | before | made | self._given


def _values(described: dict[str, Any], kind: str) -> dict[str, str]:
    """Return a stack's parameters or outputs by name."""
    return {each[f"{kind}Key"]: each[f"{kind}Value"] for each in described.get(f"{kind}s", [])}


class _Loader(yaml.CSafeLoader):
    """Reads a template whose short tags (``!Ref`` …) nobody asks for."""


_Loader.add_multi_constructor("!", lambda *_: None)


def parameters_of(template: str) -> set[str]:
    """Return the names of a template's parameters."""
    return set(yaml.load(template, Loader=_Loader)["Parameters"])  # noqa: S506 -- a SafeLoader


def main(arguments: list[str]) -> int:
    """Deploy the account or a stage; return the exit code."""
    parser = argparse.ArgumentParser(description="Create or update the AWS side.")
    stages = sorted(path.name for path in OVERLAYS.iterdir() if path.is_dir())
    parser.add_argument("what", choices=[ACCOUNT, *stages])
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--moved", action="store_true", help="services run under their new roles")
    asked = parser.parse_args(arguments)
    given = dict(each.partition("=")[::2] for each in asked.parameters)
    folder = TEMPLATES / (ACCOUNT if asked.what == ACCOUNT else "stage")
    asking = {name for each in folder.glob("*.yaml") for name in parameters_of(each.read_text())}
    if unknown := given.keys() - asking:
        parser.error(f"no template has the parameter {', '.join(sorted(unknown))}")
    try:
        if asked.what == ACCOUNT:
            deploy_account(given)
            return 0
        return _deploy_stage(asked.what, given, moved=asked.moved)
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1


def _deploy_stage(name: str, given: dict[str, str], *, moved: bool) -> int:
    stage = Stage(name, given)
    complete = stage.deploy(moved=moved)
    code = settings.write(OVERLAYS / name, name, stage.described())
    if complete:
        stage.deploy_optional()
    else:
        print("deploy the services now, which takes them to these roles; then again, MOVED=yes")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
