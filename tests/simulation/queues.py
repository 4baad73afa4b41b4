"""SQS standard queues and SNS topics: at least once, in any order, sometimes late."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulation.outside import Outside, refusal
from simulation.template import Filter, admits

if TYPE_CHECKING:
    from simulation.process import Process

_MAX_RECEIVES = 200
_REORDERING_SECONDS = 0.2
_INSTANT = 1e-6  # more than the rounding of virtual time


@dataclass
class StoredMessage:
    """A message as a queue keeps it."""

    body: str
    message_id: str
    attributes: dict[str, Any]
    group: str | None
    sent_at: float
    visible_at: float
    receipt: str = ""
    receives: int = 0

    @property
    def data(self) -> dict[str, Any]:
        """The event's data, empty where the body is none."""
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return {}
        return dict(decoded.get("data", {})) | {"type": decoded.get("type")}


@dataclass
class Queue:
    """One queue. ``dead`` is the name of its dead-letter queue."""

    name: str
    dead: str | None = None
    messages: list[StoredMessage] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Post:
    """All queues and topics.

    Parameters
    ----------
    outside
        Time, chance, faults.
    subscriptions
        Topic name to (queue name, filter policy).
    """

    outside: Outside
    subscriptions: dict[str, list[tuple[str, Filter]]] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds by which deliveries from topics to queues are late."""
    twice: bool = False
    """Every delivery from a topic comes twice."""
    lose_deletes: int = 0
    published: dict[str, str] = field(default_factory=dict)
    """Event id to body."""
    contradictions: list[str] = field(default_factory=list)
    """Event ids that were published with different content."""
    watchers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin numbering."""
        self._numbers = itertools.count(1)

    def add(self, name: str) -> None:
        """Create a queue and its dead-letter queue."""
        self.queues[name] = Queue(name, f"{name}-dlq")
        self.queues[f"{name}-dlq"] = Queue(f"{name}-dlq")

    def sqs(self, process: Process) -> Sqs:
        """Return a process's asynchronous SQS client."""
        return Sqs(self, process)

    def sns(self, process: Process) -> Sns:
        """Return a process's SNS client."""
        return Sns(self, process)

    def put(
        self,
        queue: str,
        body: str,
        attributes: dict[str, Any],
        group: str | None = None,
        after: float = 0.0,
    ) -> None:
        """Put a message into a queue."""
        now = self.outside.loop.time()
        message = StoredMessage(
            body, f"m{next(self._numbers)}", dict(attributes), group, now, now + after
        )
        self.queues[queue].messages.append(message)
        self.wake(queue, after)

    def wake(self, queue: str, after: float = 0.0) -> None:
        """Tell pollers that something becomes visible."""
        self.outside.loop.call_later(after + _INSTANT, self.queues[queue].arrived.set)

    def deliver(self, topic: str, body: str, attributes: dict[str, Any], group: str | None) -> None:
        """Do as SNS does with raw delivery."""
        for queue, policy in self.subscriptions.get(topic, []):
            values = {name: value.get("StringValue") for name, value in attributes.items()}
            if admits(policy, values):
                for _ in range(2 if self.twice else 1):
                    late = self.outside.chance.random() * (_REORDERING_SECONDS + self.delay)
                    self.put(queue, body, attributes, group, late)

    def receive(self, queue: Queue, most: int, visibility: float) -> list[StoredMessage]:
        """Take visible messages in any order and hide them."""
        now = self.outside.loop.time()
        ready = [message for message in queue.messages if message.visible_at <= now]
        self.outside.chance.shuffle(ready)
        taken = []
        for message in ready[:most]:
            message.receives += 1
            if message.receives > _MAX_RECEIVES and queue.dead:
                queue.messages.remove(message)
                message.visible_at = now
                self.queues[queue.dead].messages.append(message)
                continue
            message.receipt = f"r{next(self._numbers)}"
            message.visible_at = now + visibility
            taken.append(message)
            self.wake(queue.name, visibility)
        return taken


