"""The queue a service listens to, and its dead-letter queue."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aiobotocore.session import get_session

from mentor_common.aws.clients import MODELS, config, outages_of, refusal_of_entry
from mentor_common.consumer.batches import MOST_MESSAGES, Batches
from mentor_common.failpoints import effect
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.aws_calls import observe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

_MAX_HIDE_SECONDS = 43200
_MAX_ATTRIBUTES = 10
_FLUSH_SECONDS = 5.0
_SYSTEM_ATTRIBUTES = ["ApproximateReceiveCount", "MessageGroupId", "SentTimestamp"]
_FIGURES = {
    "ApproximateNumberOfMessages": "visible",
    "ApproximateNumberOfMessagesNotVisible": "in_flight",
    "ApproximateNumberOfMessagesDelayed": "delayed",
}


@dataclass(frozen=True)
class Message:
    """A received message. ``receive_count`` also rises with restarts: it decides nothing."""

    body: str
    receipt: str
    message_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    receive_count: int = 1
    sent_at: float = 0.0


class Queue(Protocol):
    """A queue as the consumer needs it. Methods raise ``DependencyDownError`` in an outage."""

    async def receive(self, most: int, wait_seconds: int, visibility: int) -> list[Message]:
        """Long-poll for at most ``most`` messages and hide them for ``visibility`` seconds."""
        ...

    async def hide(self, message: Message, seconds: float) -> None:
        """Let the message reappear after ``seconds`` from now (0: at once)."""
        ...

    async def delete(self, message: Message) -> None:
        """Remove the message for good; return when it is."""
        ...

    async def dead_letter(self, message: Message, reasons: Mapping[str, str]) -> None:
        """Put a copy of the message, with the reason as attributes, into the dead-letter queue."""
        ...


class SqsQueue:
    """A queue on SQS through aiobotocore.

    Queue URLs echo the host they were asked through, so names are kept and URLs looked up.
    """

    def __init__(self, sqs: Any, name: str, dead_letter_name: str) -> None:
        self._sqs = sqs
        self._names = {"queue": name, "dead": dead_letter_name}
        self._urls: dict[str, str] = {}
        self._deletes = Batches(self._delete_batch)

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, region: str, name: str, dead_letter_name: str
    ) -> AsyncIterator[SqsQueue]:
        """Open a client for as long as the context lasts."""
        session = get_session()
        session.register_component("data_loader", MODELS)
        async with session.create_client("sqs", region_name=region, config=config("sqs")) as sqs:
            observe(sqs)
            queue = cls(sqs, name, dead_letter_name)
            yield queue
            await queue.flush()

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._names["queue"]

    async def _url(self, which: str) -> str:
        if which not in self._urls:
            answer = await self._sqs.get_queue_url(QueueName=self._names[which])
            self._urls[which] = answer["QueueUrl"]
        return self._urls[which]

    async def receive(self, most: int, wait_seconds: int, visibility: int) -> list[Message]:
        """See :class:`Queue`."""
        with outages_of("sqs"):
            answer = await self._sqs.receive_message(
                QueueUrl=await self._url("queue"),
                MaxNumberOfMessages=min(most, MOST_MESSAGES),
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=_SYSTEM_ATTRIBUTES,
            )
        return [_message(raw) for raw in answer.get("Messages", [])]

    async def hide(self, message: Message, seconds: float) -> None:
        """See :class:`Queue`."""
        with effect("sqs.hide"), outages_of("sqs"):
            await self._sqs.change_message_visibility(
                QueueUrl=await self._url("queue"),
                ReceiptHandle=message.receipt,
                VisibilityTimeout=int(min(max(seconds, 0), _MAX_HIDE_SECONDS)),
            )

    async def delete(self, message: Message) -> None:
        """See :class:`Queue`. Others' messages may be deleted by the same call."""
        with outages_of("sqs"):
            await self._deletes.add(message)

    async def flush(self) -> None:
        """Send the deletes that still wait, for a few seconds; what is lost is delivered again."""
        await self._deletes.flush(_FLUSH_SECONDS)

    async def _delete_batch(self, messages: Sequence[Message]) -> list[Exception | None]:
        entries = [
            {"Id": str(number), "ReceiptHandle": message.receipt}
            for number, message in enumerate(messages)
        ]
        # A batch is of no single message's trace.
        with effect("sqs.delete"), tracing.muted():
            answer = await self._sqs.delete_message_batch(
                QueueUrl=await self._url("queue"), Entries=entries
            )
        return _failures(answer, len(entries))

    async def dead_letter(self, message: Message, reasons: Mapping[str, str]) -> None:
        """See :class:`Queue`. The reasons win over attributes of the same name."""
        attributes = {**message.attributes, **reasons}
        attributes = dict(list(attributes.items())[-_MAX_ATTRIBUTES:])
        extra = {"MessageGroupId": message.group} if message.group else {}
        with effect("sqs.send"), outages_of("sqs"):
            await self._sqs.send_message(
                QueueUrl=await self._url("dead"),
                MessageBody=message.body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value or "-"}
                    for name, value in attributes.items()
                },
                **extra,
            )
        metrics.DEAD_LETTERS.labels(code=reasons.get("code", "")).inc()

    async def figures(self) -> dict[str, dict[str, int]]:
        """Return how many messages both queues hold, by queue name and state.

        The states are ``visible``, ``in_flight`` and ``delayed``; SQS counts approximately.
        """
        found: dict[str, dict[str, int]] = {}
        with outages_of("sqs"):
            for which, name in self._names.items():
                answer = await self._sqs.get_queue_attributes(
                    QueueUrl=await self._url(which), AttributeNames=list(_FIGURES)
                )
                found[name] = {
                    state: int(answer["Attributes"].get(attribute, 0))
                    for attribute, state in _FIGURES.items()
                }
        return found

    async def probe(self) -> None:
        """Raise ``DependencyDownError`` unless SQS answers for both queues."""
        with outages_of("sqs"):
            for which in self._names:
                await self._sqs.get_queue_attributes(
                    QueueUrl=await self._url(which), AttributeNames=["QueueArn"]
                )


def _failures(answer: Mapping[str, Any], count: int) -> list[Exception | None]:
    """Return for each entry of a batch ``None`` or the error that a call of its own had met.

    Only what SQS names as successful is.
    """
    successful = {entry["Id"] for entry in answer.get("Successful", ())}
    failed = {entry["Id"]: entry for entry in answer.get("Failed", ())}
    names = map(str, range(count))
    return [
        None if name in successful else refusal_of_entry(failed.get(name, {})) for name in names
    ]


def _message(raw: dict[str, Any]) -> Message:
    system = raw.get("Attributes", {})
    return Message(
        body=raw["Body"],
        receipt=raw["ReceiptHandle"],
        message_id=raw["MessageId"],
        attributes={
            name: value["StringValue"]
            for name, value in raw.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
        group=system.get("MessageGroupId"),
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system.get("SentTimestamp", 0)) / 1000,
    )
