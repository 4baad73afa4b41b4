"""Create or update a stage's AWS side, and write what it is called into the stage's overlay.

``infra/deploy.py STAGE [NAME=VALUE …] [--moved]`` applies the templates of ``infra/stage``, a stack
each. A template is given the outputs of the stage's first stack, and parameters by name; those that
were given before keep their values. To do it again changes nothing. Needs credentials of the
account, and a region, where boto3 looks for them.
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
TEMPLATES = REPOSITORY / "infra" / "stage"
OVERLAYS = REPOSITORY / "k8s" / "overlays"
OPTIONAL = {"chat": "SlackWorkspaceId", "ci": "Repository"}
"""Templates for those who give a parameter."""
POLL_SECONDS = (0.5, 5.0)
"""First and longest pause between two looks at a stack."""


class DeployError(Exception):
    """A stack cannot be made as its template says; the message says why."""


class Stage:
    """A stage's stacks.

    Parameters
    ----------
    cloudformation
        A boto3 client.
    given
        Parameters by name.
    """

    def __init__(self, cloudformation: Any, stage: str, given: dict[str, str]) -> None:
        self._cloudformation = cloudformation
        self._given = {"Stage": stage, **given}
        self._name = f"mentor-upload-{stage}"
        self.known = dict(self._given)

    def deploy(self, *, moved: bool) -> bool:
        """Make or update all stacks but the optional ones; return whether nothing is left to do.

        A stage of release 0.4 has one stack for everything, the roles that its services run under
        included. So the new roles are made beside it first; with ``moved`` nobody uses the old
        ones any more, and they go.
        """
        self._learn()
        if "ApiPermissionsArn" in self.known:
            self._protect()
            if not moved:
                self._apply("roles")
                return False
            if "StaticUrlBase" in self.known:  # its domain is in the configuration of others
                self.known = {"FormerCdn": "true"} | self.known
        self._apply("stateful", "")
        self._protect()
        self._learn()
        for template in ("roles", "alarms", "cdn"):
            self._apply(template)
        return True

    def deploy_optional(self) -> None:
        """Make or update the stacks whose parameters were given, now or before."""
        for template, parameter in OPTIONAL.items():
            if self.known.get(parameter) or self._described(f"{self._name}-{template}"):
                self._apply(template)

    def stacks(self) -> Iterable[dict[str, Any]]:
        """Yield descriptions of the stacks whose outputs are settings."""
        for suffix in settings.STACKS:
            if described := self._described(self._name + suffix):
                yield described

    def _learn(self) -> None:
        """Take parameters and outputs of the first stack as what templates may ask for."""
        described = self._described(self._name) or {}
        before, made = _values(described, "Parameter"), _values(described, "Output")
        self.known = self.known | before | made | self._given

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return dict(stack)

    def _protect(self) -> None:
        """Let no update replace or remove what holds data, and nobody delete the stack."""
        policy = (TEMPLATES / "stateful.policy.json").read_text()
        self._cloudformation.set_stack_policy(StackName=self._name, StackPolicyBody=policy)
        self._cloudformation.update_termination_protection(
            StackName=self._name, EnableTerminationProtection=True
        )

    def _apply(self, template: str, suffix: str | None = None) -> None:
        name = self._name + (f"-{template}" if suffix is None else suffix)
        body = (TEMPLATES / f"{template}.yaml").read_text()
        described = self._described(name)
        if described and described["StackStatus"] == "ROLLBACK_COMPLETE":
            # Its creation failed, and nothing is left of it but the name.
            self._cloudformation.delete_stack(StackName=name)
            self._wait(name)
            described = None
        values = [
            {"ParameterKey": each, "ParameterValue": self.known[each]}
            if each in self.known
            else {"ParameterKey": each, "UsePreviousValue": True}
            for each in parameters_of(body)
            if each in self.known or each in _values(described or {}, "Parameter")
        ]
        change = (
            self._cloudformation.update_stack if described else self._cloudformation.create_stack
        )
        try:
            change(
                StackName=name,
                TemplateBody=body,
                Parameters=values,
                Capabilities=["CAPABILITY_IAM"],
            )
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise DeployError(f"{name}: {error}") from error
            print(f"{name}: no change")
            return
        ended = self._wait(name)
        print(f"{name}: {ended}")
        if ended not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise DeployError("\n".join(self._reasons(name)))

    def _wait(self, name: str) -> str:
        """Return the status that a stack comes to; empty when there is none any more."""
        pause, longest = POLL_SECONDS
        while described := self._described(name):
            status = str(described["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(pause)
            pause = min(2 * pause, longest)
        return ""

    def _reasons(self, name: str) -> Iterable[str]:
        events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        for event in events:
            if event["ResourceStatus"].endswith("_FAILED"):
                why = event.get("ResourceStatusReason", "no reason given")
                yield f"{name}: {event['LogicalResourceId']}: {why}"


def _values(described: dict[str, Any], kind: str) -> dict[str, str]:
    """Return a stack's parameters or outputs by name."""
    return {each[f"{kind}Key"]: each[f"{kind}Value"] for each in described.get(f"{kind}s", [])}


class _Loader(yaml.SafeLoader):
    """Reads a template whose short tags (``!Ref`` …) nobody asks for."""


_Loader.add_multi_constructor("!", lambda *_: None)


def parameters_of(template: str) -> set[str]:
    """Return the names of a template's parameters."""
    return set(yaml.load(template, Loader=_Loader)["Parameters"])  # noqa: S506 -- a SafeLoader


def main(arguments: list[str]) -> int:
    """Deploy a stage; return the exit code."""
    parser = argparse.ArgumentParser(description="Create or update a stage's AWS side.")
    stages = sorted(path.name for path in OVERLAYS.iterdir() if path.is_dir())
    parser.add_argument("stage", choices=stages)
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--moved", action="store_true", help="services run under their new roles")
    asked = parser.parse_args(arguments)
    given = dict(each.partition("=")[::2] for each in asked.parameters)
    asking = {name for each in TEMPLATES.glob("*.yaml") for name in parameters_of(each.read_text())}
    if unknown := given.keys() - asking:
        parser.error(f"no template has the parameter {', '.join(sorted(unknown))}")
    stage = Stage(boto3.client("cloudformation"), asked.stage, given)
    try:
        complete = stage.deploy(moved=asked.moved)
        code = settings.write(OVERLAYS / asked.stage, asked.stage, stage.stacks())
        if not complete:
            print("deploy the services now, which takes them to these roles; then again, MOVED=yes")
            return code
        stage.deploy_optional()
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
