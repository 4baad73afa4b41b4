"""Resources that the template creates, as the services meet them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from mentor_api.uploads.gauges import WaitingLog
from mentor_common.clock import ManualClock
from mentor_common.explain import QueueEstimate
from mentor_common.jobs import KINDS
from mentor_local.provision import (
    OIDC_PROVIDER_ARN,
    SERVICES,
    TEMPLATES,
    Stack,
    client,
    provision,
    service_credentials,
    service_environment,
)
from mentor_local.waiting import wait_until

TASK_EVENTS = {"task.started.v1", "task.completed.v1", "task.failed.v1"}
REPOSITORY = Path(__file__).parents[3]
ALL_TEMPLATES = sorted((REPOSITORY / "infra").glob("*/*.yaml"))
_STAGE = ("stateful", "roles", "alarms", "cdn", "chat", "ci")
DEPLOYED = [
    *(TEMPLATES / f"{name}.yaml" for name in _STAGE),
    *sorted((REPOSITORY / "infra/account").glob("*.yaml")),
]
"""All templates, each of a stage after those whose outputs it is given."""
EVENTS = TASK_EVENTS | {
    "upload.accepted.v1",
    "alignment.requested.v1",
    "upload.cancelled.v1",
    "transfer.requested.v1",
    "media.copy_requested.v1",
    "media.copied.v1",
    "media.copy_failed.v1",
    "answer.ready.v1",
    "answer.failed.v1",
    "mentor.imported.v1",
}
SUBSCRIBED: dict[tuple[str, str], set[str]] = {
    ("transcoder", "api"): {"upload.accepted.v1"},
    ("transcriber", "api"): {"upload.accepted.v1", "alignment.requested.v1"},
    ("notifier", "api"): {
        "upload.accepted.v1",
        "upload.cancelled.v1",
        "transfer.requested.v1",
        "media.copied.v1",
        "media.copy_failed.v1",
    },
    ("notifier", "transcoder"): TASK_EVENTS,
    ("notifier", "transcriber"): TASK_EVENTS,
    ("api", "notifier"): {"mentor.imported.v1"},
    ("api", "api"): {"media.copy_requested.v1"},
}


def attributes(stack: Stack, queue_name: str) -> dict[str, str]:
    sqs = client("sqs", stack.endpoint)
    url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return dict(answer["Attributes"])


def drain(stack: Stack, queue_name: str) -> list[dict[str, Any]]:
    sqs = client("sqs", stack.endpoint)
    url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    drained: list[dict[str, Any]] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            drained.append(message)
    return drained


def publish(stack: Stack, publisher: str, event_type: str, **attributes: str) -> str:
    body = json.dumps({"type": event_type, "source": publisher, **attributes}, sort_keys=True)
    client("sns", stack.endpoint).publish(
        TopicArn=stack.services[publisher].topic_arn,
        Message=body,
        MessageGroupId="mentor",
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in {"type": event_type, **attributes}.items()
        },
    )
    return body


@pytest.mark.parametrize("service", SERVICES)
def test_a_queue_hands_over_to_its_own_dead_letter_queue_after_the_backstop(
    stack: Stack, service: str
) -> None:
    own = stack.services[service]

    queue = attributes(stack, own.queue_name)
    dead = attributes(stack, own.dead_letter_queue_name)

    assert own.queue_name == f"mentor-upload-local-{service}"
    assert json.loads(queue["RedrivePolicy"]) == {
        "deadLetterTargetArn": own.dead_letter_queue_arn,
        "maxReceiveCount": 200,
    }
    assert queue["VisibilityTimeout"] == "60"
    assert queue["ReceiveMessageWaitTimeSeconds"] == "20"
    assert queue["MessageRetentionPeriod"] == str(4 * 86400)
    assert dead["MessageRetentionPeriod"] == str(14 * 86400)
    assert queue["SqsManagedSseEnabled"] == dead["SqsManagedSseEnabled"] == "true"


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_topics_a_service_hears_may_send_to_its_queues(stack: Stack, service: str) -> None:
    own = stack.services[service]
    admitted = {
        stack.services[publisher].topic_arn
        for subscriber, publisher in SUBSCRIBED
        if subscriber == service
    }

    for name in (own.queue_name, own.dead_letter_queue_name):
        statement, *others = json.loads(attributes(stack, name)["Policy"])["Statement"]
        if service == "transcriber":
            (rule,) = others
            assert rule["Principal"] == {"Service": "events.amazonaws.com"}
            (named,) = client("events", stack.endpoint).list_rules()["Rules"]
            assert rule["Condition"]["ArnEquals"]["aws:SourceArn"] == named["Arn"]
        else:
            assert others == []
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert set(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == admitted


def test_subscriptions_are_raw_filtered_and_have_a_dead_letter_queue(stack: Stack) -> None:
    sns = client("sns", stack.endpoint)
    by_queue = {own.queue_arn: (name, own) for name, own in stack.services.items()}
    by_topic = {own.topic_arn: name for name, own in stack.services.items()}
    found: dict[tuple[str, str], set[str]] = {}

    for subscription in sns.list_subscriptions()["Subscriptions"]:
        subscriber, own = by_queue[subscription["Endpoint"]]
        details = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
        held = details["Attributes"]
        policy = json.loads(held["FilterPolicy"])
        found[subscriber, by_topic[subscription["TopicArn"]]] = set(policy["type"])
        no_speech = ["true", {"exists": False}] if subscriber == "transcriber" else None
        assert policy.get("transcribe") == no_speech
        assert held["FilterPolicyScope"] == "MessageAttributes"
        assert held["RawMessageDelivery"] == "true"
        assert json.loads(held["RedrivePolicy"]) == {
            "deadLetterTargetArn": own.dead_letter_queue_arn
        }

    assert found == SUBSCRIBED


def test_each_published_event_reaches_exactly_those_who_listen(stack: Stack) -> None:
    expected: dict[str, list[str]] = {service: [] for service in SERVICES}
    for publisher in SERVICES:
        for event_type in sorted(EVENTS):
            accepted = event_type == "upload.accepted.v1"
            for asked in ({"transcribe": "true"}, {"transcribe": "false"}) if accepted else ({},):
                body = publish(stack, publisher, event_type, **asked)
                for subscriber in SERVICES:
                    wanted = subscriber != "transcriber" or asked.get("transcribe") != "false"
                    if event_type in SUBSCRIBED.get((subscriber, publisher), set()) and wanted:
                        expected[subscriber].append(body)

    received = {
        service: sorted(m["Body"] for m in drain(stack, own.queue_name))
        for service, own in stack.services.items()
    }

    assert received == {service: sorted(bodies) for service, bodies in expected.items()}


def test_a_topic_that_a_queue_does_not_listen_to_cannot_send_to_it(stack: Stack) -> None:
    own = stack.services["transcoder"]
    sns = client("sns", stack.endpoint)
    uninvited = sns.subscribe(
        TopicArn=stack.services["transcriber"].topic_arn,
        Protocol="sqs",
        Endpoint=own.queue_arn,
        Attributes={"RawMessageDelivery": "true"},
    )

    publish(stack, "transcriber", "unheard.v1")
    sns.unsubscribe(SubscriptionArn=uninvited["SubscriptionArn"])

    assert drain(stack, own.queue_name) == []


def test_the_jobs_table_has_its_index_and_expires_items(stack: Stack) -> None:
    dynamodb = client("dynamodb", stack.endpoint)
    table = dynamodb.describe_table(TableName=stack.jobs_table)["Table"]
    items: list[dict[str, str | int]] = [
        {"pk": "UPLOAD#1", "sk": "JOB", "due_kind": "publish", "due_at": 20},
        {"pk": "UPLOAD#2", "sk": "JOB", "due_kind": "publish", "due_at": 10},
        {"pk": "UPLOAD#3", "sk": "JOB"},
    ]
    for item in items:
        dynamodb.put_item(
            TableName=stack.jobs_table,
            Item={k: {"N" if k == "due_at" else "S": str(v)} for k, v in item.items()},
        )

    due = dynamodb.query(
        TableName=stack.jobs_table,
        IndexName="due",
        KeyConditionExpression="due_kind = :kind AND due_at <= :now",
        ExpressionAttributeValues={":kind": {"S": "publish"}, ":now": {"N": "20"}},
    )["Items"]
    time_to_live = dynamodb.describe_time_to_live(TableName=stack.jobs_table)

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [item["pk"]["S"] for item in due] == ["UPLOAD#2", "UPLOAD#1"]
    assert time_to_live["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }


def test_buckets_forget_what_is_no_longer_needed(stack: Stack) -> None:
    s3 = client("s3", stack.endpoint)

    uploads = s3.get_bucket_lifecycle_configuration(Bucket=stack.upload_bucket)["Rules"]
    static = s3.get_bucket_lifecycle_configuration(Bucket=stack.static_bucket)["Rules"]

    assert {rule["ID"]: rule.get("Expiration") for rule in uploads} == {
        "uploads-expire": {"Days": 30},
        "abort-incomplete-multipart-uploads": None,
    }
    superseded = next(rule for rule in static if rule["ID"] == "superseded-objects-expire")
    assert superseded["Filter"] == {"Tag": {"Key": "superseded", "Value": "true"}}
    assert superseded["Expiration"]["Days"] > 0
    # Not here: the emulator keeps the bytes of each version in memory.
    versioned = (
        "VersioningConfiguration: !If [StaticIsPublic, !Ref AWS::NoValue, { Status: Enabled }]"
    )
    assert versioned in (TEMPLATES / "stateful.yaml").read_text()
    assert "Status" not in s3.get_bucket_versioning(Bucket=stack.static_bucket)
    (kept,) = [rule["NoncurrentVersionExpiration"] for rule in static if "versions" in rule["ID"]]
    assert kept == {"NoncurrentDays": 30}
    scratch = s3.get_bucket_lifecycle_configuration(Bucket=stack.transcribe_bucket)["Rules"]
    assert {"Days": 2} in [rule.get("Expiration") for rule in scratch]


def test_only_the_end_of_this_stages_transcribe_jobs_reaches_the_transcriber(stack: Stack) -> None:
    events = client("events", stack.endpoint)
    (rule,) = events.list_rules()["Rules"]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]

    def matches(job: str, status: str) -> bool:
        event = {
            "id": "1",
            "account": "000000000000",
            "source": "aws.transcribe",
            "detail-type": "Transcribe Job State Change",
            "time": "2030-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": {"TranscriptionJobName": job, "TranscriptionJobStatus": status},
        }
        answer = events.test_event_pattern(
            EventPattern=rule["EventPattern"], Event=json.dumps(event)
        )
        return bool(answer["Result"])

    assert matches("mentor-upload-local-a-1-1", "COMPLETED")
    assert matches("mentor-upload-local-a-1-1", "FAILED")
    assert not matches("mentor-upload-local-a-1-1", "IN_PROGRESS")
    assert not matches("mentor-upload-qa-a-1-1", "COMPLETED")
    assert target["Arn"] == stack.services["transcriber"].queue_arn
    dead = stack.services["transcriber"].dead_letter_queue_arn
    assert target["DeadLetterConfig"] == {"Arn": dead}


def test_every_queue_has_its_alarms_and_all_alarms_notify(stack: Stack) -> None:
    alarms = client("cloudwatch", stack.endpoint).describe_alarms()["MetricAlarms"]
    watched = {
        (alarm["MetricName"], *(each["Value"] for each in alarm["Dimensions"])): alarm
        for alarm in alarms
    }
    wanted: dict[tuple[str, ...], float] = {("ApiServerErrors",): 5, ("StalledJobs",): 0}
    for own in stack.services.values():
        wanted["ApproximateNumberOfMessagesVisible", own.dead_letter_queue_name] = 0
    for service in ("api", "notifier"):  # whose messages are handled in seconds
        wanted["ApproximateAgeOfOldestMessage", stack.services[service].queue_name] = 900
    wanted |= {("OldestWaitingSeconds", task): 900 for task in KINDS}

    assert {key: alarm["Threshold"] for key, alarm in watched.items()} == wanted
    topic = "arn:aws:sns:us-east-1:000000000000:mentor-upload-local-alerts"
    for alarm in alarms:
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"
        # Somebody is woken by it, so it says what to do.
        assert "docs/runbooks/" in alarm["AlarmDescription"]


def of_a_line(filters: list[dict[str, Any]], line: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return name, value and dimensions of each metric that a line of the log makes.

    By the rules of "Filter pattern syntax for metric filters" of CloudWatch Logs, as far as ours
    need them.
    """

    def found(selector: str) -> Any:
        value: Any = line
        for name in selector.removeprefix("$.").split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return [
        (
            each["metricName"],
            found(each["metricValue"]),
            {name: found(selector) for name, selector in each["dimensions"].items()},
        )
        for one in filters
        if (asked := re.fullmatch(r'\{ (\$[.\w]+) = "([^"]+)" \}', one["filterPattern"]))
        and found(asked[1]) == asked[2]
        for each in one["metricTransformations"]
    ]


