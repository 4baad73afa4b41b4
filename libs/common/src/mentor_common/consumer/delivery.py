"""A message being handled, and its heartbeat."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.errors import DependencyDownError, StoppedError, TransientError
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mentor_common.consumer.queue import Message, Queue
    from mentor_common.events import Event

ATTEMPT_ATTRIBUTE = "attempt"
LOOK_SECONDS = 5.0
"""Longest time between two looks at whether the work is still wanted."""
_log = get_logger(__name__)


@dataclass
class Delivery:
    """What a handler gets: the event, and ways to speak to the consumer.

    Parameters
    ----------
    message
        As received.
    event
        As decoded.
    on_beat
        Set by a handler while it works under a lease: called with every heartbeat; raising
        :class:`StoppedError` ends the handler.
    failures
        Set by the handler: how often this work has failed, for the backoff.
    failed
        Set by the handler: why the work failed for good although the message was handled.
    backoff_base, backoff_cap
        See :func:`backoff`; in seconds.
    names
        Set by the handler: what besides the event names its work on each line of the log.
    """

    message: Message
    event: Event
    on_beat: Callable[[], Awaitable[None]] | None = None
    failures: int | None = None
    failed: str | None = None
    stopped: StoppedError | None = None
    shutdown: bool = False
    names: dict[str, Any] = field(default_factory=dict)
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    backoff_base: float = 5
    backoff_cap: float = 900
    _pause: float | None = None

    @property
    def redriven(self) -> int | None:
        """The attempt that failed, when an operator redrove the message (DESIGN rule 11)."""
        attempt = self.message.attributes.get(ATTEMPT_ATTRIBUTE, "")
        return int(attempt) if attempt.isdigit() else None

    def pause(self, error: BaseException) -> float:
        """Return for how long the message is hidden after ``error``, in seconds.

        The same at each asking, so that who records it and who hides the message agree.
        """
        if isinstance(error, TransientError) and error.retry_after is not None:
            return error.retry_after
        if self._pause is None:
            count = self.failures or self.message.receive_count
            self._pause = backoff(count, self.backoff_base, self.backoff_cap)
        return self._pause

    def nudge(self) -> None:
        """Ask for a beat now, because there is progress to write."""
        self.nudged.set()


async def beat(
    delivery: Delivery,
    queue: Queue,
    work: asyncio.Task[None],
    *,
    beat_seconds: float,
    visibility: int,
) -> None:
    """Keep the message hidden and the lease alive until cancelled; stop lost work.

    Whether the work is still wanted is looked at every five seconds, so that a cancelled encode
    ends soon; each look also writes the percent, which therefore is not written more often.

    An expired receipt handle or an outage does not end the heartbeat: the message may reappear,
    and the task's lease then keeps a second worker away. Cancelled before the consumer decides
    what becomes of the message, so that no late beat overrides that.
    """
    with tracing.muted():
        await _beat(delivery, queue, work, beat_seconds, visibility)


async def _beat(
    delivery: Delivery, queue: Queue, work: asyncio.Task[None], beat_seconds: float, visibility: int
) -> None:
    loop = asyncio.get_running_loop()
    look_seconds = min(LOOK_SECONDS, beat_seconds)
    next_hide = loop.time() + beat_seconds
    next_look = loop.time() + look_seconds
    while True:
        with suppress(TimeoutError):
            pause = min(next_hide, next_look) - loop.time()
            await asyncio.wait_for(delivery.nudged.wait(), max(0.0, pause))
        looks = delivery.nudged.is_set() or loop.time() >= next_look
        delivery.nudged.clear()
        if loop.time() >= next_hide:
            due, next_hide = next_hide, loop.time() + beat_seconds
            try:
                await queue.hide(delivery.message, visibility)
                metrics.HEARTBEAT_LAG.observe(loop.time() - due)
            except Exception as error:  # noqa: BLE001 -- the pump must survive whatever SQS says
                _log.warning("visibility not extended", error=str(error))
        if not looks:
            continue
        next_look = loop.time() + look_seconds
        if delivery.on_beat is None:
            continue
        try:
            await delivery.on_beat()
        except StoppedError as stopped:
            if delivery.on_beat is None:
                continue  # the work ended while this beat was under way
            delivery.stopped = stopped
            work.cancel()
            return
        except DependencyDownError as error:
            _log.warning("lease not extended", error=str(error))


def backoff(failures: int, base: float, cap: float) -> float:
    """Return full-jitter exponential backoff in seconds, at least one.

    Formula: ``random(0, min(cap, base * 2**n))``, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015.
    """
    ceiling = min(cap, base * 2 ** min(max(failures, 1), 30))
    return max(1.0, random.uniform(0, ceiling))  # noqa: S311 -- jitter, no secret
