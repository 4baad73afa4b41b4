"""The heartbeat of a message: it stays hidden, and its handler's lease lives, during the work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mentor_common.errors import DependencyDownError, StoppedError
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mentor_common.consumer.delivery import Delivery
    from mentor_common.consumer.queue import Queue

CHECK_SECONDS = 5.0
"""Longest time between two checks of whether the work is to go on."""
_BEGIN_SECONDS = 0.1
_log = get_logger(__name__)


class Heartbeat:
    """The heartbeat of a message from now until it is stopped.

    It begins a moment later: what is handled by then, as most events are, costs no task for it.

    Parameters
    ----------
    beats
        Beats until it is cancelled: :func:`beat` of the message.
    """

    def __init__(self, beats: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._beats = beats
        self._beating: asyncio.Task[None] | None = None
        self._begins = asyncio.get_running_loop().call_later(_BEGIN_SECONDS, self._begin)

    def _begin(self) -> None:
        self._beating = asyncio.create_task(self._beats())

    async def stop(self) -> None:
        """Return when no beat is under way and none will come."""
        self._begins.cancel()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait({self._beating})


async def beat(
    delivery: Delivery,
    queue: Queue,
    work: asyncio.Task[None],
    *,
    beat_seconds: float,
    visibility: int,
) -> None:
    """Extend the visibility timeout and call ``on_beat`` until cancelled; stop lost work.

    ``on_beat`` is called every five seconds, so that a cancelled encode ends soon.

    An expired receipt handle, an outage or a defect does not end the heartbeat: the message may
    reappear, and the task's lease then keeps a second worker away. To be cancelled before the
    message is hidden for another time, so that no late beat overrides that.

    Parameters
    ----------
    work
        Its handler; cancelled when ``on_beat`` raises ``StoppedError``.
    beat_seconds, visibility
        Seconds between two extensions of the visibility timeout, and seconds it is extended to.
    """
    with tracing.muted():
        await _beat(delivery, queue, work, beat_seconds, visibility)


async def _beat(
    delivery: Delivery, queue: Queue, work: asyncio.Task[None], beat_seconds: float, visibility: int
) -> None:
    loop = asyncio.get_running_loop()
    check_seconds = min(CHECK_SECONDS, beat_seconds)
    next_extension = loop.time() + beat_seconds
    next_check = loop.time() + check_seconds
    while True:
        await asyncio.sleep(max(0.0, min(next_extension, next_check) - loop.time()))
        checks = loop.time() >= next_check
        if loop.time() >= next_extension:
            due, next_extension = next_extension, loop.time() + beat_seconds
            try:
                await queue.hide(delivery.message, visibility)
                metrics.HEARTBEAT_LAG.observe(loop.time() - due)
            except Exception as error:  # noqa: BLE001 -- the heartbeat survives whatever SQS answers
                _log.warning("visibility not extended", error=str(error))
        if not checks:
            continue
        next_check = loop.time() + check_seconds
        if delivery.on_beat is None:
            continue
        try:
            await delivery.on_beat()
        except StoppedError as stopped:
            if delivery.on_beat is None:
                continue  # The work ended while this beat was under way.
            delivery.stopped = stopped
            work.cancel()
            return
        except DependencyDownError as error:
            _log.warning("lease not extended", error=str(error))
        except Exception:  # noqa: BLE001 -- after a defect of one beat the next may succeed
            _log.exception("lease not extended")
