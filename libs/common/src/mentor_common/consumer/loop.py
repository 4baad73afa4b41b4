"""The one consumer: poll while slots are free, handle each message, settle its fate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bound_contextvars

from mentor_common.consumer import instrumentation
from mentor_common.consumer.breaker import DependencyBreaker, ReleaseBreaker
from mentor_common.consumer.delivery import Delivery
from mentor_common.consumer.heartbeat import Heartbeat, beat
from mentor_common.consumer.settlement import Settlement, given_up
from mentor_common.errors import DependencyDownError, TransientError
from mentor_common.events import UnreadableEventError, decode
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mentor_common.consumer.instrumentation import Handling
    from mentor_common.consumer.queue import Message, Queue
    from mentor_common.events import Event

    Handler = Callable[[Delivery], Awaitable[None]]

_log = get_logger(__name__)
_TICK_SECONDS = 5.0
_PROBING_PAUSE_SECONDS = 30.0
_RECEIVING = "receiving"


@dataclass(frozen=True)
class Policy:
    """Limits and times of a consumer, in seconds.

    Parameters
    ----------
    slots
        How many messages are handled at once.
    visibility, beat
        Visibility timeout, and seconds between two extensions of it.
    receive_wait
        Length of a long poll.
    grace
        How long handlers may go on when the process is asked to stop.
    max_handler
        Longest time for one message.
    backoff_base, backoff_cap
        See :func:`.delivery.backoff`.
    """

    slots: int = 1
    visibility: int = 60
    beat: float = 20
    receive_wait: int = 20
    grace: float = 25
    max_handler: float = 4 * 3600
    backoff_base: float = 5
    backoff_cap: float = 900


class Consumer:
    """Receives as many messages as there are free slots and runs a handler for each.

    Parameters
    ----------
    service
        Name that dead letters carry.
    queue_name
        Name that traces give the queue; the service's where it has none.
    """

    def __init__(
        self,
        queue: Queue,
        handlers: Mapping[str, Handler],
        policy: Policy,
        breaker: DependencyBreaker,
        service: str,
        *,
        queue_name: str | None = None,
    ) -> None:
        self._queue = queue
        self._handlers = handlers
        self._policy = policy
        self._name = queue_name or service
        self.breaker = breaker
        self.release_breaker = ReleaseBreaker()
        self._settlement = Settlement(queue, breaker, self.release_breaker, service)
        self._running: dict[asyncio.Task[None], Delivery | None] = {}
        self.last_turn = 0.0
        self._failed_receives = error_reports.ReportThrottle()
        metrics.SLOTS.set(policy.slots)

    @property
    def slots(self) -> int:
        """The number of messages that may be handled at once."""
        return self._policy.slots

    @property
    def in_flight(self) -> int:
        """The number of messages that are being handled."""
        return len(self._running)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop`` is set, then finish or hand back what is in hand."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            self.last_turn = loop.time()
            if self.breaker.is_open:
                await self.breaker.wait(stop)
            elif not self._free_slots():
                await self._slot_or_stop(stop)
            else:
                for message in await self._receive(stop):
                    await self._begin(message, stop)
        await self._drain()

    def _free_slots(self) -> int:
        one_at_a_time = self.release_breaker.is_open or self.breaker.half_open
        slots = 1 if one_at_a_time else self._policy.slots
        return max(0, slots - len(self._running))

    async def _slot_or_stop(self, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait(
            {stopping, *self._running},
            timeout=_TICK_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        stopping.cancel()

    async def _receive(self, stop: asyncio.Event) -> list[Message]:
        if self.release_breaker.is_open and await _set_within(stop, _PROBING_PAUSE_SECONDS):
            return []
        policy = self._policy
        try:
            messages = await self._queue.receive(
                self._free_slots(), policy.receive_wait, policy.visibility
            )
        except DependencyDownError as error:
            self.breaker.trip(error, by=_RECEIVING)
            return []
        except Exception as error:  # noqa: BLE001 -- a poller must not die; what it met may pass
            _log.exception("receiving failed")
            what = "nothing can be received"
            self._failed_receives.report_first("queue", what, error, code="receiving")
            await _set_within(stop, _TICK_SECONDS)
            return []
        self.breaker.record_success(_RECEIVING)
        instrumentation.received(self._name, messages)
        return messages

    async def _begin(self, message: Message, stop: asyncio.Event) -> None:
        """Start handling a message, unless the long poll outlasted an order to stop or to pause."""
        if stop.is_set() or self.breaker.is_open:
            await self._settlement.hide(message, 0 if stop.is_set() else self.breaker.pause)
            return
        task = asyncio.create_task(self.handle(message))
        self._running[task] = None
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        delivery = self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            what = "a message's handling broke off"
            with bound_contextvars(**_log_fields(delivery)):
                _log.error(what, exc_info=error)
                error_reports.report(what, code="handling", error=error)

    async def handle(self, message: Message) -> None:
        """Handle one message and settle its fate."""
        with bound_contextvars(message_id=message.message_id):
            try:
                event, handler = self._understand(message)
            except UnreadableEventError as error:
                await self._settlement.dead_letter_and_delete(message, error.code, error.detail)
                instrumentation.unreadable(message)
                return
            base, cap = self._policy.backoff_base, self._policy.backoff_cap
            delivery = Delivery(message, event, backoff_base=base, backoff_cap=cap)
            task = asyncio.current_task()
            if task is not None:
                self._running[task] = delivery
            with (
                bound_contextvars(**_log_fields(delivery)),
                instrumentation.handling(self._name, delivery) as handling,
            ):
                await self._work_and_settle(handler, delivery, handling)

    def _understand(self, message: Message) -> tuple[Event, Handler]:
        """Return a message's event and the handler for it.

        Raises
        ------
        UnreadableEventError
            No release can read it, or no handler here takes its type.
        """
        event = decode(message.body)
        handler = self._handlers.get(event.envelope.type)
        if handler is None:
            raise UnreadableEventError("unexpected_type", event.envelope.type)
        return event, handler

    async def _work_and_settle(
        self, handler: Handler, delivery: Delivery, handling: Handling
    ) -> None:
        """Run a handler under a heartbeat and settle its message.

        What was handled stays hidden until it is deleted.
        """
        policy = self._policy

        async def run() -> None:
            await handler(delivery)

        work = asyncio.create_task(run())
        heartbeat = Heartbeat(
            partial(
                beat,
                delivery,
                self._queue,
                work,
                beat_seconds=policy.beat,
                visibility=policy.visibility,
            )
        )
        try:
            ended_with = await self._end_of(work)
            ended_with = given_up(ended_with, delivery.message)
            delivery.on_beat = None
            handling.ended(ended_with)
            if ended_with is not None:
                await heartbeat.stop()
            with bound_contextvars(**delivery.log_fields):
                await self._settlement.settle(delivery, ended_with)
        finally:
            await heartbeat.stop()

    async def _end_of(self, work: asyncio.Task[None]) -> BaseException | None:
        """Return the exception that a handler ended with; end it where it takes too long."""
        longest = self._policy.max_handler
        try:
            done, _ = await asyncio.wait({work}, timeout=longest)
            if not done:
                work.cancel()
                await asyncio.wait({work})
                return TransientError(f"not finished within {longest:.0f} s")
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
        return asyncio.CancelledError() if work.cancelled() else work.exception()

    async def _drain(self) -> None:
        """Give what is in hand time to finish, then cancel it, which hands it back."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._policy.grace
        unfinished = set(self._running)
        while unfinished and loop.time() < ends:
            self.last_turn = loop.time()  # it may take long, and is not stuck
            pause = min(_TICK_SECONDS, ends - loop.time())
            _, unfinished = await asyncio.wait(unfinished, timeout=pause)
        for task in unfinished:
            delivery = self._running.get(task)
            if delivery is not None:
                delivery.shutdown = True
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=self._policy.grace)


def _log_fields(delivery: Delivery | None) -> dict[str, Any]:
    """Return the fields of each line of the log about a message."""
    if delivery is None:
        return {}
    return {"event_id": delivery.event.envelope.id, **delivery.event.data.identity()}


async def _set_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
