"""SQS's own redrive, against recorded responses: the emulator has no message move tasks."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from mentor_ops.adapters.move_task import MoveTasks, NotOfferedError
from mentor_ops.errors import Exit, OpsError
from mentor_ops.redrive import by_move_task

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "arn:aws:sqs:us-east-1:123456789012:mentor-upload-prod-transcoder-dlq"
DESTINATION = "arn:aws:sqs:us-east-1:123456789012:mentor-upload-prod-transcoder"
HANDLE = "eyJ0YXNrSWQiOiJkYzE2OWUwNC0wZTU1LTQ0ZDIifQ=="
START = {
    "SourceArn": SOURCE,
    "DestinationArn": DESTINATION,
    "MaxNumberOfMessagesPerSecond": 50,
}
LIST = {"SourceArn": SOURCE, "MaxResults": 1}


def task(status: str, moved: int = 0, **changes: Any) -> dict[str, Any]:
    """An answer of ListMessageMoveTasks as AWS gives it; a handle only while it runs."""
    found: dict[str, Any] = {
        "Status": status,
        "SourceArn": SOURCE,
        "DestinationArn": DESTINATION,
        "MaxNumberOfMessagesPerSecond": 50,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": 500,
        "StartedTimestamp": 1442428276921,
    }
    if status == "RUNNING":
        found["TaskHandle"] = HANDLE
    return {"Results": [found | changes]}


class Recorded:
    """SQS as recorded, and the redrive over it."""

    def __init__(self, stub: Stubber, tasks: MoveTasks) -> None:
        self._stub = stub
        self._tasks = tasks
        self.seen: list[tuple[int, int]] = []

    def listed(self, *answers: dict[str, Any]) -> Recorded:
        for answer in answers:
            self._stub.add_response("list_message_move_tasks", answer, LIST)
        return self

    def started(self) -> Recorded:
        self._stub.add_response("start_message_move_task", {"TaskHandle": HANDLE}, START)
        return self

    def refused(self, operation: str, code: str, status: int = 400) -> Recorded:
        self._stub.add_client_error(operation, code, "recorded", http_status_code=status)
        return self

    def cancelled(self) -> Recorded:
        answer = {"ApproximateNumberOfMessagesMoved": 120}
        self._stub.add_response("cancel_message_move_task", answer, {"TaskHandle": HANDLE})
        return self

    def redrive(self, interrupt_at: int | None = None) -> Any:
        def on_progress(moved: int, to_move: int) -> None:
            self.seen.append((moved, to_move))
            if moved == interrupt_at:
                os.kill(os.getpid(), signal.SIGINT)

        return by_move_task(self._tasks, max_rate=50, on_progress=on_progress, poll_seconds=0.01)


@pytest.fixture
def sqs() -> Iterator[Recorded]:
    client = boto3.client(
        "sqs",
        region_name="us-east-1",
        aws_access_key_id="recorded",
        aws_secret_access_key="recorded",
    )
    with Stubber(client) as stub:
        yield Recorded(stub, MoveTasks(client, SOURCE, DESTINATION))
        stub.assert_no_pending_responses()


@contextmanager
def refused(match: str, code: Exit = Exit.REFUSED) -> Iterator[None]:
    with pytest.raises(OpsError, match=match) as caught:
        yield
    assert caught.value.code == code


def test_it_names_its_destination_and_follows_the_task_to_its_end(sqs: Recorded) -> None:
    sqs.listed({"Results": []}).started()
    sqs.listed(task("RUNNING"), task("RUNNING", 220), task("COMPLETED", 500))
    ended = sqs.redrive()
    assert (ended.status, ended.moved) == ("COMPLETED", 500)
    assert sqs.seen == [(0, 500), (220, 500), (500, 500)]


def test_an_earlier_task_that_has_ended_is_no_obstacle(sqs: Recorded) -> None:
    sqs.listed(task("COMPLETED", 3)).started().listed(task("COMPLETED", 500))
    assert sqs.redrive().moved == 500


def test_run_twice_the_second_follows_the_one_task_a_queue_may_have(sqs: Recorded) -> None:
    sqs.listed(task("RUNNING", 100), task("COMPLETED", 500))
    assert sqs.redrive().moved == 500


def test_somebody_faster_by_a_moment_is_followed_too(sqs: Recorded) -> None:
    sqs.listed({"Results": []})
    sqs.refused("start_message_move_task", "AWS.SimpleQueueService.UnsupportedOperation")
    sqs.listed(task("RUNNING"), task("COMPLETED", 500))
    assert sqs.redrive().status == "COMPLETED"


def test_a_task_to_another_queue_is_not_taken_for_ours(sqs: Recorded) -> None:
    sqs.listed(task("RUNNING", DestinationArn=DESTINATION + "-copy"))
    with refused("runs on this queue"):
        sqs.redrive()


def test_ctrl_c_cancels_the_task_and_waits_for_its_end(sqs: Recorded) -> None:
    sqs.listed({"Results": []}).started()
    sqs.listed(task("RUNNING", 120)).cancelled()
    sqs.listed(task("CANCELLING", 121), task("CANCELLED", 125))
    ended = sqs.redrive(interrupt_at=120)
    assert (ended.status, ended.moved) == ("CANCELLED", 125)


def test_a_task_that_fails_says_why(sqs: Recorded) -> None:
    sqs.listed({"Results": []}).started()
    sqs.listed(task("FAILED", 7, FailureReason="AWS.SimpleQueueService.AccessDenied"))
    with refused("AccessDenied", Exit.ATTENTION):
        sqs.redrive()


def test_where_sqs_has_no_such_thing_the_loop_takes_over(sqs: Recorded) -> None:
    sqs.refused("list_message_move_tasks", "InvalidAction")
    with pytest.raises(NotOfferedError):
        sqs.redrive()
