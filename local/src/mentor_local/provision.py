"""Provisioning of the emulator with the templates of ``infra/stage``, and the names of the result.

The templates are applied by CloudFormation, exactly as on AWS: a stack each, the outputs of one
being parameters of the next. Applying them again changes nothing; applying changed ones updates in
place, so that a stack started again keeps its messages and data. Two things the emulator drops
without a word, bucket lifecycles and the table's time to live, are read from the same templates,
set by the ordinary API and checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from mentor_local.emulator.process import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES = ("api", "transcoder", "transcriber", "notifier")
TEMPLATES = Path(__file__).parents[3] / "infra" / "stage"
_STACKS = {"stateful": "", "roles": "-roles", "alarms": "-alarms"}
"""Template to what its stack's name ends with, in the order of ``infra/deploy.py``."""

OIDC_PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example/id/local"
"""A cluster's identity provider that exists nowhere: with it the template makes its roles."""

_DEADLINE_SECONDS = 60


class ProvisionError(Exception):
    """A template could not be applied; the message says which resource and why."""


@dataclass(frozen=True)
class Service:
    """Queue, dead letter queue and topic of one service."""

    queue_name: str
    queue_arn: str
    dead_letter_queue_name: str
    dead_letter_queue_arn: str
    topic_arn: str
    permissions_arn: str


@dataclass(frozen=True)
class Stack:
    """Everything that was provisioned, by name.

    Attributes
    ----------
    endpoint
        Base URL of the emulator, ``http://localhost:{port}``. Also the host browsers use, which
        matters because signatures cover the Host header.
    services
        By service: ``api``, ``transcoder``, ``transcriber``, ``notifier``.
    """

    endpoint: str
    stage: str
    services: Mapping[str, Service]
    upload_bucket: str
    static_bucket: str
    static_bucket_arn: str
    transcribe_bucket: str
    jobs_table: str

    @property
    def static_url_base(self) -> str:
        """Base of every public result URL, with its trailing slash."""
        return f"{self.endpoint}/{self.static_bucket}/"


def client(name: str, endpoint: str) -> Any:
    """Return a boto3 client of the emulator, whatever AWS account the environment names."""
    return boto3.client(
        name,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"})
        if name == "s3"
        else None,
    )


def provision(
    endpoint: str,
    stage: str = "local",
    templates: Path = TEMPLATES,
    static_bucket: str | None = None,
) -> Stack:
    """Bring the emulator to the state the templates describe.

    Parameters
    ----------
    static_bucket
        One that is there already, as in a migration; ``None`` for one of the stack's own.

    Raises
    ------
    ProvisionError
        When a resource cannot be created or updated, or does not hold what was set.
    """
    cloudformation = client("cloudformation", endpoint)
    known = {
        "Stage": stage,
        "PublicStatic": "true",
        "OidcProviderArn": OIDC_PROVIDER_ARN,
        "Console": "true",
        "StaticArn": f"arn:aws:s3:::{static_bucket}" if static_bucket else "",
    }
    for template, suffix in _STACKS.items():
        body = (templates / f"{template}.yaml").read_text()
        known |= _apply(cloudformation, f"mentor-upload-{stage}{suffix}", body, known)
    resources = _parsed((templates / "stateful.yaml").read_text())["Resources"]
    buckets = {
        "UploadBucket": known["UploadBucketName"],
        "StaticBucket": known["StaticBucketArn"].rpartition(":")[2],
        "TranscribeBucket": known["TranscribeBucketName"],
    }
    for resource in buckets.keys() - ({"StaticBucket"} if static_bucket else set()):
        rules = resources[resource]["Properties"]["LifecycleConfiguration"]["Rules"]
        _set_lifecycle(client("s3", endpoint), buckets[resource], rules)
    time_to_live = resources["JobsTable"]["Properties"]["TimeToLiveSpecification"]
    _set_time_to_live(client("dynamodb", endpoint), known["JobsTableName"], time_to_live)
    return Stack(
        endpoint=endpoint,
        stage=stage,
        services={service: _service(known, service) for service in SERVICES},
        upload_bucket=buckets["UploadBucket"],
        static_bucket=buckets["StaticBucket"],
        static_bucket_arn=known["StaticBucketArn"],
        transcribe_bucket=buckets["TranscribeBucket"],
        jobs_table=known["JobsTableName"],
    )


