"""The registry of worker processes: each writes its own entry every 15 seconds.

For operators only. Nothing that a worker does depends on it, and an entry that cannot be written
is left out: the poller goes on.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from mentor_common.jobs.item import Count, EpochSeconds, StoredItem
from mentor_common.process_name import process_name
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
"""After two entries that did not come."""
_GONE_SECONDS = 120.0
_KEPT_SECONDS = 3600
"""For so long a process that ended without removing its entry is still shown."""

Liveness = Literal["alive", "late", "gone"]


class Worker(StoredItem):
    """A worker process as of its last entry; times are epoch seconds."""

    service: str
    process: str
    version: str
    started_at: EpochSeconds
    written_at: EpochSeconds
    slots: Count
    in_flight: Count
    turned_at: EpochSeconds
    down: dict[str, str]
    pausing: bool
    stopping: bool

    def liveness(self, now: float) -> Liveness:
        """Return whether the process is still there, by the age of its entry."""
        silent = now - self.written_at
        if silent < _LATE_SECONDS:
            return "alive"
        return "late" if silent < _GONE_SECONDS else "gone"


class Registration:
    """The registry entry of this process."""

    def __init__(self, table: Table, clock: Clock, service: str) -> None:
        self._table = table
        self._clock = clock
        self._service = service
        self._process = process_name()
        self._started_at = clock.now()

    def of(self, consumer: Consumer, *, idle: float, stopping: bool) -> Worker:
        """Return the entry as of now; ``idle`` is seconds since the poll loop turned."""
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
        """Write the entry, to be shown for ``kept`` seconds unless another one follows."""
        ttl = int(worker.written_at + kept)
        sk = f"{self._service}#{self._process}"
        self._table.overwrite(_PK, sk, worker.model_dump() | {"ttl": ttl})


def workers(table: Table, now: float) -> list[Worker]:
    """Return the workers that are there, or ended without removing their entry within the hour."""
    items = table.partition(_PK).values()
    # The table removes what has expired when it likes.
    return list(Worker.from_items(item for item in items if _is_kept(item.get("ttl"), now)))


def _is_kept(ttl: Any, now: float) -> bool:
    return isinstance(ttl, (int, float)) and ttl > now


@asynccontextmanager
async def registered(
    registration: Registration,
    consumer: Consumer,
    stop: asyncio.Event,
    *,
    every: float = _EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Keep the process registered for as long as the context lasts, writing each ``every`` s."""
    loop = asyncio.get_running_loop()

    async def write(kept: float = _KEPT_SECONDS) -> None:
        idle = loop.time() - consumer.last_turn if consumer.last_turn else 0.0
        worker = registration.of(consumer, idle=idle, stopping=stop.is_set())
        try:
            await asyncio.to_thread(registration.write, worker, kept=kept)
        except Exception as error:  # noqa: BLE001 -- a poller must not die of its entry
            _log.debug("registry entry not written", error=str(error))

    async def keep_writing() -> None:
        while True:
            await write()
            await asyncio.sleep(every)

    writing = asyncio.create_task(keep_writing())
    try:
        yield
    finally:
        writing.cancel()
        await asyncio.wait({writing})
        await write(kept=0)
