"""Each command of docs/deploy.md says how far it was walked; those on the emulator are walked here.

What is marked as walked on an API server, ``make verify-deploy`` types where there is one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy_page import API_SERVER, EMULATOR, commands, walked
from mentor_local.emulator.process import ACCESS_KEY, REGION, SECRET_KEY
from mentor_local.provision import OIDC_PROVIDER_ARN, client
from released.releases import template_of

if TYPE_CHECKING:
    from mentor_local.emulator import Emulator

REPOSITORY = Path(__file__).parents[3]
ACCOUNT = {
    "mentor-upload-cluster": {"OidcProviderArn": OIDC_PROVIDER_ARN},
    "mentor-upload-certificate-cdn": {
        "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/c",
    },
}
"""What the stacks of an account say, which the emulator cannot make (no EKS, no NAT)."""


def test_each_command_says_how_far_it_was_walked() -> None:
    marks = (EMULATOR, API_SERVER, "not walked: needs ")
    unmarked = [each.text for each in commands() if not each.mark.startswith(marks)]

    assert not unmarked
    for mark in marks:
        assert [each for each in commands() if each.mark.startswith(mark)], mark


class Walker:
    """Whoever types the commands in a copy of the repository, with the keys of an account."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.folder = folder
        self.cloudformation = client("cloudformation", emulator.endpoint)
        self._route53 = client("route53", emulator.endpoint)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._environment = {
            **kept,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": emulator.endpoint,
            **{
                f"GIT_{who}_{what}": "walker"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        for part in ("infra", "k8s/overlays"):
            shutil.copytree(REPOSITORY / part, folder / part)
        for part in ("Makefile", ".gitignore"):
            shutil.copy(REPOSITORY / part, folder)
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        self.type("git init --quiet && git add -A && git commit --quiet -m before")

    def account(self) -> None:
        """Let the account's stacks say what a stage takes from them."""
        made = self._route53.create_hosted_zone(Name="mentors.example.org", CallerReference="page")
        zone = made["HostedZone"]["Id"].rpartition("/")[2]
        for name, outputs in ACCOUNT.items():
            said = "".join(f"  {key}: {{ Value: {value!r} }}\n" for key, value in outputs.items())
            self.cloudformation.create_stack(
                StackName=name,
                TemplateBody=(
                    "Parameters:\n  HostedZoneId: { Type: String }\n"
                    "Resources:\n  Nothing: { Type: AWS::CloudFormation::WaitConditionHandle }\n"
                    f"Outputs:\n{said}"
                ),
                Parameters=[{"ParameterKey": "HostedZoneId", "ParameterValue": zone}],
            )
            self.cloudformation.get_waiter("stack_create_complete").wait(StackName=name)

    def type(self, command: str) -> None:
        """Run a command; what `make` would set up is there already."""
        done = subprocess.run(
            ["bash", "-c", f'make() {{ command make -o .venv/.installed "$@"; }}; {command}'],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def stacks(self) -> set[str]:
        """Return the stacks of the stage that are complete."""
        return {
            each["StackName"]
            for each in self.cloudformation.describe_stacks()["Stacks"]
            if each["StackName"].startswith("mentor-upload-qa")
            and each["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        }


@pytest.fixture
def walker(emulator: Emulator, tmp_path: Path) -> Walker:
    emulator.reset()
    return Walker(emulator, tmp_path)


ALL = {f"mentor-upload-qa{suffix}" for suffix in ("", "-roles", "-alarms", "-cdn")}


def test_a_stage_and_its_console_come_up_by_the_pages_commands(walker: Walker) -> None:
    walker.account()
    stage = walked(EMULATOR, "A stage")
    console = walked(EMULATOR, "The operator's console")

    for command in stage:
        walker.type(command)

    assert walker.stacks() == ALL
    settings = (walker.folder / "k8s/overlays/qa/api.env").read_text()
    assert "STATIC_URL_BASE=https://static-qa.mentors.example.org/\n" in settings
    walker.type('test -z "$(git status --porcelain)"')

    for command in console:
        walker.type(command)

    (roles,) = walker.cloudformation.describe_stacks(StackName="mentor-upload-qa-roles")["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in roles["Parameters"]}
    assert parameters["Console"] == "true"
    overlay = walker.folder / "k8s/overlays/qa/stage.env"
    assert overlay.read_text().endswith("\nCONSOLE_ENABLED=true\n")
    assert len(stage + console) == len(walked(EMULATOR)) - 2


def test_a_stage_of_release_0_4_goes_over_by_the_pages_commands(walker: Walker) -> None:
    given = {
        "Stage": "qa",
        "OidcProviderArn": OIDC_PROVIDER_ARN,
        "AllowedOrigins": "https://a.example.org",
    }
    walker.cloudformation.create_stack(
        StackName="mentor-upload-qa",
        TemplateBody=template_of("v0.4.0"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
        ],
    )
    walker.cloudformation.get_waiter("stack_create_complete").wait(StackName="mentor-upload-qa")

    beside, moved = walked(EMULATOR, "A stage of release 0.4")
    walker.type(beside)
    assert walker.stacks() == {"mentor-upload-qa", "mentor-upload-qa-roles"}
    walker.type(moved)
    assert walker.stacks() == ALL
