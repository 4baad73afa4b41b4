"""Rate limits of a user: one for reading and one for everything else."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from mentor_api.http.problems import too_many_requests
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.operations import Kind
    from mentor_api.settings import WebSettings

_log = get_logger(__name__)
_SWEEP_SECONDS = 10.0


class _Sweeper:
    """Forgets the counts of windows that are over, every ten seconds at most, as requests come.

    In the place of the timer of limits' storage in memory, which asks it at each request whether it
    is still alive: the timer itself is a new thread for each hundredth second with a request.
    """

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage
        self._due = 0.0

    def is_alive(self) -> bool:
        """Return that no timer is needed."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _SWEEP_SECONDS
            for key in list(self._storage.expirations):
                self._storage.get(key)  # drops one whose time is over
        return True


class RateLimits:
    """Counts requests by user and kind.

    Counts are kept in this process by default, so that a user's true limit is this one times the
    number of processes that answer; ``RATE_LIMIT_STORAGE`` names a store that they share.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._limits: dict[Kind, RateLimitItem] = {
            "read": parse(settings.rate_limit_reads),
            "write": parse(settings.rate_limit_writes),
        }
        storage = storage_from_string(settings.rate_limit_storage)
        if isinstance(storage, MemoryStorage):
            storage.timer.cancel()
            storage.timer = _Sweeper(storage)  # type: ignore[assignment]  # all that it is asked for
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def count(self, user: str, kind: Kind) -> None:
        """Count one request.

        Raises
        ------
        Problem
            429 with the seconds after which there is room again.
        """
        limit = self._limits[kind]
        try:
            if self._limiter.hit(limit, kind, user):
                return
            reset = self._limiter.get_window_stats(limit, kind, user).reset_time
        except Exception:  # noqa: BLE001 -- a shared store's client may raise anything; a limit must not be an outage
            _log.exception("requests not counted")
            return
        raise too_many_requests(str(limit), max(1, math.ceil(reset - time.time())))
