"""Messages gathered for calls of SQS that take several at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mentor_common.consumer.queue import Message

    Send = Callable[[Sequence[Message]], Awaitable[Sequence[Exception | None]]]

MOST_MESSAGES = 10
"""SQS takes no more in one call."""
_GATHER_SECONDS = 0.01


class Batches:
    """Sends messages in batches; each caller learns what became of its own message.

    A batch is sent when it is full, or a moment after its first message. Batches are under way side
    by side, so one that hangs holds no other up.

    Parameters
    ----------
    send
        Sends a batch; returns for each of its messages, in order, ``None`` or why it failed. What
        it raises is the fate of the whole batch.
    gather_seconds
        For how long a batch waits for more messages.
    """

    def __init__(self, send: Send, *, gather_seconds: float = _GATHER_SECONDS) -> None:
        self._send = send
        self._gather_seconds = gather_seconds
        self._waiting: list[tuple[Message, asyncio.Future[None]]] = []
        self._due: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def add(self, message: Message) -> None:
        """Return when the message's batch has done what was asked for it, or raise why not.

        The message of a caller that is cancelled meanwhile stays in its batch.
        """
        loop = asyncio.get_running_loop()
        fate: asyncio.Future[None] = loop.create_future()
        self._waiting.append((message, fate))
        if len(self._waiting) >= MOST_MESSAGES:
            self._begin()
        elif self._due is None:
            self._due = loop.call_later(self._gather_seconds, self._begin)
        await fate

    async def flush(self, seconds: float) -> None:
        """Send what waits, and return when every batch was answered, after ``seconds`` at most."""
        if self._waiting:
            self._begin()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    def _begin(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        batch, self._waiting = self._waiting, []
        task = asyncio.create_task(self._settle(batch))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _settle(self, batch: list[tuple[Message, asyncio.Future[None]]]) -> None:
        """Send a batch, and tell each caller of its own message."""
        try:
            failures = await self._send([message for message, _ in batch])
        except Exception as error:  # noqa: BLE001 -- the callers handle it
            failures = [error] * len(batch)
        except asyncio.CancelledError:
            for _, fate in batch:
                fate.cancel()
            raise
        for (_, fate), failure in zip(batch, failures, strict=True):
            if fate.cancelled():
                continue
            if failure is None:
                fate.set_result(None)
            else:
                fate.set_exception(failure)
