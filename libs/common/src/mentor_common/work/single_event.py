"""Handling one event out of a file: the real wiring without a queue, for work on one service."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

from mentor_common.consumer.breaker import DependencyBreaker
from mentor_common.consumer.loop import Consumer
from mentor_common.consumer.queue import Message
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.work.worker import Wiring, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.loop import Handler
    from mentor_common.consumer.queue import Queue
    from mentor_common.settings import WorkerSettings

FAILED = 1
EXIT_CODES = {
    os.EX_OK: "handled",
    FAILED: "handled, and the work has failed for good",
    os.EX_DATAERR: "dead letter",
    os.EX_NOINPUT: "no such file",
    os.EX_UNAVAILABLE: "a dependency is down",
    os.EX_TEMPFAIL: "would be tried again later",
}


class FileQueue:
    """In the place of the queue: records the fate of the one message."""

    def __init__(self) -> None:
        self.deleted = False
        self.dead: Mapping[str, str] | None = None

    async def receive(self, _most: int, _wait_seconds: int, _visibility: int) -> list[Message]:
        """Return nothing: the message is handed in."""
        return []

    async def hide(self, _message: Message, _seconds: float) -> None:
        """No other consumer could see it."""

    async def delete(self, _message: Message) -> None:
        """Record it."""
        self.deleted = True

    async def dead_letter(self, _message: Message, reasons: Mapping[str, str]) -> None:
        """Record the reasons: no queue holds a dead letter of a file."""
        self.dead = reasons


def handle_file(
    service: str, settings: WorkerSettings, build: Callable[[Queue], Wiring], path: Path
) -> int:
    """Handle the event in a file; print its outcome; return one of :data:`EXIT_CODES`."""
    try:
        body = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        return _report(os.EX_NOINPUT, str(error))
    queue = FileQueue()
    message = Message(body, receipt=path.name, message_id=path.name)
    return _report(*asyncio.run(handle_message(service, settings, build(queue), queue, message)))


async def handle_message(
    service: str, settings: WorkerSettings, wiring: Wiring, queue: FileQueue, message: Message
) -> tuple[int, str]:
    """Handle a message that no queue holds; return one of :data:`EXIT_CODES`, and why.

    ``wiring`` was made for ``queue``.
    """
    seen: list[Delivery] = []
    problems: list[str] = []

    def recorded(handler: Handler) -> Handler:
        async def handle(delivery: Delivery) -> None:
            seen.append(delivery)
            try:
                await handler(delivery)
            except Exception as error:
                problems.append(error_summary(error))
                raise

        return handle

    handlers = {name: recorded(handler) for name, handler in wiring.handlers.items()}
    breaker = DependencyBreaker({})
    consumer = Consumer(queue, handlers, policy_of(settings), breaker, service)
    await consumer.handle(message)
    if queue.dead is not None:
        return os.EX_DATAERR, f"{queue.dead.get('code')}: {queue.dead.get('text')}"
    if breaker.is_open:
        return os.EX_UNAVAILABLE, ", ".join(breaker.down.values())
    if not queue.deleted:
        return os.EX_TEMPFAIL, "; ".join(problems) or "the log says why"
    if seen and seen[0].failure_code is not None:
        return FAILED, seen[0].failure_code
    return os.EX_OK, ""


def _report(code: int, why: str) -> int:
    outcome = {"outcome": EXIT_CODES[code]} | ({"why": why} if why else {})
    print(json.dumps(outcome))  # noqa: T201 -- a command line
    return code
