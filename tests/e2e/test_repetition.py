"""Every message three times and in reverse order changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_local.graphql.seed import SEED_THIRD_QUESTION_ID
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

SERVICES = ("api", "transcoder", "transcriber", "notifier")
HEARS = {
    "transcoder": {"upload.accepted.v1"},
    "transcriber": {"upload.accepted.v1", "alignment.requested.v1"},
    "notifier": {
        "upload.accepted.v1",
        "task.started.v1",
        "task.completed.v1",
        "task.failed.v1",
    },
}


def listen(running: RunningStack) -> str:
    """Subscribe a queue of the test to all topics; return its URL."""
    sqs, sns = running.client("sqs"), running.client("sns")
    url = sqs.create_queue(QueueName="e2e-listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = arn["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    for topic in sns.list_topics()["Topics"]:
        if topic["TopicArn"].rsplit("-", 1)[-1] in SERVICES:
            sns.subscribe(
                TopicArn=topic["TopicArn"],
                Protocol="sqs",
                Endpoint=arn,
                Attributes={"RawMessageDelivery": "true"},
            )
    return str(url)


def drain(sqs: Any, url: str, upload_id: str) -> list[dict[str, Any]]:
    """Receive until the outcome has been said; return the upload's messages."""
    heard: list[dict[str, Any]] = []

    def outcome_said() -> bool:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if json.loads(message["Body"])["subject"] == upload_id:
                heard.append(message)
        return any('"answer.' in message["Body"] for message in heard)

    wait_until(outcome_said, seconds=60, what="the outcome to be said")
    return heard


def queue_urls(sqs: Any) -> dict[str, str]:
    urls = sqs.list_queues(QueueNamePrefix="mentor-upload-")["QueueUrls"]
    return {service: url for url in urls for service in SERVICES if url.endswith(f"-{service}")}


def waiting(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def test_every_message_thrice_and_in_reverse_order_changes_nothing(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    question = SEED_THIRD_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    sqs, s3 = running.client("sqs"), running.client("s3")
    listener = listen(running)
    body = running.body(question, trim={"start": 1.0, "end": 2.5})
    upload_id = running.ui.upload(clip("silent.mp4"), body)["upload_id"]
    heard = drain(sqs, listener, upload_id)
    bucket = running.endpoints["static"].rstrip("/").rsplit("/", 1)[-1]
    prefix = f"videos/{running.endpoints['mentor']}/{question}/{upload_id}/"

    def world() -> tuple[Any, ...]:
        objects = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        stored = sorted((item["Key"], item["ETag"]) for item in objects)
        status = running.ui.status(upload_id)
        return running.answer(question), running.document(question), stored, status

    wait_until(
        lambda: (
            {task["status"] for task in running.ui.status(upload_id)["tasks"]} == {"DONE"}
            and running.ui.status(upload_id)["finished_at"] is not None
        ),
        seconds=30,
        what="the upload to be finished",
    )
    before = world()
    queues = queue_urls(sqs)
    assert heard
    for message in reversed(heard):
        kind = json.loads(message["Body"])["type"]
        attributes = {
            name: {"DataType": value["DataType"], "StringValue": value["StringValue"]}
            for name, value in message["MessageAttributes"].items()
        }
        for service, types in HEARS.items():
            for _ in range(3 if kind in types else 0):
                sqs.send_message(
                    QueueUrl=queues[service],
                    MessageBody=message["Body"],
                    MessageAttributes=attributes,
                )
    for service in HEARS:
        wait_until(
            lambda url=queues[service]: waiting(sqs, url) == 0,  # type: ignore[misc]  # bound at once
            seconds=60,
            what=f"{service} to have handled the repetitions",
        )
    assert world() == before
    dead = sqs.list_queues(QueueNamePrefix="mentor-upload-")["QueueUrls"]
    assert {url: waiting(sqs, url) for url in dead if url.endswith("-dlq")} == {
        url: 0 for url in dead if url.endswith("-dlq")
    }
