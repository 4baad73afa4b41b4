"""The services' dead-letter queues on SQS, and the queues that their messages come from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from mentor_common.aws.clients import AwsRefusedError, error_code, outages_of
from mentor_common.failpoints import effect
from mentor_common.operating.dead_letter import DeadLetter
from mentor_common.operating.errors import RefusedError
from mentor_common.settings import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mentor_common.settings import StageSettings

_BATCH = 10
_BATCH_BYTES = 250_000  # SQS takes 256 KiB in one batch request
_WAIT_SECONDS = 1  # long enough that all of SQS's servers are asked
_EMPTY_RECEIVES = 2
_PEEK_SECONDS = 30


@dataclass(frozen=True)
class QueueDepth:
    """The messages of one queue, by SQS's approximate count.

    Parameters
    ----------
    arn
        Of the queue.
    visible, hidden
        Messages that can be received, and those received or delayed.
    now
        Epoch seconds by SQS's own clock, to the second.
    """

    arn: str
    visible: int
    hidden: int
    now: float

    @property
    def total(self) -> int:
        """All messages."""
        return self.visible + self.hidden


class DeadLetterQueue:
    """A service's dead-letter queue, and the service's queue, which its messages come from.

    Methods raise ``DependencyDownError`` in an outage and ``RefusedError`` when a queue is missing.
    """

    def __init__(self, sqs: Any, service: str, queue_name: str, dead_letter_name: str) -> None:
        self._sqs = sqs
        self.service = service
        self._names = {"queue": queue_name, "dead": dead_letter_name}
        self._urls: dict[str, str] = {}

    @property
    def queue_name(self) -> str:
        """Name of the service's queue."""
        return self._names["queue"]

    def _url(self, which: str) -> str:
        if which not in self._urls:
            name = self._names[which]
            try:
                with outages_of("sqs"):
                    self._urls[which] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            except AwsRefusedError as error:
                if error_code(error).endswith(("NonExistentQueue", "QueueDoesNotExist")):
                    raise RefusedError(f"there is no queue {name}; is the stage right?") from None
                raise
        return self._urls[which]

    def depth(self) -> QueueDepth:
        """Return how many dead letters there are."""
        return self._depth("dead")

    def source_depth(self) -> QueueDepth:
        """Return how many messages the service's queue has."""
        return self._depth("queue")

    def _depth(self, which: str) -> QueueDepth:
        with outages_of("sqs"):
            answer = self._sqs.get_queue_attributes(
                QueueUrl=self._url(which), AttributeNames=["All"]
            )
        found = answer["Attributes"]
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        hidden = ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
        return QueueDepth(
            arn=found["QueueArn"],
            visible=int(found["ApproximateNumberOfMessages"]),
            hidden=sum(int(found.get(name, 0)) for name in hidden),
            now=parsedate_to_datetime(date).timestamp() if date else time.time(),
        )

    def batches(self, *, visibility: int = 60) -> Iterator[list[DeadLetter]]:
        """Yield dead letters until none is visible; none comes twice within ``visibility`` seconds.

        Each is hidden for so long, unless it is released.
        """
        empty = 0
        while empty < _EMPTY_RECEIVES:
            letters = self._receive(visibility)
            empty = 0 if letters else empty + 1
            if letters:
                yield letters

    def _receive(self, visibility: int) -> list[DeadLetter]:
        with outages_of("sqs"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url("dead"),
                MaxNumberOfMessages=_BATCH,
                WaitTimeSeconds=_WAIT_SECONDS,
                VisibilityTimeout=visibility,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        return [DeadLetter(raw) for raw in answer.get("Messages", [])]

    def peek(self, most: int, wanted: frozenset[str] | None = None) -> list[DeadLetter]:
        """Return at most so many dead letters, which are visible again at once.

        ``wanted`` are ids of messages: when all of them were seen, no more are read.
        """
        found: dict[str, DeadLetter] = {}
        try:
            for batch in self.batches(visibility=_PEEK_SECONDS) if most else ():
                found |= {one.message_id: one for one in batch}
                if len(found) >= most or (wanted is not None and wanted <= found.keys()):
                    break
        finally:
            self.release(list(found.values()))
        return list(found.values())[:most]

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Make dead letters visible again; one whose receipt has ended is visible already."""
        for batch in _batched(letters):
            entries = _receipts(batch, VisibilityTimeout=0)
            with effect("sqs.hide"), outages_of("sqs"):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url("dead"), Entries=entries
                )

    def redrive(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Send dead letters to the service's queue with all their attributes, then delete them.

        Returns those sent and deleted; what SQS did not take is still there.
        """
        sent: list[DeadLetter] = []
        for batch in _sendable(letters):
            entries = [letter.as_entry(number) for number, letter in enumerate(batch)]
            with effect("sqs.send"), outages_of("sqs"):
                answer = self._sqs.send_message_batch(QueueUrl=self._url("queue"), Entries=entries)
            sent += _successful(batch, answer)
        return self.delete(sent)

    def delete(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Delete dead letters; return those deleted."""
        deleted: list[DeadLetter] = []
        for batch in _batched(letters):
            with effect("sqs.delete"), outages_of("sqs"):
                answer = self._sqs.delete_message_batch(
                    QueueUrl=self._url("dead"), Entries=_receipts(batch)
                )
            deleted += _successful(batch, answer)
        return deleted

    def send(self, body: str, group: str, attributes: Mapping[str, str]) -> None:
        """Send one message to the service's queue, as the redrive of one letter would."""
        with effect("sqs.send"), outages_of("sqs"):
            self._sqs.send_message(
                QueueUrl=self._url("queue"),
                MessageBody=body,
                MessageGroupId=group,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )


class DeadLetterQueues:
    """The dead-letter queues of a stage, by their services."""

    def __init__(self, sqs: Any, settings: StageSettings) -> None:
        self._sqs = sqs
        self._settings = settings

    def __getitem__(self, service: str) -> DeadLetterQueue:
        names = self._settings.stage_queue_names(service)
        return DeadLetterQueue(self._sqs, service, *names)

    def all(self) -> list[DeadLetterQueue]:
        """Return the queue of each service."""
        return [self[service] for service in SERVICES]


def _batched(letters: Sequence[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
    for start in range(0, len(letters), _BATCH):
        yield letters[start : start + _BATCH]


def _receipts(batch: Sequence[DeadLetter], **more: Any) -> list[dict[str, Any]]:
    return [
        {"Id": str(number), "ReceiptHandle": letter.raw["ReceiptHandle"], **more}
        for number, letter in enumerate(batch)
    ]


def _successful(batch: Sequence[DeadLetter], answer: Mapping[str, Any]) -> list[DeadLetter]:
    return [batch[int(entry["Id"])] for entry in answer.get("Successful", [])]


def _sendable(letters: Sequence[DeadLetter]) -> Iterator[list[DeadLetter]]:
    """Yield batches that are not too many, nor too large together."""
    batch: list[DeadLetter] = []
    for letter in letters:
        too_many = len(batch) == _BATCH
        if batch and (too_many or sum(one.size for one in batch) + letter.size > _BATCH_BYTES):
            yield batch
            batch = []
        batch.append(letter)
    if batch:
        yield batch