class WhoWaits:
    """A backlog of the test's: somebody has waited for 15 minutes for each unit of work."""

    def estimate(self, _kind: str) -> QueueEstimate:
        return QueueEstimate((100.0,), waiting_since=100.0)


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_metric_of_who_waits_is_made_of_the_line_that_the_api_writes(
    stack: Stack, *, wrapped: bool
) -> None:
    backlog: Any = WhoWaits()
    with capture_logs() as lines:
        WaitingLog(backlog, ManualClock(1000.0)).run()
    filters = client("logs", stack.endpoint).describe_metric_filters()["metricFilters"]

    made = [
        metric
        for line in lines
        for metric in of_a_line(filters, {"log_processed": line} if wrapped else dict(line))
    ]

    assert made == [("OldestWaitingSeconds", 900, {"task": task}) for task in KINDS]


def test_a_dead_letter_alarm_reaches_those_who_subscribed_to_alerts(stack: Stack) -> None:
    sqs, sns = client("sqs", stack.endpoint), client("sns", stack.endpoint)
    url = sqs.create_queue(QueueName="pager")["QueueUrl"]
    pager = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    (topic,) = (
        each["TopicArn"]
        for each in sns.list_topics()["Topics"]
        if each["TopicArn"].endswith("-alerts")
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": pager["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=pager["QueueArn"])
    dead = stack.services["transcoder"].dead_letter_queue_name

    client("cloudwatch", stack.endpoint).put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": dead}],
                "Value": 1,
            }
        ],
    )
    received: dict[str, str] = {}

    def rung() -> bool:
        client("cloudwatch", stack.endpoint).describe_alarms()
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            alert = json.loads(json.loads(message["Body"])["Message"])
            received[alert["AlarmName"]] = alert["NewStateValue"]
        return "mentor-upload-local-transcoder-dead-letters" in received

    # The emulator looks at a metric's name alone, so the other services' alarms may ring too.
    wait_until(rung, seconds=20, what="the alarm")
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)

    assert received["mentor-upload-local-transcoder-dead-letters"] == "ALARM"