def service_environment(stack: Stack, service: str) -> dict[str, str]:
    """Return the part of a service's environment that names AWS things.

    Ports, secrets and folders are added by :mod:`mentor_local.stack`.
    """
    own = stack.services[service]
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "STAGE": stack.stage,
        "JOBS_TABLE_NAME": stack.jobs_table,
        "QUEUE_NAME": own.queue_name,
        "DEAD_LETTER_QUEUE_NAME": own.dead_letter_queue_name,
        "TOPIC_ARN": own.topic_arn,
        "SIGNED_UPLOAD_BUCKET": stack.upload_bucket,
        "S3_STATIC_ARN": stack.static_bucket_arn,
        "STATIC_URL_BASE": stack.static_url_base,
        "S3_PUBLIC_ENDPOINT_URL": stack.endpoint,
        "TRANSCRIBE_INPUT_BUCKET": stack.transcribe_bucket,
        "TRANSCRIBE_OUTPUT_BUCKET": stack.transcribe_bucket,
    }


def service_credentials(stack: Stack, service: str) -> dict[str, str]:
    """Return new AWS keys that may do what the service's role may do on AWS, and no more.

    The emulator enforces policies, so a service that runs with these keys shows whether the
    template allows all it does. Earlier keys of the service end.
    """
    iam = client("iam", stack.endpoint)
    user = f"mentor-upload-{stack.stage}-{service}"
    try:
        iam.create_user(UserName=user)
    except iam.exceptions.EntityAlreadyExistsException:
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.attach_user_policy(UserName=user, PolicyArn=stack.services[service].permissions_arn)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def _apply(cloudformation: Any, name: str, body: str, known: Mapping[str, str]) -> dict[str, str]:
    """Create or update a stack with the known values it asks for; return its outputs."""
    parameters = _parsed(body)["Parameters"]
    arguments = {
        "StackName": name,
        "TemplateBody": body,
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in known.items()
            if key in parameters
        ],
    }
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        cloudformation.create_stack(**arguments)
    else:
        try:
            cloudformation.update_stack(**arguments)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
    _wait(cloudformation, name)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _wait(cloudformation: Any, name: str) -> None:
    def status() -> str:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    wait_until(
        lambda: not status().endswith("IN_PROGRESS"),
        seconds=_DEADLINE_SECONDS,
        what=f"the stack {name}",
    )
    ended = status()
    if ended in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    raise ProvisionError(f"stack {name} is {ended}: {'; '.join(reasons) or 'no reason given'}")


def _service(outputs: Mapping[str, str], service: str) -> Service:
    prefix = service.capitalize()
    return Service(
        queue_name=outputs[f"{prefix}QueueName"],
        queue_arn=outputs[f"{prefix}QueueArn"],
        dead_letter_queue_name=outputs[f"{prefix}DeadLetterQueueName"],
        dead_letter_queue_arn=outputs[f"{prefix}DeadLetterQueueArn"],
        topic_arn=outputs[f"{prefix}TopicArn"],
        permissions_arn=outputs[f"{prefix}PermissionsArn"],
    )


class _TemplateLoader(yaml.CSafeLoader):
    """Reads a template whose short tags (``!Ref`` …) stand where plain values are not needed."""


def _ignore_tag(_loader: yaml.CSafeLoader, _suffix: str, _node: yaml.Node) -> None:
    """Read what only CloudFormation can resolve as ``None``."""


_TemplateLoader.add_multi_constructor("!", _ignore_tag)


def _parsed(body: str) -> dict[str, Any]:
    return dict(yaml.load(body, Loader=_TemplateLoader))  # noqa: S506 -- a SafeLoader


def _set_lifecycle(s3: Any, bucket: str, template_rules: list[dict[str, Any] | None]) -> None:
    # None stands for a rule that a parameter asks for, and here none does.
    rules = [_lifecycle_rule(rule) for rule in template_rules if rule is not None]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    stored = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    if stored != rules:
        raise ProvisionError(f"bucket {bucket} holds lifecycle rules {stored}, not {rules}")


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's spelling of a rule into the S3 API's."""
    tags = rule.get("TagFilters", [])
    api: dict[str, Any] = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Tag": tags[0]} if tags else {"Prefix": rule.get("Prefix", "")},
    }
    if "ExpirationInDays" in rule:
        api["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        api["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    same = {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"}
    return api | {name: rule[name] for name in same & rule.keys()}


def _set_time_to_live(dynamodb: Any, table: str, specification: Mapping[str, Any]) -> None:
    def stored() -> dict[str, Any]:
        answer = dynamodb.describe_time_to_live(TableName=table)
        return dict(answer["TimeToLiveDescription"])

    if stored()["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    now = stored()
    if (now["TimeToLiveStatus"], now.get("AttributeName")) != (
        "ENABLED",
        specification["AttributeName"],
    ):
        raise ProvisionError(f"table {table} expires items by {now}, not by {specification}")
