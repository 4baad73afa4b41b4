"""Search of all that a local stack holds: queues, tables, buckets, files."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mentor_local.running import RunningStack

_HIDDEN_SECONDS = 30
_BATCH = 10
# Who starts the stack, or seeds it, is given its secrets and tokens there.
_GIVEN_OUT = frozenset({"endpoints.json", "secrets.json", "seed/env.sh"})


def everything(stack: RunningStack) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of all that the stack holds.

    Messages stay where they are; those that a worker has in hand are not seen, so let the stack
    come to rest first.
    """
    yield from _queues(stack.client("sqs"))
    yield from _tables(stack.client("dynamodb"))
    yield from _buckets(stack.client("s3"))
    for path in sorted(stack.home.rglob("*")):
        with suppress(FileNotFoundError):  # working files come and go
            name = str(path.relative_to(stack.home))
            if path.is_file() and name not in _GIVEN_OUT:
                yield f"file {name}", path.read_bytes()


def find(stack: RunningStack, texts: Iterable[str]) -> list[str]:
    """Return the names of all that contains any of ``texts``."""
    encoded = [text.encode() for text in texts]
    return [name for name, content in everything(stack) if any(text in content for text in encoded)]


def record_events(sqs: Any, sns: Any, name: str = "recorder") -> str:
    """Subscribe a queue of that name to all topics; return its URL.

    An event that was handled is gone from the services' queues, but stays in this one.
    """
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    for topic in sns.list_topics()["Topics"]:
        sns.subscribe(
            TopicArn=topic["TopicArn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
    return url


def _queues(sqs: Any) -> Iterator[tuple[str, bytes]]:
    for url in sqs.list_queues().get("QueueUrls", []):
        name = f"queue {url.rsplit('/', 1)[-1]}"
        seen = []
        while True:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_BATCH,
                WaitTimeSeconds=0,
                VisibilityTimeout=_HIDDEN_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            for message in answer["Messages"]:
                seen.append(message["ReceiptHandle"])
                yield name, json.dumps(message, default=str).encode()
        for receipt in seen:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)


def _tables(dynamodb: Any) -> Iterator[tuple[str, bytes]]:
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield f"table {table}", json.dumps(item, default=str).encode()


def _buckets(s3: Any) -> Iterator[tuple[str, bytes]]:
    for bucket in (found["Name"] for found in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                answer = s3.get_object(Bucket=bucket, Key=item["Key"])
                described = json.dumps([item["Key"], answer["Metadata"]]).encode()
                yield f"bucket {bucket}", described + answer["Body"].read()
