"""The fate of a message: decided by the exception its handler ended with, and by nothing else.

See :mod:`mentor_common.errors` for the exceptions.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from mentor_common.consumer.delivery import backoff
from mentor_common.errors import (
    AccessDeniedError,
    DependencyDownError,
    HandBackError,
    PermanentError,
    RemoteHostError,
    TransientError,
    UnreadableItemError,
)
from mentor_common.telemetry import error_reports
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mentor_common.consumer.breaker import DependencyBreaker, ReleaseBreaker
    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Message, Queue

Disposition = Literal["done", "failed", "dead_lettered", "handed_back", "paused", "retried"]

_log = get_logger(__name__)
_LONGEST_TEXT = 250
_MANY_TRIES = 5


def disposition_of(error: BaseException | None, failed: str | None = None) -> Disposition:
    """Return the disposition of a message's handling, as metrics and spans name it.

    ``failed`` is the code of why its work failed for good, where the handler ended all the same.
    """
    match error:
        case None:
            return "failed" if failed else "done"
        case PermanentError():
            return "dead_lettered"
        case HandBackError() | asyncio.CancelledError():
            return "handed_back"
        case DependencyDownError():
            return "paused"
        case _:
            return "retried"


def given_up(error: BaseException | None, message: Message) -> BaseException | None:
    """Return how a handler's end counts: an item that cannot be read again and again is for good.

    A neighbouring release may read it; where none has, an operator has to look.
    """
    if isinstance(error, UnreadableItemError) and message.receive_count >= _MANY_TRIES:
        return PermanentError("unreadable_item", str(error))
    return error


class Settlement:
    """Deletes, hides or dead-letters messages, and lets the breakers know how they ended.

    Parameters
    ----------
    breaker
        Opens when a dependency is down.
    release_breaker
        Opens when most messages fail for other reasons than their input.
    service
        Name that dead letters carry.
    """

    def __init__(
        self,
        queue: Queue,
        breaker: DependencyBreaker,
        release_breaker: ReleaseBreaker,
        service: str,
    ) -> None:
        self._queue = queue
        self._breaker = breaker
        self._release_breaker = release_breaker
        self._service = service
        self._defects = error_reports.ReportThrottle()

    async def settle(self, delivery: Delivery, error: BaseException | None) -> None:
        """Decide what becomes of a message whose handler ended with ``error``, and do it."""
        message, kind = delivery.message, delivery.event.envelope.type
        match error:
            case None:
                self._breaker.record_success(kind)
                self._record(delivery, failed=False)
                await self._delete(message)
            case PermanentError():
                self._record(delivery, failed=False)
                await self.dead_letter_and_delete(message, error.code, error.reason)
            case HandBackError():
                _log.info("handed back", why=str(error), seconds=round(error.seconds, 1))
                await self.hide(message, error.seconds)
            case AccessDeniedError():
                self._breaker.trip(error, by=kind)
                # Should it be about this message alone, the others get their turn.
                base, cap = delivery.backoff_base, delivery.backoff_cap
                await self.hide(message, backoff(message.receive_count, base, cap))
            case DependencyDownError():
                self._breaker.trip(error)
                # Visible again soon, but nothing is received before the breaker closes.
                await self.hide(message, self._breaker.pause)
            case asyncio.CancelledError():
                await self.hide(message, 0)
            case RemoteHostError():  # It says nothing about this release.
                await self._retry(delivery, error)
            case _:
                self._record(delivery, failed=True)
                await self._retry(delivery, error)

    def _record(self, delivery: Delivery, *, failed: bool) -> None:
        self._release_breaker.record(delivery.event.data.mentor, failed=failed)

    async def _retry(self, delivery: Delivery, error: BaseException) -> None:
        seconds = delivery.retry_delay(error)
        if isinstance(error, TransientError):
            _log.warning("will retry", why=str(error), seconds=round(seconds, 1))
        else:
            _log.error("will retry after a defect", seconds=round(seconds, 1), exc_info=error)
            if delivery.failure_count is None and delivery.message.receive_count >= _MANY_TRIES:
                # Its handler does not count starts, and so never gives it up.
                event_id = delivery.event.envelope.id
                what = "a message fails again and again"
                self._defects.report_first(event_id, what, error, code="defect")
        await self.hide(delivery.message, seconds)

    async def dead_letter_and_delete(self, message: Message, code: str, text: str) -> None:
        """Dead letter at once, then delete: in this order nothing is lost."""
        _log.error("dead letter", code=code, why=text)
        reasons = {"code": code, "text": text[:_LONGEST_TEXT], "service": self._service}
        if await self._try(self._queue.dead_letter(message, reasons), "not dead-lettered"):
            error_reports.report(
                "dead letter: a message that cannot be handled",
                code=code,
                why=text,
                message_id=message.message_id,
                once=("dead letter", message.message_id),
            )
            await self._delete(message)

    async def hide(self, message: Message, seconds: float) -> None:
        """Let a message reappear after ``seconds``."""
        await self._try(self._queue.hide(message, seconds), "visibility not changed")

    async def _delete(self, message: Message) -> None:
        await self._try(self._queue.delete(message), "not deleted")

    async def _try(self, call: Awaitable[None], failure: str) -> bool:
        """Await ``call``; where it fails, log ``failure``: the message only comes again."""
        try:
            await call
        except DependencyDownError as error:
            self._breaker.trip(error, by=failure)
            _log.warning(failure, error=str(error))
        except Exception as error:  # noqa: BLE001 -- an expired receipt handle must end nothing
            _log.warning(failure, error=str(error))
        else:
            self._breaker.record_success(failure)
            return True
        return False
