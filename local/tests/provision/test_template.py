"""What the template creates, as the services will meet it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.provision import SERVICES, TEMPLATE, Stack, client, provision, service_environment

if TYPE_CHECKING:
    from pathlib import Path

TASK_EVENTS = {"task.started.v1", "task.completed.v1", "task.failed.v1"}
EVENTS = TASK_EVENTS | {
    "upload.accepted.v1",
    "upload.cancelled.v1",
    "transfer.requested.v1",
    "media.copy_requested.v1",
    "media.copied.v1",
    "media.copy_failed.v1",
    "answer.ready.v1",
    "answer.failed.v1",
    "mentor.imported.v1",
}
HEARD: dict[tuple[str, str], set[str]] = {
    ("transcoder", "api"): {"upload.accepted.v1"},
    ("transcriber", "api"): {"upload.accepted.v1"},
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


def publish(stack: Stack, speaker: str, event_type: str, **attributes: str) -> str:
    body = json.dumps({"type": event_type, "source": speaker, **attributes}, sort_keys=True)
    client("sns", stack.endpoint).publish(
        TopicArn=stack.services[speaker].topic_arn,
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
    admitted = {stack.services[speaker].topic_arn for hearer, speaker in HEARD if hearer == service}

    for name in (own.queue_name, own.dead_letter_queue_name):
        (statement,) = json.loads(attributes(stack, name)["Policy"])["Statement"]
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert set(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == admitted


def test_subscriptions_are_raw_filtered_and_have_a_dead_letter_queue(stack: Stack) -> None:
    sns = client("sns", stack.endpoint)
    by_queue = {own.queue_arn: (name, own) for name, own in stack.services.items()}
    by_topic = {own.topic_arn: name for name, own in stack.services.items()}
    found: dict[tuple[str, str], set[str]] = {}

    for subscription in sns.list_subscriptions()["Subscriptions"]:
        hearer, own = by_queue[subscription["Endpoint"]]
        details = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
        held = details["Attributes"]
        policy = json.loads(held["FilterPolicy"])
        found[hearer, by_topic[subscription["TopicArn"]]] = set(policy["type"])
        assert policy.get("transcribe") == (["true"] if hearer == "transcriber" else None)
        assert held["FilterPolicyScope"] == "MessageAttributes"
        assert held["RawMessageDelivery"] == "true"
        assert json.loads(held["RedrivePolicy"]) == {
            "deadLetterTargetArn": own.dead_letter_queue_arn
        }

    assert found == HEARD


def test_each_published_event_reaches_exactly_those_who_listen(stack: Stack) -> None:
    expected: dict[str, list[str]] = {service: [] for service in SERVICES}
    for speaker in SERVICES:
        for event_type in sorted(EVENTS):
            for transcribe in ("true", "false"):
                body = publish(stack, speaker, event_type, transcribe=transcribe)
                for hearer in SERVICES:
                    wanted = hearer != "transcriber" or transcribe == "true"
                    if event_type in HEARD.get((hearer, speaker), set()) and wanted:
                        expected[hearer].append(body)

    heard = {
        service: sorted(m["Body"] for m in drain(stack, own.queue_name))
        for service, own in stack.services.items()
    }

    assert heard == {service: sorted(bodies) for service, bodies in expected.items()}


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


def test_provisioning_again_changes_nothing_and_keeps_messages(stack: Stack) -> None:
    body = publish(stack, "transcoder", "task.started.v1")

    again = provision(stack.endpoint)

    assert again == stack
    assert [m["Body"] for m in drain(stack, stack.services["notifier"].queue_name)] == [body]


def test_a_changed_template_updates_in_place(stack: Stack, tmp_path: Path) -> None:
    text = TEMPLATE.read_text()
    changed = tmp_path / "template.yaml"
    changed.write_text(text.replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"))
    body = publish(stack, "transcoder", "task.started.v1")

    assert provision(stack.endpoint, template=changed) == stack
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
