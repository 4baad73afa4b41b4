"""The fault proxy: signatures hold through it, and each fault is what a client would see."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from mentor_local.chaos.faults import Plan, Rates, action_of, service_of
from mentor_local.chaos.proxy import rates_json
from mentor_local.process import http_status
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


KEY, BODY = "folder/a b+c", b"x" * 200_000


class Proxied:
    """The emulator behind the proxy."""

    def __init__(self, url: str, cloud: Any) -> None:
        self.url = url
        self.cloud = cloud

    def client(self, name: str) -> Any:
        """Return a client that tries once, so that a test sees what happened."""
        return boto3.client(
            name,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"total_max_attempts": 1},
                signature_version="s3v4" if name == "s3" else None,
                s3={"addressing_style": "path"},
                read_timeout=10,
            ),
        )

    def set(self, **rates: float) -> None:
        """Set what the proxy does."""
        requests.put(f"{self.url}/_faults", data=rates_json(Rates.of(rates)), timeout=5)

    def done(self) -> dict[str, int]:
        """Return what it did."""
        return dict(requests.get(f"{self.url}/_faults", timeout=5).json())


@pytest.fixture
def proxied(cloud: Any) -> Iterator[Proxied]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "PROXY_PORT": str(port),
        "PROXY_UPSTREAM": cloud.stack.endpoint,
        "PROXY_SEED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "mentor_local.chaos.proxy"], env=os.environ | own
    ) as process:
        url = f"http://localhost:{port}"
        wait_until(
            lambda: http_status(f"http://127.0.0.1:{port}/_faults/health") == 200,
            seconds=30,
            what="the proxy",
        )
        yield Proxied(url, cloud)
        process.terminate()


def queue_of(proxied: Proxied) -> tuple[Any, str]:
    sqs = proxied.client("sqs")
    url = sqs.get_queue_url(QueueName=proxied.cloud.stack.services["notifier"].queue_name)
    return sqs, url["QueueUrl"]


def test_without_faults_everything_goes_through_and_wrong_signatures_do_not(
    proxied: Proxied,
) -> None:
    s3, bucket = proxied.client("s3"), proxied.cloud.stack.upload_bucket
    s3.put_object(Bucket=bucket, Key=KEY, Body=BODY)
    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == BODY
    assert s3.head_object(Bucket=bucket, Key=KEY)["ContentLength"] == len(BODY)
    sqs, url = queue_of(proxied)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    assert message["Body"] == "hello"
    signed = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEY})
    assert requests.get(signed, timeout=5).content == BODY
    assert requests.get(signed.replace("Signature=", "Signature=0"), timeout=5).status_code == 403
    assert proxied.done() == {}


def test_s3_answers_503_and_streams_end_in_the_middle(proxied: Proxied) -> None:
    s3, bucket = proxied.client("s3"), proxied.cloud.stack.upload_bucket
    s3.put_object(Bucket=bucket, Key=KEY, Body=BODY)
    proxied.set(s3_unavailable=1)
    with pytest.raises(ClientError, match="SlowDown"):
        s3.get_object(Bucket=bucket, Key=KEY)
    proxied.set(s3_cut=1)
    with pytest.raises(Exception, match=r"IncompleteRead|ended prematurely"):
        s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()
    with pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=bucket, Key="other", Body=BODY)
    proxied.set()
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="other")
    assert proxied.done() == {"s3 unavailable": 1, "s3 cut_answer": 1, "s3 cut_request": 1}


def test_sqs_is_away_or_forgets_a_delete_and_sns_says_things_twice(proxied: Proxied) -> None:
    sqs, url = queue_of(proxied)
    proxied.set(sqs_refused=1)
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        sqs.send_message(QueueUrl=url, MessageBody="hello")
    proxied.set(delete_lost=1)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, VisibilityTimeout=1)["Messages"]
    assert again["MessageId"] == message["MessageId"]
    entries = [{"Id": "0", "ReceiptHandle": again["ReceiptHandle"]}]
    answer = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert answer["Successful"] == [{"Id": "0"}]
    (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert again["MessageId"] == message["MessageId"]

    proxied.set(publish_twice=1, late_seconds=0.1)
    sqs.purge_queue(QueueUrl=url)
    proxied.client("sns").publish(
        TopicArn=proxied.cloud.stack.services["transcoder"].topic_arn,
        Message=json.dumps({"id": 1}),
        MessageAttributes={"type": {"DataType": "String", "StringValue": "task.started.v1"}},
    )
    seen: list[str] = []

    def twice() -> bool:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
        seen.extend(one["MessageId"] for one in answer.get("Messages", []))
        return len(set(seen)) == 2

    wait_until(twice, seconds=10, what="the message and its copy")


def test_what_is_hit_depends_on_seed_and_order_alone() -> None:
    def decisions(seed: int) -> list[str | None]:
        plan = Plan(seed)
        plan.rates = Rates(s3_unavailable=0.2, publish_twice=0.3)
        calls = [("s3", "", "GET"), ("sns", "Publish", "POST"), ("sqs", "ReceiveMessage", "POST")]
        return [plan.decide(*calls[number % 3]) for number in range(300)]

    assert decisions(5) == decisions(5) != decisions(6)
    assert 10 <= decisions(5).count("unavailable") <= 35
    assert decisions(5)[2::3] == [None] * 100, "SQS has no rate and no fault"


def test_services_and_actions_are_told_apart_by_what_clients_send() -> None:
    scope = "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/sqs/aws4_request, Signed"
    assert service_of(scope, "") == "sqs"
    assert service_of("", "X-Amz-Credential=test%2F20261124%2Fus-east-1%2Fs3") == "s3"
    assert action_of("AmazonSQS.DeleteMessage", b"") == "DeleteMessage"
    assert action_of("", b"Action=Publish&Message=x") == "Publish"
    with pytest.raises(ValueError, match="no such rate: s4"):
        Rates.of({"s4": 1})
