"""``infra/deploy.py`` as an operator types it, on the emulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.emulator.process import ACCESS_KEY, REGION, SECRET_KEY
from mentor_local.provision import SERVICES, client
from released.releases import template_of

if TYPE_CHECKING:
    from mentor_local.emulator import Emulator

REPOSITORY = Path(__file__).parents[3]
PROVIDER = "arn:aws:iam::000000000000:oidc-provider/oidc.example/id/x"
PARAMETERS = (
    f"OidcProviderArn={PROVIDER}",
    "AllowedOrigins=https://a.example.org,https://b.example.org",
    "OriginalsToInstantRetrieval=true",
)
STACKS = {f"mentor-upload-qa{suffix}" for suffix in ("", "-roles", "-alarms", "-cdn")}
TABLE, QUEUE = "mentor-upload-qa-jobs", "mentor-upload-qa-transcoder"
STATIC = "mentor-upload-qa-static-000000000000"


class Operator:
    """Whoever has a copy of the repository and the keys of an empty account."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.folder, self.endpoint = folder, emulator.endpoint
        shutil.copytree(REPOSITORY / "infra", folder / "infra")
        shutil.copytree(REPOSITORY / "k8s/overlays", folder / "k8s/overlays")

    def deploy(self, *arguments: str, what: str = "qa") -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        there = {"AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.endpoint}
        return subprocess.run(
            [sys.executable, self.folder / "infra/deploy.py", what, *arguments],
            env=kept | keys | there,
            capture_output=True,
            text=True,
            check=False,
        )

    def client(self, name: str) -> Any:
        return client(name, self.endpoint)

    def settings(self, service: str) -> dict[str, str]:
        lines = (self.folder / f"k8s/overlays/qa/{service}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    def stacks(self) -> dict[str, str]:
        """Return the stacks that are there, each with its status."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return {one["StackName"]: one["StackStatus"] for one in found}

    def resources(self, stack: str) -> dict[str, str]:
        """Return the physical ids of a stack's resources by their logical ones."""
        found = self.client("cloudformation").list_stack_resources(StackName=stack)
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in found["StackResourceSummaries"]
        }

    def put_data(self) -> None:
        self.client("s3").put_object(Bucket=STATIC, Key="videos/m/q/web.mp4", Body=b"film")
        item = {"pk": {"S": "UPLOAD#u"}, "sk": {"S": "JOB"}}
        self.client("dynamodb").put_item(TableName=TABLE, Item=item)
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="in work")

    def data(self) -> tuple[bytes, bool, str]:
        """Return what is left of the data: an object, an item, the messages of a queue."""
        film = self.client("s3").get_object(Bucket=STATIC, Key="videos/m/q/web.mp4")["Body"].read()
        key = {"pk": {"S": "UPLOAD#u"}, "sk": {"S": "JOB"}}
        item = "Item" in self.client("dynamodb").get_item(TableName=TABLE, Key=key)
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return film, item, asked["ApproximateNumberOfMessages"]


DATA = (b"film", True, "1")


@pytest.fixture
def operator(emulator: Emulator, tmp_path: Path) -> Operator:
    emulator.reset()
    return Operator(emulator, tmp_path)


def test_a_stage_is_made_by_one_command_and_made_again_by_it(operator: Operator) -> None:
    done = operator.deploy(*PARAMETERS)

    assert done.returncode == 0, done.stderr
    assert operator.stacks() == dict.fromkeys(STACKS, "CREATE_COMPLETE")
    told = operator.settings("transcoder")
    assert told["QUEUE_NAME"] == QUEUE
    assert told["ROLE_ARN"].startswith("arn:aws:iam::000000000000:role/mentor-upload-qa-roles-")
    assert told["STATIC_URL_BASE"].endswith(".cloudfront.net/")

    operator.put_data()
    again = operator.deploy()

    assert (again.returncode, again.stdout.count("no change")) == (0, len(STACKS))
    assert operator.settings("transcoder") == told
    assert operator.data() == DATA
    assert "no template has the parameter Consoles" in operator.deploy("Consoles=true").stderr


