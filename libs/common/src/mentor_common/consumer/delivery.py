"""A message being handled: what its handler and the consumer pass to each other."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from mentor_common.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mentor_common.consumer.queue import Message
    from mentor_common.errors import StoppedError
    from mentor_common.events import Event

ATTEMPT_ATTRIBUTE = "attempt"
_ATTEMPT = re.compile(r"[0-9]{1,9}")


@dataclass
class Delivery:
    """A message as its handler gets it: the event, and ways to speak to the consumer.

    Parameters
    ----------
    on_beat
        Set by a handler while it works under a lease: called with every heartbeat; raising
        :class:`StoppedError` ends the handler.
    failure_count
        Set by the handler: how often this work has failed, for the backoff.
    failure_code
        Set by the handler: code of why the work failed for good although the message was handled.
    stopped
        Set by the heartbeat: why it has cancelled the handler.
    shutdown
        Set by the consumer: the handler was cancelled because the process ends.
    log_fields
        Fields of each line of the log besides those of the event; see :meth:`log_with`.
    backoff_base, backoff_cap
        See :func:`backoff`; in seconds.
    """

    message: Message
    event: Event
    on_beat: Callable[[], Awaitable[None]] | None = None
    failure_count: int | None = None
    failure_code: str | None = None
    stopped: StoppedError | None = None
    shutdown: bool = False
    log_fields: dict[str, Any] = field(default_factory=dict)
    backoff_base: float = 5
    backoff_cap: float = 900
    _pause: float | None = None

    @property
    def redriven(self) -> int | None:
        """The attempt that failed, when an operator redrove the message."""
        attempt = self.message.attributes.get(ATTEMPT_ATTRIBUTE, "")
        return int(attempt) if _ATTEMPT.fullmatch(attempt) else None

    def log_with(self, **fields: Any) -> None:
        """Put fields on all further lines of the log about the message, the consumer's included.

        To be called by the handler, whose log context is its own and ends with it.
        """
        self.log_fields |= fields
        bind_contextvars(**fields)

    def retry_delay(self, error: BaseException) -> float:
        """Return for how long the message is hidden after ``error``, in seconds.

        The same at each call, so that who records it and who hides the message agree.
        """
        if isinstance(error, TransientError) and error.retry_after is not None:
            return error.retry_after
        if self._pause is None:
            count = self.failure_count or self.message.receive_count
            self._pause = backoff(count, self.backoff_base, self.backoff_cap)
        return self._pause


def backoff(failures: int, base: float, cap: float) -> float:
    """Return full-jitter exponential backoff in seconds, at least one.

    Formula: ``random(0, min(cap, base * 2**n))``, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015.
    """
    ceiling = min(cap, base * 2 ** min(max(failures, 1), 30))
    return max(1.0, random.uniform(0, ceiling))  # noqa: S311 -- jitter, no secret
