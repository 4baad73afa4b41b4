"""SQS's own redrive: ``StartMessageMoveTask`` with its destination named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mentor_common.aws.clients import error_code, outages_of
from mentor_common.failpoints import effect

_NOT_OFFERED = ("InvalidAction", "UnknownOperation", "UnknownOperationException")
_ALREADY_RUNNING = "UnsupportedOperation"
FASTEST = 500
"""Messages per second that SQS moves at most."""


class NotOfferedError(Exception):
    """SQS has no message move tasks here: an emulator."""


class AlreadyRunningError(Exception):
    """The queue has its one task already."""


@dataclass(frozen=True)
class MoveTask:
    """State of a message move task.

    Parameters
    ----------
    status
        ``RUNNING``, ``COMPLETED``, ``CANCELLING``, ``CANCELLED`` or ``FAILED``.
    handle
        What cancels it; SQS gives it while the task runs.
    destination
        ARN of the queue it moves to, empty where SQS was left to guess.
    moved, to_move
        Messages, both approximate.
    reason
        Why it failed.
    """

    status: str
    handle: str
    destination: str
    moved: int
    to_move: int
    reason: str

    @property
    def is_over(self) -> bool:
        """Whether it moves nothing any more."""
        return self.status in {"COMPLETED", "CANCELLED", "FAILED"}


class MoveTasks:
    """Message move tasks of one dead-letter queue.

    Parameters
    ----------
    sqs
        A boto3 SQS client.
    source, destination
        ARNs of the dead-letter queue and of the queue its letters go to. The destination is
        always named: our letters are copies, of which SQS does not know where they came from.
    """

    def __init__(self, sqs: Any, source: str, destination: str) -> None:
        self._sqs = sqs
        self._source = source
        self.destination = destination

    def start(self, per_second: int) -> None:
        """Start moving.

        Raises
        ------
        AlreadyRunningError
            When a task runs; SQS allows one a queue.
        NotOfferedError
            When this SQS has no such thing.
        """
        try:
            with effect("sqs.send"), outages_of("sqs"):
                self._sqs.start_message_move_task(
                    SourceArn=self._source,
                    DestinationArn=self.destination,
                    MaxNumberOfMessagesPerSecond=min(per_second, FASTEST),
                )
        except ClientError as error:
            if error_code(error).endswith(_ALREADY_RUNNING):
                raise AlreadyRunningError(str(error)) from None
            raise _translated(error) from error

    def newest(self) -> MoveTask | None:
        """Return the queue's newest task, or ``None`` when it never had one.

        Raises
        ------
        NotOfferedError
            When this SQS has no such thing.
        """
        try:
            with outages_of("sqs"):
                answer = self._sqs.list_message_move_tasks(SourceArn=self._source, MaxResults=1)
        except ClientError as error:
            raise _translated(error) from error
        for found in answer.get("Results", []):
            return MoveTask(
                status=found["Status"],
                handle=found.get("TaskHandle", ""),
                destination=found.get("DestinationArn", ""),
                moved=found.get("ApproximateNumberOfMessagesMoved", 0),
                to_move=found.get("ApproximateNumberOfMessagesToMove", 0),
                reason=found.get("FailureReason", ""),
            )
        return None

    def cancel(self, handle: str) -> None:
        """Stop moving; what has been moved stays moved."""
        with effect("sqs.send"), outages_of("sqs"):
            self._sqs.cancel_message_move_task(TaskHandle=handle)


def _translated(error: ClientError) -> Exception:
    return NotOfferedError() if error_code(error).endswith(_NOT_OFFERED) else error
