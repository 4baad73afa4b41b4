"""The one consumer: poll, hand to handlers, decide what becomes of each message.

What happens to a message is decided by its handler's exception and nowhere else (see
:mod:`mentor_common.errors`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from mentor_common.consumer import instrumentation
from mentor_common.consumer.breaker import DependencyBreaker, ReleaseBreaker
from mentor_common.consumer.delivery import Delivery, backoff, beat
from mentor_common.errors import (
    AccessDeniedError,
    DependencyDownError,
    HandBackError,
    PermanentError,
    RemoteHostError,
    TransientError,
)
from mentor_common.events import UnreadableEventError, decode
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mentor_common.consumer.queue import Message, Queue

    Handler = Callable[[Delivery], Awaitable[None]]

_log = get_logger(__name__)
_TICK_SECONDS = 5.0
_MANY_TRIES = 5
_PROBING_PAUSE_SECONDS = 30.0
_RECEIVING = "receiving"


@dataclass(frozen=True)
class Policy:
    """How a consumer behaves; times in seconds. Defaults are DESIGN's."""

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
    queue
        Where from.
    handlers
        Event type to handler.
    policy
        Limits and times.
    breaker
        Which dependencies can pause receiving.
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
        self._service = service
        self._name = queue_name or service
        self.breaker = breaker
        self.release_breaker = ReleaseBreaker()
        self._running: dict[asyncio.Task[None], Delivery | None] = {}
        self.last_turn = 0.0
        self._receiving = error_reports.ReportThrottle()
        self._defects = error_reports.ReportThrottle()
        metrics.SLOTS.set(policy.slots)

    @property
    def slots(self) -> int:
        """How many messages may be handled at once."""
        return self._policy.slots

    @property
    def in_flight(self) -> int:
        """How many messages are being handled."""
        return len(self._running)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop`` is set, then hand back or finish what is in hand."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            self.last_turn = loop.time()
            if self.breaker.is_open:
                await self.breaker.wait(stop)
                continue
            if not self._free():
                await self._slot_or_stop(stop)
                continue
            await self._receive(stop)
        await self._drain()

    def _free(self) -> int:
        one = self.release_breaker.is_open or self.breaker.on_trial
        slots = 1 if one else self._policy.slots
        return max(0, slots - len(self._running))

    async def _slot_or_stop(self, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait(
            {stopping, *self._running},
            timeout=_TICK_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        stopping.cancel()

    async def _receive(self, stop: asyncio.Event) -> None:
        if self.release_breaker.is_open and await _set_within(stop, _PROBING_PAUSE_SECONDS):
            return
        policy = self._policy
        try:
            messages = await self._queue.receive(
                self._free(), policy.receive_wait, policy.visibility
            )
        except DependencyDownError as error:
            self.breaker.trip(error, by=_RECEIVING)
            return
        except Exception as error:  # noqa: BLE001 -- a poller must not die; what it met may pass
            _log.exception("receiving failed")
            self._receiving.failed("queue", "nothing can be received", error, code="receiving")
            await _set_within(stop, _TICK_SECONDS)
            return
        self.breaker.worked(_RECEIVING)
        instrumentation.received(self._name, messages)
        for message in messages:
            if stop.is_set() or self.breaker.is_open:
                # The long poll was under way when we were told to stop or to pause.
                await self._hide(message, 0 if stop.is_set() else self.breaker.pause)
                continue
            task = asyncio.create_task(self._handle(message))
            self._running[task] = None
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        delivery = self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            what = "a message's handling broke off"
            with structlog.contextvars.bound_contextvars(**_about(delivery)):
                _log.error(what, exc_info=error)
                error_reports.report(what, code="handling", error=error)

    async def _drain(self) -> None:
        if not self._running:
            return
        _, unfinished = await asyncio.wait(set(self._running), timeout=self._policy.grace)
        for task in unfinished:
            delivery = self._running.get(task)
            if delivery is not None:
                delivery.shutdown = True
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=self._policy.grace)

    async def handle(self, message: Message) -> None:
        """Handle one message that came by another way than :meth:`run`."""
        await self._handle(message)

    async def _handle(self, message: Message) -> None:
        with structlog.contextvars.bound_contextvars(message_id=message.message_id):
            try:
                event = decode(message.body)
                handler = self._handlers.get(event.envelope.type)
                if handler is None:
                    raise UnreadableEventError("unexpected_type", event.envelope.type)  # noqa: TRY301 -- same fate as an unreadable one
            except UnreadableEventError as error:
                await self._bury(message, error.code, error.detail)
                instrumentation.unreadable(message)
                return
            policy = self._policy
            delivery = Delivery(
                message, event, backoff_base=policy.backoff_base, backoff_cap=policy.backoff_cap
            )
            task = asyncio.current_task()
            if task is not None:
                self._running[task] = delivery
            with (
                structlog.contextvars.bound_contextvars(**_about(delivery)),
                instrumentation.handling(self._name, delivery) as seen,
            ):
                ended = await self._work(handler, delivery)
                seen.ended(ended)
                with structlog.contextvars.bound_contextvars(**delivery.names):
                    await self._settle(delivery, ended)

    async def _work(self, handler: Handler, delivery: Delivery) -> BaseException | None:
        """Run the handler under a heartbeat; return how it ended."""
        policy = self._policy

        async def run() -> None:
            await handler(delivery)

        work = asyncio.create_task(run())
        heart = asyncio.create_task(
            beat(
                delivery,
                self._queue,
                work,
                beat_seconds=policy.beat,
                visibility=policy.visibility,
            )
        )
        try:
            done, _ = await asyncio.wait({work}, timeout=policy.max_handler)
            if not done:
                work.cancel()
                await asyncio.wait({work})
                return TransientError(f"not finished within {policy.max_handler:.0f} s")
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
        finally:
            heart.cancel()
            await asyncio.wait({heart})
        if work.cancelled():
            return asyncio.CancelledError()
        return work.exception()

    async def _settle(self, delivery: Delivery, error: BaseException | None) -> None:
        message, mentor = delivery.message, delivery.event.data.mentor
        kind = delivery.event.envelope.type
        if error is None:
            self.breaker.worked(kind)
            self.release_breaker.record(mentor, failed=False)
            await self._try(self._queue.delete(message), "not deleted")
        elif isinstance(error, PermanentError):
            self.release_breaker.record(mentor, failed=False)
            await self._bury(message, error.code, error.reason)
        elif isinstance(error, HandBackError):
            _log.info("handed back", why=str(error), seconds=round(error.seconds, 1))
            await self._hide(message, error.seconds)
        elif isinstance(error, AccessDeniedError):
            self.breaker.trip(error, by=kind)
            # Should it be about this message alone, the others get their turn.
            policy = self._policy
            pause = backoff(message.receive_count, policy.backoff_base, policy.backoff_cap)
            await self._hide(message, pause)
        elif isinstance(error, DependencyDownError):
            self.breaker.trip(error)
            # Visible again soon, but nothing is received before the breaker closes.
            await self._hide(message, self.breaker.pause)
        elif isinstance(error, asyncio.CancelledError):
            await self._hide(message, 0)
        else:
            await self._retry(delivery, error)

    async def _retry(self, delivery: Delivery, error: BaseException) -> None:
        if not isinstance(error, RemoteHostError):  # which says nothing about this release
            self.release_breaker.record(delivery.event.data.mentor, failed=True)
        seconds = delivery.pause(error)
        if isinstance(error, TransientError):
            _log.warning("will retry", why=str(error), seconds=round(seconds, 1))
        else:
            _log.error("will retry after a defect", seconds=round(seconds, 1), exc_info=error)
            if delivery.failures is None and delivery.message.receive_count >= _MANY_TRIES:
                # Nobody counts starts here and gives up in the end.
                name = delivery.event.envelope.id
                self._defects.failed(name, "a message fails again and again", error, code="defect")
        await self._hide(delivery.message, seconds)

    async def _bury(self, message: Message, code: str, text: str) -> None:
        """Dead letter at once, then delete: in this order nothing is lost."""
        _log.error("dead letter", code=code, why=text)
        reasons = {"code": code, "text": text[:250], "service": self._service}
        if await self._try(self._queue.dead_letter(message, reasons), "not dead-lettered"):
            error_reports.report(
                "dead letter: a message that cannot be handled",
                code=code,
                why=text,
                message_id=message.message_id,
                once=("buried", message.message_id),
            )
            await self._try(self._queue.delete(message), "not deleted")

    async def _hide(self, message: Message, seconds: float) -> None:
        await self._try(self._queue.hide(message, seconds), "visibility not changed")

    async def _try(self, call: Awaitable[None], complaint: str) -> bool:
        """Await ``call``; a failure only means that the message comes again."""
        try:
            await call
        except DependencyDownError as error:
            self.breaker.trip(error, by=complaint)
            _log.warning(complaint, error=str(error))
        except Exception as error:  # noqa: BLE001 -- an expired receipt handle must end nothing
            _log.warning(complaint, error=str(error))
        else:
            self.breaker.worked(complaint)
            return True
        return False


def _about(delivery: Delivery | None) -> dict[str, Any]:
    """Return what each line about a message says."""
    if delivery is None:
        return {}
    return {"event_id": delivery.event.envelope.id, **delivery.event.data.identity()}


async def _set_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