@pytest.mark.parametrize("service", SERVICES)
def test_only_its_own_service_account_takes_on_a_role(stack: Stack, service: str) -> None:
    cloudformation = client("cloudformation", stack.endpoint)
    (described,) = cloudformation.describe_stacks(StackName="mentor-upload-local-roles")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
    name = outputs[f"{service.capitalize()}RoleArn"].rpartition("/")[2]
    role = client("iam", stack.endpoint).get_role(RoleName=name)["Role"]

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": OIDC_PROVIDER_ARN}
    assert statement["Condition"] == {
        "StringEquals": {
            "oidc.example/id/local:aud": "sts.amazonaws.com",
            "oidc.example/id/local:sub": f"system:serviceaccount:mentor-upload-local:{service}",
        }
    }


def test_a_services_keys_open_its_own_queue_and_no_other(stack: Stack) -> None:
    keys = service_credentials(stack, "transcoder")
    sqs = boto3.client(
        "sqs",
        endpoint_url=stack.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )

    assert sqs.get_queue_url(QueueName=stack.services["transcoder"].queue_name)["QueueUrl"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.get_queue_url(QueueName=stack.services["api"].queue_name)


def test_the_transcribers_keys_start_transcription_jobs_and_see_those_of_its_stage(
    stack: Stack,
) -> None:
    keys = service_credentials(stack, "transcriber")
    transcribe = boto3.client(
        "transcribe",
        endpoint_url=stack.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    ours = "mentor-upload-local-a-1-1"

    transcribe.start_transcription_job(
        TranscriptionJobName=ours,
        LanguageCode="en-US",
        Media={"MediaFileUri": f"s3://{stack.transcribe_bucket}/a.wav"},
    )

    answer = transcribe.get_transcription_job(TranscriptionJobName=ours)
    assert answer["TranscriptionJob"]["TranscriptionJobName"] == ours
    with pytest.raises(ClientError, match="not authorized to perform: transcribe:Get"):
        transcribe.get_transcription_job(TranscriptionJobName="mentor-upload-qa-a-1-1")


class Keyed:
    """The jobs table as a service's role reaches it; each call says whether it may."""

    def __init__(self, stack: Stack, service: str) -> None:
        keys = service_credentials(stack, service)
        self.table = stack.jobs_table
        self.dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=stack.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )

    def may(self, action: str, *partitions: str) -> bool:
        key, *_ = keys = [{"pk": {"S": pk}, "sk": {"S": "X"}} for pk in partitions]
        named = {"TableName": self.table}
        asked: dict[str, dict[str, Any]] = {
            "get_item": named | {"Key": key},
            "put_item": named | {"Item": key},
            "update_item": named | {"Key": key},
            "delete_item": named | {"Key": key},
            "batch_get_item": {"RequestItems": {self.table: {"Keys": keys}}},
            "batch_write_item": {
                "RequestItems": {self.table: [{"PutRequest": {"Item": each}} for each in keys]}
            },
            "transact_write_items": {
                "TransactItems": [{"Put": named | {"Item": each}} for each in keys]
            },
            "transact_delete": {
                "TransactItems": [
                    {"Put": named | {"Item": key}},
                    *({"Delete": named | {"Key": each}} for each in keys[1:]),
                ]
            },
            "query": query(self.table, "pk", partitions[0]),
            "due": query(self.table, "due_kind", partitions[0], IndexName="due"),
            "mentor": query(self.table, "mentor", partitions[0], IndexName="mentor"),
            "scan": named,
        }
        method = {"transact_delete": "transact_write_items", "due": "query", "mentor": "query"}
        try:
            getattr(self.dynamodb, method.get(action, action))(**asked[action])
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            return False
        return True


def query(table: str, name: str, value: str, **more: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "KeyConditionExpression": "#name = :value",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": {":value": {"S": value}},
        **more,
    }


UPLOAD, ANSWER, TRANSFER = "UPLOAD#u", "ANSWER#m#q", "TRANSFER#t"
MENTOR, ACTION, AUDIT = "MENTOR#m", "ACTION#a", "AUDIT#203001"
ACCESS: dict[str, tuple[list[tuple[str, ...]], list[tuple[str, ...]]]] = {
    "transcoder": (
        [
            ("get_item", UPLOAD),
            ("get_item", "PROBE"),
            ("batch_get_item", UPLOAD, ANSWER),
            ("put_item", UPLOAD),
            ("update_item", UPLOAD),
            ("put_item", "WORKERS"),
        ],
        [
            ("get_item", AUDIT),
            ("batch_get_item", UPLOAD, TRANSFER),
            ("put_item", ANSWER),
            ("update_item", ANSWER),
            ("put_item", "UPLOADS#u"),
            ("update_item", "SWEEPS"),
            ("transact_write_items", UPLOAD, ANSWER),
            ("batch_write_item", UPLOAD),
            ("delete_item", UPLOAD),
            ("query", UPLOAD),
            ("due", "api"),
            ("scan", UPLOAD),
        ],
    ),
    "transcriber": (
        [
            ("query", UPLOAD),
            ("due", "waiting-transcribe"),
            ("update_item", UPLOAD),
            ("update_item", "SWEEPS"),
        ],
        [
            ("due", "notifier"),
            ("query", AUDIT),
            ("mentor", "m"),
            ("put_item", TRANSFER),
            ("update_item", MENTOR),
            ("delete_item", UPLOAD),
        ],
    ),
    "notifier": (
        [
            ("query", ANSWER),
            ("get_item", MENTOR),
            ("due", "notifier"),
            ("due", "transfer"),
            ("get_item", "SWEEPS"),
            ("update_item", "SWEEPS"),
            ("update_item", ANSWER),
            ("put_item", TRANSFER),
            ("delete_item", TRANSFER),
        ],
        [
            ("due", "api"),
            ("update_item", MENTOR),
            ("put_item", AUDIT),
            ("delete_item", ANSWER),
            ("delete_item", UPLOAD),
        ],
    ),
    "api": (
        [
            ("transact_write_items", UPLOAD, ANSWER),
            ("transact_write_items", TRANSFER, MENTOR),
            ("transact_delete", UPLOAD, ANSWER),
            ("due", "api-transfer"),
            ("get_item", "SWEEPS"),
            ("update_item", "SWEEPS"),
            ("mentor", "m"),
            ("put_item", AUDIT),
            ("query", ACTION),
            ("delete_item", ANSWER),
        ],
        [
            ("delete_item", TRANSFER),
            ("delete_item", AUDIT),
            ("due", "waiting-transcribe"),
            ("put_item", "SOMETHING#else"),
            ("scan", UPLOAD),
        ],
    ),
}
"""By service: what it may ask the jobs table for, and what it may not; an action and its keys."""


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_keys_open_its_partitions_of_the_jobs_table_alone(
    stack: Stack, service: str
) -> None:
    role = Keyed(stack, service)
    allowed, refused = ACCESS[service]

    assert [each for each in allowed if not role.may(*each)] == []
    assert [each for each in refused if role.may(*each)] == []


def test_templates_and_policies_are_no_larger_than_aws_takes(stack: Stack) -> None:
    # Quotas of CloudFormation (a template in the request itself, as infra/deploy.py sends it) and
    # of IAM (a managed policy without its white space).
    assert {path.name for path in ALL_TEMPLATES if len(path.read_bytes()) > 51_200} == set()
    iam = client("iam", stack.endpoint)
    for own in stack.services.values():
        policy = iam.get_policy_version(PolicyArn=own.permissions_arn, VersionId="v1")
        text = json.dumps(policy["PolicyVersion"]["Document"], separators=(",", ":"))
        for short, long in (("local", "s" * 16), ("us-east-1", "ap-southeast-1")):
            text = text.replace(short, long)
        assert len(text) <= 6_144


def test_the_templates_keep_the_rules_of_cloudformation(deploy_tools: Path) -> None:
    found = subprocess.run(
        [deploy_tools / "cfn-lint", "--regions", "us-east-1", "eu-central-1", "--", *ALL_TEMPLATES],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_provisioning_again_changes_nothing_and_keeps_messages(stack: Stack) -> None:
    body = publish(stack, "transcoder", "task.started.v1")

    again = provision(stack.endpoint)

    assert again == stack
    assert [m["Body"] for m in drain(stack, stack.services["notifier"].queue_name)] == [body]


def test_a_changed_template_updates_in_place(stack: Stack, tmp_path: Path) -> None:
    changed = shutil.copytree(TEMPLATES, tmp_path / "stage") / "stateful.yaml"
    changed.write_text(
        changed.read_text().replace("VisibilityTimeout: 60", "VisibilityTimeout: 90")
    )
    body = publish(stack, "transcoder", "task.started.v1")

    assert provision(stack.endpoint, templates=changed.parent) == stack
    queue = attributes(stack, stack.services["notifier"].queue_name)
    assert queue["VisibilityTimeout"] == "90"
    assert [m["Body"] for m in drain(stack, stack.services["notifier"].queue_name)] == [body]

    provision(stack.endpoint)
    queue = attributes(stack, stack.services["notifier"].queue_name)
    assert queue["VisibilityTimeout"] == "60"


def test_a_service_is_told_its_own_names(stack: Stack) -> None:
    environment = service_environment(stack, "transcoder")

    assert environment["QUEUE_NAME"] == "mentor-upload-local-transcoder"
    assert environment["DEAD_LETTER_QUEUE_NAME"] == "mentor-upload-local-transcoder-dlq"
    assert environment["TOPIC_ARN"].endswith(":mentor-upload-local-transcoder")
    assert environment["S3_STATIC_ARN"] == f"arn:aws:s3:::{stack.static_bucket}"
    assert environment["STATIC_URL_BASE"] == f"{stack.endpoint}/{stack.static_bucket}/"


def test_only_where_it_is_wanted_may_the_api_handle_all_dead_letters(stack: Stack) -> None:
    iam = client("iam", stack.endpoint)
    document = iam.get_policy_version(
        PolicyArn=stack.services["api"].permissions_arn, VersionId="v1"
    )["PolicyVersion"]["Document"]
    statements = {one["Sid"]: one for one in document["Statement"]}
    handled = statements["DeadLettersThatOperatorsHandle"]
    assert sorted(handled["Resource"]) == sorted(
        own.dead_letter_queue_arn for own in stack.services.values()
    )
    off = (TEMPLATES / "roles.yaml").read_text()
    parameter = off[off.index("  Console:\n") :].partition("  # From the outputs")[0]
    assert 'Default: "false"' in parameter
    for name in (
        "WhatOperatorsDid",
        "QueuesThatOperatorsLookAfter",
        "DeadLettersThatOperatorsHandle",
        "AgesThatOperatorsAreShown",
    ):
        assert f"- !If\n            - HasConsole\n            - Sid: {name}" in off
        assert name in statements


def judged(*paths: Path) -> tuple[int, str]:
    done = subprocess.run(
        [REPOSITORY / ".venv-deploy/bin/python", REPOSITORY / "infra/policies.py", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.usefixtures("deploy_tools")
def test_every_statement_of_every_policy_keeps_the_service_authorization_reference() -> None:
    assert sorted(DEPLOYED) == ALL_TEMPLATES
    status, output = judged(*DEPLOYED)

    assert output.endswith("statements judged, no faults\n"), output
    assert status == 0
    # A policy document stands behind each of these; none is passed over.
    stated = sum(path.read_text().count("Effect: Allow") for path in DEPLOYED)
    assert int(output.split()[-5]) >= stated


WOULD_NOT_BE_HONOURED = [
    (
        'Resource: "*" # it takes no other\n          - Sid: TranscribeJobsItAsksFor',
        "Resource: !Ref StaticBucketArn\n          - Sid: TranscribeJobsItAsksFor",
        'TranscribeJobsItStarts: RESOURCE_MISMATCH [{"action": "transcribe:StartTranscription',
    ),
    (
        'Action: cloudwatch:GetMetricData\n              Resource: "*"',
        "Action: cloudwatch:GetMetricData\n              Resource: !Ref ApiQueueArn",
        "AgesThatOperatorsAreShown: RESOURCE_MISMATCH",
    ),
    (
        "Action: [s3:ListBucket]",
        "Action: [s3:ListObjectsV2]",
        "Buckets: UNKNOWN_ACTION",
    ),
    (
        ", !Ref StaticBucketArn]",
        "]",
        "without s3:ListBucket, so none is ever missing",
    ),
    (
        "aws:SourceArn: [!Ref NotifierTopic, !Ref ApiTopic]",
        "sns:TopicArn: [!Ref NotifierTopic, !Ref ApiTopic]",
        "OnlyTheTopicsItListensTo: UNKNOWN_CONDITION_FOR_ACTION",
    ),
    (
        '"Action": "sts:AssumeRoleWithWebIdentity"',
        '"Action": "sts:AssumeRoleByWebIdentity"',
        "ApiRole.AssumeRolePolicyDocument : UNKNOWN_ACTION",
    ),
    (
        "Action: [sns:Publish, sns:GetTopicAttributes]\n            Resource: !Ref ApiTopicArn",
        'Action: [sns:Publish, iam:PutUserPolicy]\n            Resource: "*"',
        "ApiPermissions.PolicyDocument: PRIVILEGE_ESCALATION",
    ),
]
"""What stands in a template, what is put in its place, and what is said of that."""


@pytest.mark.usefixtures("deploy_tools")
def test_a_statement_that_iam_would_not_honour_is_found(tmp_path: Path) -> None:
    stateful, roles = (path.read_text() for path in DEPLOYED[:2])
    spoilt = [DEPLOYED[0]]
    for number, (right, wrong, _) in enumerate(WOULD_NOT_BE_HONOURED):
        (text,) = (text for text in (stateful, roles) if right in text)
        spoilt.append(tmp_path / f"{number}.yaml")
        spoilt[-1].write_text(text.replace(right, wrong))

    status, said = judged(*spoilt)  # in one process: to load the reference takes seconds

    assert status == 1
    assert [each for *_, each in WOULD_NOT_BE_HONOURED if each not in said] == []
