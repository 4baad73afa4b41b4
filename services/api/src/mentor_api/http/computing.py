"""Computing beside the connections: what is not waiting would keep all of them waiting.

Under gevent a process turns to its next connection when the current one waits. What computes for
longer, such as parsing megabytes, goes to a thread of its own, from which Python takes the
processor every few milliseconds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from gevent import monkey
from gevent.threadpool import ThreadPool

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
_THREADS = 2  # each makes a connection wait a few milliseconds longer for its turn


@cache
def _threads() -> ThreadPool:
    return ThreadPool(_THREADS)


def computed(compute: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what a function computes that neither waits nor knows of the request.

    Where nothing is patched, as in tests within a process, it is called as it is.
    """
    if not monkey.is_module_patched("threading"):
        return compute(*args, **kwargs)
    return cast("R", _threads().apply(compute, args, kwargs))
