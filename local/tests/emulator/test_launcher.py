"""State that outlives the emulator, and the internals of ministack that its launcher uses.

A new release of ministack that renames what the launcher uses fails here.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from mentor_local.emulator import Emulator, EmulatorError
from mentor_local.emulator.launcher import SNAPSHOT_SECONDS, JoinedWrites, Snapshots, may_change
from mentor_local.provision import Stack, client, provision
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("emulator")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path)
    emulator.start()
    yield emulator
    emulator.stop()


def put_one_of_each(stack: Stack) -> None:
    client("sns", stack.endpoint).publish(
        TopicArn=stack.services["api"].topic_arn,
        Message="accepted",
        MessageAttributes={"type": {"DataType": "String", "StringValue": "upload.accepted.v1"}},
    )
    client("dynamodb", stack.endpoint).put_item(
        TableName=stack.jobs_table, Item={"pk": {"S": "UPLOAD#1"}, "sk": {"S": "JOB"}}
    )
    client("s3", stack.endpoint).put_object(
        Bucket=stack.static_bucket,
        Key="videos/web.mp4",
        Body=b"frames",
        ContentType="video/mp4",
        Tagging="superseded=true",
    )


def receive(stack: Stack, service: str) -> list[dict[str, str]]:
    sqs = client("sqs", stack.endpoint)
    url = sqs.get_queue_url(QueueName=stack.services[service].queue_name)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    for message in answer.get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return list(answer.get("Messages", []))


def check_one_of_each(stack: Stack) -> None:
    s3 = client("s3", stack.endpoint)
    assert [message["Body"] for message in receive(stack, "notifier")] == ["accepted"]
    item = client("dynamodb", stack.endpoint).get_item(
        TableName=stack.jobs_table, Key={"pk": {"S": "UPLOAD#1"}, "sk": {"S": "JOB"}}
    )
    assert item["Item"]["pk"]["S"] == "UPLOAD#1"
    stored = s3.get_object(Bucket=stack.static_bucket, Key="videos/web.mp4")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"frames", "video/mp4")
    tags = s3.get_object_tagging(Bucket=stack.static_bucket, Key="videos/web.mp4")["TagSet"]
    assert tags == [{"Key": "superseded", "Value": "true"}]


def generation(folder: Path) -> int:
    return int((folder / "state" / "current").resolve().name)


def change_until_a_snapshot(stack: Stack, number: str, folder: Path) -> None:
    before = generation(folder)
    client("dynamodb", stack.endpoint).put_item(
        TableName=stack.jobs_table, Item={"pk": {"S": f"UPLOAD#{number}"}, "sk": {"S": "JOB"}}
    )
    wait_until(
        lambda: generation(folder) > before, seconds=SNAPSHOT_SECONDS + 10, what="a snapshot"
    )


def test_an_orderly_stop_keeps_everything(kept: Emulator) -> None:
    stack = provision(kept.endpoint)
    put_one_of_each(stack)

    kept.stop()
    kept.start()

    assert provision(kept.endpoint) == stack
    check_one_of_each(stack)


def test_a_kill_keeps_all_but_the_last_two_seconds(kept: Emulator, tmp_path: Path) -> None:
    stack = provision(kept.endpoint)
    put_one_of_each(stack)
    assert len(receive(stack, "transcoder")) == 1
    # The first may have been taken in the middle of the writes above; the second was not.
    for number in ("2", "3"):
        change_until_a_snapshot(stack, number, tmp_path)

    kept.kill()
    kept.start()

    assert provision(kept.endpoint) == stack
    check_one_of_each(stack)
    assert receive(stack, "transcoder") == []  # what was deleted stays deleted


@pytest.mark.parametrize(
    ("method", "target", "changing"),
    [
        ("POST", b"DynamoDB_20120810.GetItem", False),
        ("POST", b"DynamoDB_20120810.BatchGetItem", False),
        ("POST", b"DynamoDB_20120810.Query", False),
        ("POST", b"AmazonSQS.ReceiveMessage", False),
        ("POST", b"AmazonSQS.DeleteMessage", True),
        ("POST", b"DynamoDB_20120810.BatchWriteItem", True),
        ("POST", b"DynamoDB_20120810.TransactWriteItems", True),
        ("POST", b"", True),  # SNS says in the body what it is
        ("GET", b"", False),
        ("PUT", b"", True),
    ],
)
def test_what_only_reads_makes_no_snapshot(method: str, target: bytes, changing: bool) -> None:
    headers = [(b"host", b"localhost"), (b"x-amz-target", target)]
    assert may_change({"method": method, "headers": headers}) is changing


class Sent(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")

    def is_closing(self) -> bool:
        return b"closed" in self.sent


def test_head_and_body_are_sent_at_once_and_nothing_after_the_end() -> None:
    sent = Sent()

    async def answer() -> None:
        transport = JoinedWrites(sent)
        transport.write(b"head ")
        transport.write(b"body")
        await asyncio.sleep(0)
        transport.write(b"last")
        transport.close()
        transport.write(b"late")
        await asyncio.sleep(0)

    asyncio.run(answer())

    assert sent.sent == [b"head body", b"last", b"closed"]


def test_an_unfinished_snapshot_is_never_read(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    whole = snapshots.current.resolve()
    (tmp_path / str(int(whole.name) + 1)).mkdir()  # a writer was killed here
    (tmp_path / "next").symlink_to("nowhere")

    again = Snapshots(tmp_path)

    assert again.current.resolve() == whole
    assert [entry.name for entry in tmp_path.iterdir() if not entry.is_symlink()] == [whole.name]


def test_reset_empties_the_account(emulator: Emulator) -> None:
    client("sqs", emulator.endpoint).create_queue(QueueName="left-over")

    emulator.reset()

    assert not client("sqs", emulator.endpoint).list_queues().get("QueueUrls")


def resources(stack: Stack) -> dict[str, object]:
    """Return how the emulator describes one resource of each kind, and which there are."""
    sqs, sns = client("sqs", stack.endpoint), client("sns", stack.endpoint)
    s3, iam = client("s3", stack.endpoint), client("iam", stack.endpoint)
    dynamodb = client("dynamodb", stack.endpoint)
    queue = sqs.get_queue_url(QueueName=stack.services["notifier"].queue_name)["QueueUrl"]
    names = {"TableName": stack.jobs_table}
    return {
        "queues": sqs.list_queues()["QueueUrls"],
        "queue": sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"],
        "subscriptions": sns.list_subscriptions()["Subscriptions"],
        "buckets": s3.list_buckets()["Buckets"],
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=stack.upload_bucket)["Rules"],
        "policy": s3.get_bucket_policy(Bucket=stack.static_bucket)["Policy"],
        "table": dynamodb.describe_table(**names)["Table"],
        "time to live": dynamodb.describe_time_to_live(**names)["TimeToLiveDescription"],
        "users": iam.list_users()["Users"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
    }


def test_a_restored_baseline_is_what_was_saved_and_nothing_else(emulator: Emulator) -> None:
    emulator.reset()
    stack = provision(emulator.endpoint)
    before = resources(stack)
    emulator.save_baseline()
    for _ in range(2):  # what was restored is not what is kept
        put_one_of_each(stack)
        sqs, s3 = client("sqs", stack.endpoint), client("s3", stack.endpoint)
        url = sqs.get_queue_url(QueueName=stack.services["notifier"].queue_name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
        sqs.create_queue(QueueName="left-over")
        s3.delete_bucket_policy(Bucket=stack.static_bucket)
        s3.delete_bucket(Bucket=stack.transcribe_bucket)
        client("iam", stack.endpoint).create_user(UserName="left-over")

        emulator.restore_baseline()

        assert resources(stack) == before
        assert receive(stack, "notifier") == []
        assert "Contents" not in s3.list_objects_v2(Bucket=stack.static_bucket)
    put_one_of_each(stack)
    check_one_of_each(stack)
    emulator.reset()


def test_it_listens_on_this_machine_only(emulator: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=5) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", emulator.port), timeout=5)


def test_a_missing_interpreter_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MENTOR_UPLOAD_EMULATOR_PYTHON", str(tmp_path / "python"))

    with pytest.raises(EmulatorError, match="make setup"):
        Emulator().start()


def test_a_launcher_that_fails_shows_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named ministack' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("MENTOR_UPLOAD_EMULATOR_PYTHON", str(broken))

    with pytest.raises(EmulatorError, match="no module named ministack"):
        Emulator().start()
