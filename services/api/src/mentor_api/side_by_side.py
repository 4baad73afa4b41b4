"""Questions of one request that wait for answers at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from mentor_common.threads import in_current_context

if TYPE_CHECKING:
    from collections.abc import Callable


def side_by_side(*calls: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Do calls at the same time and wait for all; return what gives or raises each one's result.

    Under gevent the threads are greenlets. The caller decides whose error counts, by asking for
    the results in its own order.
    """
    with ThreadPoolExecutor(len(calls)) as threads:
        return [threads.submit(in_current_context(call)).result for call in calls]
