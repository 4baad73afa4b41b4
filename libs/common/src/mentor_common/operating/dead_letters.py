"""A service's queue and its dead-letter queue on SQS, as an operator handles them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from mentor_common.aws.clients import AwsRefusedError, error_code, outages_of
from mentor_common.events import UnreadableEventError, UploadData, decode
from mentor_common.failpoints import effect
from mentor_common.operating.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mentor_common.events import Event

BATCH = 10
_BATCH_BYTES = 250_000  # SQS takes 256 KiB in one batch request
_LOOK_SECONDS = 1  # long enough that all of SQS's servers are asked
_EMPTY_LOOKS = 2


@dataclass(frozen=True)
class DeadLetter:
    """A message of a dead-letter queue.

    Parameters
    ----------
    raw
        As SQS gave it: everything of it is kept when it is sent on.
    """

    raw: Mapping[str, Any]

    @property
    def message_id(self) -> str:
        """SQS's id; a redriven message gets a new one."""
        return str(self.raw["MessageId"])

    @property
    def body(self) -> str:
        """The event, or what should have been one."""
        return str(self.raw["Body"])

    @property
    def attributes(self) -> dict[str, str]:
        """Message attributes that are text, the reasons among them."""
        given = self.raw.get("MessageAttributes", {})
        return {name: v["StringValue"] for name, v in given.items() if "StringValue" in v}

    @property
    def sent_at(self) -> float:
        """When it became a dead letter, epoch seconds."""
        return int(self.raw.get("Attributes", {}).get("SentTimestamp", 0)) / 1000

    @property
    def event(self) -> Event | None:
        """The event, or ``None`` where the body is none."""
        try:
            return decode(self.body)
        except UnreadableEventError:
            return None

    @property
    def type(self) -> str:
        """The event's type, or ``unreadable``."""
        event = self.event
        return event.envelope.type if event else "unreadable"

    @property
    def upload_id(self) -> str | None:
        """The upload it is about; ``None`` for a transfer and for what is no event."""
        event = self.event
        if event is None:
            return self.attributes.get("upload")
        return event.data.upload_id if isinstance(event.data, UploadData) else None

    @property
    def code(self) -> str:
        """Why it is here; ``undelivered`` when no service of ours put it here."""
        return self.attributes.get("code", "undelivered")

    def as_entry(self, number: int) -> dict[str, Any]:
        """Return the batch entry that sends all of it on."""
        system = self.raw.get("Attributes", {})
        entry: dict[str, Any] = {"Id": str(number), "MessageBody": self.body}
        if self.raw.get("MessageAttributes"):
            entry["MessageAttributes"] = {
                name: {k: v for k, v in value.items() if not k.endswith("ListValues")}
                for name, value in self.raw["MessageAttributes"].items()
            }
        if "MessageGroupId" in system:
            entry["MessageGroupId"] = system["MessageGroupId"]
        if "AWSTraceHeader" in system:
            trace = {"DataType": "String", "StringValue": system["AWSTraceHeader"]}
            entry["MessageSystemAttributes"] = {"AWSTraceHeader": trace}
        return entry

    @property
    def size(self) -> int:
        """Bytes as SQS counts them, roughly: body, names and values."""
        given = self.raw.get("MessageAttributes", {})
        return len(self.body.encode()) + sum(len(name) + len(str(v)) for name, v in given.items())


class DeadLetters:
    """One service's dead letters and the queue they came from.

    Parameters
    ----------
    sqs
        A boto3 SQS client.
    service
        Whose.
    queue_name, dead_letter_name
        Names of both queues.

    Methods raise ``DependencyDownError`` in an outage and ``RefusedError`` when a queue is missing.
    """

    def __init__(self, sqs: Any, service: str, queue_name: str, dead_letter_name: str) -> None:
        self._sqs = sqs
        self.service = service
        self._names = {"queue": queue_name, "dead": dead_letter_name}
        self._urls: dict[str, str] = {}

    @property
    def queue_name(self) -> str:
        """Name of the queue that the letters came from."""
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

    def figures(self, which: Literal["queue", "dead"] = "dead") -> dict[str, Any]:
        """Return ``arn``, ``waiting`` (visible), ``hidden`` (received or delayed) and ``now``.

        ``now`` is epoch seconds by SQS's own clock, to the second.
        """
        with outages_of("sqs"):
            answer = self._sqs.get_queue_attributes(
                QueueUrl=self._url(which), AttributeNames=["All"]
            )
        found = answer["Attributes"]
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        hidden = ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
        return {
            "arn": found["QueueArn"],
            "waiting": int(found["ApproximateNumberOfMessages"]),
            "hidden": sum(int(found.get(name, 0)) for name in hidden),
            "now": parsedate_to_datetime(said).timestamp() if said else time.time(),
        }

    def take(self, most: int = BATCH, *, visibility: int = 60) -> list[DeadLetter]:
        """Receive dead letters and hide them for ``visibility`` seconds."""
        with outages_of("sqs"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url("dead"),
                MaxNumberOfMessages=min(most, BATCH),
                WaitTimeSeconds=_LOOK_SECONDS,
                VisibilityTimeout=visibility,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        return [DeadLetter(raw) for raw in answer.get("Messages", [])]

    def all(self, *, visibility: int = 60) -> Iterator[list[DeadLetter]]:
        """Yield batches until nothing visible is left; none comes twice within ``visibility``."""
        empty = 0
        while empty < _EMPTY_LOOKS:
            letters = self.take(visibility=visibility)
            empty = 0 if letters else empty + 1
            if letters:
                yield letters

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Make letters visible again; one whose receipt has ended is visible already."""
        for start in range(0, len(letters), BATCH):
            entries = [
                {"Id": str(i), "ReceiptHandle": letter.raw["ReceiptHandle"], "VisibilityTimeout": 0}
                for i, letter in enumerate(letters[start : start + BATCH])
            ]
            with effect("sqs.hide"), outages_of("sqs"):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url("dead"), Entries=entries
                )

    def send_on(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Send letters to the service's queue with all their attributes; return those sent."""
        sent: list[DeadLetter] = []
        for batch in _batches(letters):
            entries = [letter.as_entry(number) for number, letter in enumerate(batch)]
            with effect("sqs.send"), outages_of("sqs"):
                answer = self._sqs.send_message_batch(QueueUrl=self._url("queue"), Entries=entries)
            sent += [batch[int(entry["Id"])] for entry in answer.get("Successful", [])]
        return sent

    def delete(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Delete dead letters; return those deleted."""
        deleted: list[DeadLetter] = []
        for start in range(0, len(letters), BATCH):
            batch = letters[start : start + BATCH]
            entries = [
                {"Id": str(i), "ReceiptHandle": letter.raw["ReceiptHandle"]}
                for i, letter in enumerate(batch)
            ]
            with effect("sqs.delete"), outages_of("sqs"):
                answer = self._sqs.delete_message_batch(QueueUrl=self._url("dead"), Entries=entries)
            deleted += [batch[int(entry["Id"])] for entry in answer.get("Successful", [])]
        return deleted

    def put(self, body: str, group: str, attributes: Mapping[str, str]) -> None:
        """Put one message into the service's queue, as a redrive of one letter would."""
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


def _batches(letters: Sequence[DeadLetter]) -> Iterator[list[DeadLetter]]:
    batch: list[DeadLetter] = []
    for letter in letters:
        too_many = len(batch) == BATCH
        if batch and (too_many or sum(one.size for one in batch) + letter.size > _BATCH_BYTES):
            yield batch
            batch = []
        batch.append(letter)
    if batch:
        yield batch
