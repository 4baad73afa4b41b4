"""Which workers are there: each process writes a word about itself every 15 seconds.

For operators only. Nothing that a worker does depends on it, and a word that cannot be written is
left out: the poller goes on.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mentor_common.clock import Clock
    from mentor_common.consumer.loop import Consumer
    from mentor_common.jobs import Table

_log = get_logger(__name__)
_PK = "WORKERS"
_EVERY_SECONDS = 15.0
_LATE_SECONDS = 45.0
"""After two words that did not come."""
_GONE_SECONDS = 120.0
_KEPT_SECONDS = 3600
"""For so long a process that went away without a word is still shown."""

Seen = Literal["alive", "late", "gone"]


class Worker(BaseModel):
    """A worker process, as it last said of itself; times are epoch seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    service: str
    process: str
    version: str
    started_at: float
    written_at: float
    slots: int
    in_flight: int
    turned_at: float
    down: dict[str, str]
    pausing: bool
    stopping: bool

    def seen(self, now: float) -> Seen:
        """Return whether it is still there."""
        silent = now - self.written_at
        if silent < _LATE_SECONDS:
            return "alive"
        return "late" if silent < _GONE_SECONDS else "gone"


class Registration:
    """What one process says of itself.

    Parameters
    ----------
    table, clock
        Where and when.
    service
        Whose process it is.
    """

    def __init__(self, table: Table, clock: Clock, service: str) -> None:
        self._table = table
        self._clock = clock
        self._service = service
        self._process = f"{socket.gethostname()}:{os.getpid()}"
        self._started_at = clock.now()

    def of(self, consumer: Consumer, *, idle: float, stopping: bool) -> Worker:
        """Return how the process is; ``idle`` is seconds since the poll loop turned."""
        now = self._clock.now()
        return Worker(
            service=self._service,
            process=self._process,
            version=version("mentor-common"),
            started_at=self._started_at,
            written_at=now,
            slots=consumer.slots,
            in_flight=consumer.in_flight,
            turned_at=now - idle,
            down=dict(consumer.breaker.down),
            pausing=consumer.breaker.is_open or consumer.release_breaker.is_open,
            stopping=stopping,
        )

    def write(self, worker: Worker, *, kept: float = _KEPT_SECONDS) -> None:
        """Write it down, to be shown for ``kept`` seconds unless it says more."""
        ttl = int(worker.written_at + kept)
        sk = f"{self._service}#{self._process}"
        self._table.overwrite(_PK, sk, worker.model_dump() | {"ttl": ttl})


def workers(table: Table, now: float) -> list[Worker]:
    """Return the workers that are there, or went away without a word within the hour."""
    items: list[dict[str, Any]] = list(table.partition(_PK).values())
    # The table removes what has expired when it likes.
    return [Worker.model_validate(item) for item in items if item["ttl"] > now]


@asynccontextmanager
async def registered(
    presence: Registration,
    consumer: Consumer,
    stop: asyncio.Event,
    *,
    every: float = _EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Say every ``every`` seconds that the process is there, for as long as the context lasts."""
    loop = asyncio.get_running_loop()

    async def say(kept: float = _KEPT_SECONDS) -> None:
        idle = loop.time() - consumer.last_turn if consumer.last_turn else 0.0
        worker = presence.of(consumer, idle=idle, stopping=stop.is_set())
        try:
            await asyncio.to_thread(presence.write, worker, kept=kept)
        except Exception as error:  # noqa: BLE001 -- a poller must not die of what it says of itself
            _log.debug("presence not written", error=str(error))

    async def keep_saying() -> None:
        while True:
            await say()
            await asyncio.sleep(every)

    saying = asyncio.create_task(keep_saying())
    try:
        yield
    finally:
        saying.cancel()
        await asyncio.wait({saying})
        await say(kept=0)