class Sqs:
    """A client in the shape of aiobotocore's; queue URLs are queue names."""

    def __init__(self, post: Post, process: Process) -> None:
        self._post = post
        self._process = process
        self._outside = post.outside

    async def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 -- AWS's name
        """Return the name."""
        await self._outside.enter(self._process, "sqs")
        return {"QueueUrl": QueueName}

    async def get_queue_attributes(self, **_request: Any) -> dict[str, Any]:
        """Answer that it is there."""
        await self._outside.enter(self._process, "sqs")
        return {"Attributes": {}}

    async def receive_message(self, **request: Any) -> dict[str, Any]:
        """Poll for as long as was asked."""
        await self._outside.enter(self._process, "sqs")
        queue = self._post.queues[request["QueueUrl"]]
        until = self._outside.loop.time() + request.get("WaitTimeSeconds", 0)
        while True:
            taken = self._post.receive(
                queue, request["MaxNumberOfMessages"], request["VisibilityTimeout"]
            )
            left = until - self._outside.loop.time()
            if taken or left <= _INSTANT:
                break
            queue.arrived.clear()
            try:
                await asyncio.wait_for(queue.arrived.wait(), left)
            except TimeoutError:
                continue
            await self._process.passage()
            if self._outside.faults.get("sqs") == "down":
                break
        for message in taken:
            self._outside.note(self._process, "receive", queue.name, message.message_id)
        await self._outside.leave(self._process, "sqs")
        return {"Messages": [_received(message) for message in taken]} if taken else {}

    async def change_message_visibility(self, **request: Any) -> None:
        """Hide for longer, or show."""
        await self._outside.enter(self._process, "sqs")
        message = self._in_flight(request)
        if message is None:
            raise refusal("InvalidParameterValue")
        message.visible_at = self._outside.loop.time() + request["VisibilityTimeout"]
        self._post.wake(request["QueueUrl"], request["VisibilityTimeout"])
        await self._outside.leave(self._process, "sqs")

    async def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        """Delete all but those whose receipt is an old one."""
        await self._outside.enter(self._process, "sqs")
        queue = request["QueueUrl"]
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in request["Entries"]:
            if self._delete(queue, entry["ReceiptHandle"]):
                answer["Successful"].append({"Id": entry["Id"]})
            else:
                code = {"Code": "ReceiptHandleIsInvalid", "SenderFault": True}
                answer["Failed"].append({"Id": entry["Id"], **code})
        await self._outside.leave(self._process, "sqs")
        return answer

    def _delete(self, queue: str, receipt: str) -> bool:
        message = self._in_flight({"QueueUrl": queue, "ReceiptHandle": receipt}, even_visible=True)
        if message is None:
            return False
        if self._post.lose_deletes > 0:
            self._post.lose_deletes -= 1
            return True
        for watch in self._post.watchers:
            watch(self._process, queue, message)
        self._outside.note(self._process, "delete", queue, message.message_id)
        self._post.queues[queue].messages.remove(message)
        return True

    async def send_message(self, **request: Any) -> None:
        """Send."""
        await self._outside.enter(self._process, "sqs")
        self._outside.note(self._process, "send", request["QueueUrl"])
        self._post.put(
            request["QueueUrl"],
            request["MessageBody"],
            request.get("MessageAttributes", {}),
            request.get("MessageGroupId"),
        )
        await self._outside.leave(self._process, "sqs")

    def _in_flight(
        self, request: dict[str, Any], *, even_visible: bool = False
    ) -> StoredMessage | None:
        now = self._outside.loop.time()
        for message in self._post.queues[request["QueueUrl"]].messages:
            if message.receipt == request["ReceiptHandle"]:
                return message if even_visible or message.visible_at > now else None
        return None


class Sns:
    """A client in the shape of boto3's."""

    def __init__(self, post: Post, process: Process) -> None:
        self._post = post
        self._process = process
        self._outside = post.outside

    def publish(self, **request: Any) -> None:
        """Publish to all subscribed queues."""
        self._outside.enter_thread(self._process, "sns")
        body = request["Message"]
        event = json.loads(body)
        self._outside.note(self._process, "publish", event["id"])
        before = self._post.published.setdefault(event["id"], body)
        if json.loads(before)["data"] != event["data"]:
            self._post.contradictions.append(event["id"])
        self._post.deliver(
            request["TopicArn"], body, request["MessageAttributes"], request.get("MessageGroupId")
        )
        self._outside.leave_thread(self._process, "sns")

    def get_topic_attributes(self, **_request: Any) -> dict[str, Any]:
        """Answer that it is there."""
        self._outside.enter_thread(self._process, "sns")
        return {}


def _received(message: StoredMessage) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(int(message.sent_at * 1000)),
    }
    if message.group:
        attributes["MessageGroupId"] = message.group
    return {
        "Body": message.body,
        "ReceiptHandle": message.receipt,
        "MessageId": message.message_id,
        "MessageAttributes": message.attributes,
        "Attributes": attributes,
    }
