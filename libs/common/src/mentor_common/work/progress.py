"""The heartbeat of claimed work: lease and percent are written together, every ten seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mentor_common.errors import HandBackError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RENEW_SECONDS = 10.0
"""Between two renewals of a lease by beats that come oftener; as long as documents of running
uploads are not brought up to date after the acceptance."""
_TOLERANCE = 0.5
_ALMOST_DONE = 99


class Progress:
    """Percent of running work, written with each renewal of its lease; work of seconds has none.

    Parameters
    ----------
    renew
        Renews the lease and writes a percent; called in a thread. Raises ``StoppedError`` when
        the lease was lost.
    obsolete
        Returns why the work is not wanted any more, or ``None``; see :class:`.runner.Work`.
    started
        Called once, in a thread, after the first renewal: the work takes longer than moments.
    lease_seconds
        Length of the lease, which is renewed before half of it is over.
    """

    def __init__(
        self,
        renew: Callable[[int], object],
        obsolete: Callable[[], Awaitable[str | None]],
        started: Callable[[], object],
        lease_seconds: float,
    ) -> None:
        self._renew = renew
        self._obsolete = obsolete
        self._started = started
        self._has_started = False
        self._percent = 0
        self._pause = min(RENEW_SECONDS, lease_seconds / 2) - _TOLERANCE
        self._renew_at = _now() + self._pause

    def report(self, percent: int) -> None:
        """Take progress, 0 to 100, to be written with the next renewal.

        It never falls, and reaches 100 only with the result.
        """
        self._percent = min(max(percent, self._percent), _ALMOST_DONE)

    async def beat(self) -> None:
        """Renew the lease and write the percent, where it is time; ask whether to go on.

        Raises
        ------
        StoppedError
            The lease was lost, or the work is not wanted any more.
        """
        if _now() >= self._renew_at:
            await asyncio.to_thread(self._renew, self._percent)
            self._renew_at = _now() + self._pause
            if not self._has_started:
                await asyncio.to_thread(self._started)
                self._has_started = True
        try:
            reason = await self._obsolete()
        except HandBackError:
            return  # Undecided: it goes on.
        if reason is not None:
            raise StoppedError(reason)


def _now() -> float:
    return asyncio.get_running_loop().time()