def test_what_holds_data_cannot_be_taken_away_by_an_update_or_a_deletion(
    operator: Operator,
) -> None:
    operator.deploy(*PARAMETERS)
    cloudformation = operator.client("cloudformation")

    with pytest.raises(cloudformation.exceptions.ClientError, match="TerminationProtection"):
        cloudformation.delete_stack(StackName="mentor-upload-qa")
    # The emulator keeps a stack's policy and does not act on it.
    held = cloudformation.get_stack_policy(StackName="mentor-upload-qa")["StackPolicyBody"]
    (refused,) = (one for one in json.loads(held)["Statement"] if one["Effect"] == "Deny")
    assert refused["Action"] == ["Update:Replace", "Update:Delete"]
    kinds = set(refused["Condition"]["StringEquals"]["ResourceType"])
    assert kinds >= {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"}


FAILS = """
  ThatCannotBeMade:
    Type: AWS::S3::Bucket
    DependsOn: [UploadBucket, StaticBucket, JobsTable]
    Properties: { BucketName: !Ref StaticBucket }

Outputs:
"""


def first_fails(operator: Operator) -> subprocess.CompletedProcess[str]:
    """Let the first install fail after it made buckets and table; return the next one."""
    template = operator.folder / "infra/stage/stateful.yaml"
    right = template.read_text()
    template.write_text(right.replace("\nOutputs:\n", FAILS))
    assert operator.deploy(*PARAMETERS).returncode != 0
    assert operator.stacks() == {"mentor-upload-qa": "ROLLBACK_COMPLETE"}
    template.write_text(right)
    return operator.deploy(*PARAMETERS)


def test_a_first_install_that_failed_is_repeated(operator: Operator) -> None:
    done = first_fails(operator)

    assert done.returncode == 0, done.stderr
    assert operator.stacks() == dict.fromkeys(STACKS, "CREATE_COMPLETE")


def test_with_retain_alone_a_first_install_that_failed_stands_in_the_next_ones_way(
    operator: Operator,
) -> None:
    template = operator.folder / "infra/stage/stateful.yaml"
    text = template.read_text()
    assert text.count("DeletionPolicy: RetainExceptOnCreate") == 3
    template.write_text(text.replace("RetainExceptOnCreate", "Retain"))

    again = first_fails(operator)

    assert again.returncode != 0
    for bucket in ("UploadBucket", "StaticBucket"):
        assert f"mentor-upload-qa: {bucket}: " in again.stderr


def test_slack_that_aws_was_not_let_into_fails_alone(operator: Operator) -> None:
    done = operator.deploy(*PARAMETERS, "SlackWorkspaceId=T1", "SlackChannelId=C1")

    assert done.returncode != 0  # the emulator knows nothing of Slack at all
    assert operator.stacks() == dict.fromkeys(STACKS, "CREATE_COMPLETE")
    assert operator.settings("api")["STATIC_URL_BASE"].endswith(".cloudfront.net/")


def test_a_stage_of_release_0_4_goes_over_without_losing_anything(operator: Operator) -> None:
    cloudformation = operator.client("cloudformation")
    cloudformation.create_stack(
        StackName="mentor-upload-qa",
        TemplateBody=template_of("v0.4.0"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {
                "Stage": "qa",
                "OidcProviderArn": PROVIDER,
                "AllowedOrigins": "https://a.example.org",
                "OldestMessageSeconds": "600",
                "Console": "true",
            }.items()
        ],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="mentor-upload-qa")
    operator.put_data()
    before = operator.resources("mentor-upload-qa")

    first = operator.deploy()

    assert first.returncode == 0, first.stderr
    assert "MOVED=yes" in first.stdout
    assert operator.resources("mentor-upload-qa") == before
    assert set(operator.stacks()) == {"mentor-upload-qa", "mentor-upload-qa-roles"}
    roles = operator.resources("mentor-upload-qa-roles")
    assert operator.settings("api")["ROLE_ARN"].endswith(f"/{roles['ApiRole']}")
    assert roles["ApiRole"] != before["ApiRole"]

    second = operator.deploy("--moved")

    assert second.returncode == 0, second.stderr
    assert set(operator.stacks()) == STACKS
    assert operator.data() == DATA
    after = operator.resources("mentor-upload-qa")
    assert {name: before[name] for name in after} == after
    # What pages may still name goes on, and what went elsewhere is there once.
    assert "StaticCdn" in after
    assert before.keys() - after.keys() == {
        *(name for name in before if name.endswith(("Alarm", "Count", "Role", "Permissions"))),
    }
    watched = operator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    oldest = {one["Threshold"] for one in watched if "oldest" in one["AlarmName"]}
    assert oldest == {600}
    distribution = operator.resources("mentor-upload-qa-cdn")["Distribution"]
    assert distribution != after["StaticCdn"]

    third = operator.deploy("FormerCdn=false")

    assert third.returncode == 0, third.stderr
    assert "StaticCdn" not in operator.resources("mentor-upload-qa")
    assert operator.data() == DATA


def test_network_registry_and_certificates_are_made(operator: Operator) -> None:
    """What of an account's stacks the emulator knows: no NAT gateway, and of EKS too little."""
    script = operator.folder / "infra/deploy.py"
    known = script.read_text().replace('"registry", "cluster")', '"registry")')
    assert known != script.read_text()
    script.write_text(known)
    made = operator.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")
    zone = ("Domain=example.org", f"HostedZoneId={made['HostedZone']['Id'].rpartition('/')[2]}")

    done = operator.deploy("Nat=false", "GithubProvider=false", *zone, what="account")

    assert done.returncode == 0, done.stderr
    network = operator.resources("mentor-upload-network")
    found = operator.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    gateways = {each["ServiceName"].rpartition(".")[2]: each["RouteTableIds"] for each in found}
    assert gateways == {key: [network["PrivateRoutes"]] for key in ("s3", "dynamodb")}
    repositories = operator.client("ecr").describe_repositories()["repositories"]
    assert {each["repositoryName"]: each["imageTagMutability"] for each in repositories} == {
        f"mentor-upload/{service}": "IMMUTABLE" for service in SERVICES
    }

    # A stage finds the certificate of its CDN, and the zone, by itself.
    done = operator.deploy(*PARAMETERS, "StaticDomain=static-qa.example.org")

    assert done.returncode == 0, done.stderr
    assert operator.settings("api")["STATIC_URL_BASE"] == "https://static-qa.example.org/"
    records = operator.resources("mentor-upload-qa-cdn")
    assert {"AddressRecord", "AddressRecordV6"} <= records.keys()
