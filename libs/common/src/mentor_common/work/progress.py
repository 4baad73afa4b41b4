"""The heartbeat of claimed work: lease and percent are written together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mentor_common.errors import HandBackError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PERCENT_SECONDS = 5.0
_ALMOST_DONE = 99


class Progress:
    """Percent of running work, written with each renewal of its lease.

    Parameters
    ----------
    renew
        Renews the lease and writes a percent; called in a thread. Raises ``StoppedError`` when
        the lease was lost.
    obsolete
        Returns why the work is not wanted any more, or ``None``; see :class:`.runner.Work`.
    request_heartbeat
        Asks for a heartbeat now.
    """

    def __init__(
        self,
        renew: Callable[[int], object],
        obsolete: Callable[[], Awaitable[str | None]],
        request_heartbeat: Callable[[], None],
    ) -> None:
        self._renew = renew
        self._obsolete = obsolete
        self._request_heartbeat = request_heartbeat
        self._percent = 0
        self._written_at = float("-inf")

    def report(self, percent: int) -> None:
        """Take progress, 0 to 100, and have it written, at most every five seconds.

        It never falls, and reaches 100 only with the result.
        """
        percent = min(max(percent, self._percent), _ALMOST_DONE)
        if percent == self._percent:
            return
        self._percent = percent
        now = asyncio.get_running_loop().time()
        if now - self._written_at >= _PERCENT_SECONDS:
            self._written_at = now
            self._request_heartbeat()

    async def beat(self) -> None:
        """Renew the lease and write the percent.

        Raises
        ------
        StoppedError
            The lease was lost, or the work is not wanted any more.
        """
        await asyncio.to_thread(self._renew, self._percent)
        self._written_at = asyncio.get_running_loop().time()
        try:
            reason = await self._obsolete()
        except HandBackError:
            return  # Undecided: it goes on.
        if reason is not None:
            raise StoppedError(reason)
