"""Waiting for a condition that nothing announces: a file of another process, a port, a status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.25
_PAUSE_PER_SECOND_WAITED = 0.1


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return as soon as ``condition()`` is true.

    What is waited for has to stay true: the longer it takes, the less often it is looked for, since
    asking costs the same processors as what is awaited.

    Raises
    ------
    TimeoutError
        When it is not within ``seconds``; the message says ``what`` was waited for.
    """
    begun = time.monotonic()
    while not condition():
        waited = time.monotonic() - begun
        if waited > seconds:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        pause = max(_SHORTEST_PAUSE, waited * _PAUSE_PER_SECOND_WAITED)
        time.sleep(min(pause, _LONGEST_PAUSE))
