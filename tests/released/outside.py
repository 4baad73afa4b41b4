"""AWS in memory, under any release's adapters: what is in it goes into JSON and comes out of it."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import boto3
import structlog

from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Message, Policy
from simulation.dynamo import Dynamo, Items
from simulation.memory import StillOutside
from simulation.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_790_000_000.0
"""Time of the stories, epoch seconds."""
UPLOADS, STATIC, TABLE = "uploads", "static", "jobs"
_TOPIC = "arn:aws:sns:us-east-1:000000000000:mentor-upload-local-"


@dataclass
class Cloud:
    """Jobs table, buckets and topics. One at a time serves the clients that are made."""

    now: float = NOW
    published: list[dict[str, Any]] = field(default_factory=list)
    """``topic`` (the speaker), ``body`` and ``attributes`` of each message."""

    def __post_init__(self) -> None:
        """Begin empty."""
        still: Any = StillOutside()
        self.table = Items(still)
        self.objects = Objects(still)

    def serve(self) -> None:
        """Be what boto3's clients talk to from now on, and the time that services read."""
        boto3.Session.client = lambda _session, name, **_: self._client(name)
        # Of releases until 0.4, whose tables take and give Python's values.
        inner: Any = Dynamo(self.table, None)  # type: ignore[arg-type]  # nobody's process
        inner.meta = MagicMock()
        boto3.resource = lambda *_, **_given: SimpleNamespace(meta=SimpleNamespace(client=inner))
        SystemClock.now = lambda _clock: self.now  # type: ignore[assignment, method-assign]  # stands still

    def _client(self, name: str) -> Any:
        process: Any = None
        if name == "dynamodb":
            client: Any = self.table.client(process)
        elif name == "s3":
            client = self.objects.client(process)
        elif name == "sns":
            client = SimpleNamespace(publish=self._publish)
        else:
            client = MagicMock()
        client.meta = MagicMock()
        return client

    def _publish(self, **request: Any) -> None:
        given = request["MessageAttributes"]
        attributes = {name: value["StringValue"] for name, value in given.items()}
        topic = request["TopicArn"].removeprefix(_TOPIC)
        self.published.append(
            {"topic": topic, "body": request["Message"], "attributes": attributes}
        )

    def items(self) -> list[dict[str, Any]]:
        """Return all items as JSON, by key."""
        return [_plain(item) for _, item in sorted(self.table.items.items())]

    def put_items(self, items: list[dict[str, Any]]) -> None:
        """Store items that :meth:`items` gave."""
        for item in items:
            self.table.set(None, (item["pk"], item["sk"]), _typed(item))

    def texts(self) -> dict[str, str]:
        """Return the objects by ``bucket/key``, base64."""
        content = self.objects.content.items()
        return {f"{b}/{key}": base64.b64encode(body).decode() for (b, key), body in content}

    def put_texts(self, texts: Mapping[str, str]) -> None:
        """Store objects that :meth:`texts` gave."""
        for name, body in texts.items():
            bucket, _, key = name.partition("/")
            self.objects.put(bucket, key, base64.b64decode(body))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set):
        return {"$set": sorted(value)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _typed(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        if set(value) == {"$set"}:
            return set(value["$set"])
        return {name: _typed(part) for name, part in value.items()}
    return [_typed(part) for part in value] if isinstance(value, list) else value


def settings_of(service: str) -> None:
    """Set the environment that a service's settings are read from."""
    os.environ |= {
        "AWS_REGION": "us-east-1",
        "JOBS_TABLE_NAME": TABLE,
        "TOPIC_ARN": f"{_TOPIC}{service}",
        "SIGNED_UPLOAD_BUCKET": UPLOADS,
        "S3_STATIC_ARN": f"arn:aws:s3:::{STATIC}",
        "QUEUE_NAME": service,
        "DEAD_LETTER_QUEUE_NAME": f"{service}-dlq",
    }


def quiet() -> None:
    """Log next to nothing, and that elsewhere than into the answer: tracebacks render slowly."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@dataclass
class OneMessage:
    """The queue that a service's consumer is given: what became of the message in hand."""

    dead: list[str] = field(default_factory=list)
    """Code of each dead letter."""
    deleted: int = 0

    async def receive(self, *_arguments: object) -> list[Any]:
        """Give nothing: messages are handed in."""
        return []

    async def hide(self, *_arguments: object) -> None:
        """No other consumer could see it."""

    async def delete(self, _message: object) -> None:
        """Take note."""
        self.deleted += 1

    async def dead_letter(self, _message: object, reasons: Mapping[str, str]) -> None:
        """Take note."""
        self.dead.append(reasons["code"])


def handle(
    handlers: Mapping[str, Any], queue: OneMessage, body: str, attributes: Mapping[str, str]
) -> None:
    """Give one message to a release's consumer, as its service would."""

    async def run() -> None:
        consumer: Any = Consumer(queue, handlers, Policy(), DependencyBreaker({}), "service")
        message = Message(body, "receipt", "message", dict(attributes))
        await consumer.handle(message)

    asyncio.run(run())
