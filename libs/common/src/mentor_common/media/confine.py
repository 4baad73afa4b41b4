"""Limits on resources and network of a tool, enforced by the kernel.

A mentor's file is decoded by a million lines of C. Whatever it makes of them, it cannot take all
memory, fill the disk, compute for ever or reach the network, as far as the system allows that.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG: Final = 1
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWUSER: Final = 0x10000000
_GRACE_S: Final = 2  # between the kernel's warning and its kill
# Loaded before any fork: between fork and exec the child must not take the loader's locks.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None

EXCEEDED: Final = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ})
"""Return codes of a tool that computed for too long or wrote too much."""


@dataclass(frozen=True)
class Bounds:
    """Resources that one run of a tool may use.

    Parameters
    ----------
    memory_bytes
        Data in memory; an allocation beyond it fails. (Linux. Not the address space, of which a
        tool with many threads reserves far more than it uses.)
    cpu_s
        Seconds of all its processor cores together; ``None`` for any.
    file_bytes
        Largest file it may write; ``None`` for any.
    """

    memory_bytes: int = 3 << 30
    cpu_s: float | None = None
    file_bytes: int | None = None


def confinement(bounds: Bounds) -> Callable[[], None]:
    """Return the function for the child to call between fork and exec.

    It takes the bounds on, gives up the network where that is permitted, and arranges to die with
    this process. Linux sends that signal when the *thread* that forked ends, so the event loop must
    run in a thread that lives as long as the process: the main one.
    """
    parent = os.getpid()
    limits: list[tuple[int, tuple[int, int]]] = [(resource.RLIMIT_CORE, (0, 0))]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_DATA, (bounds.memory_bytes, bounds.memory_bytes)))
    if bounds.cpu_s is not None:
        seconds = max(1, round(bounds.cpu_s))
        limits.append((resource.RLIMIT_CPU, (seconds, seconds + _GRACE_S)))
    if bounds.file_bytes is not None:
        limits.append((resource.RLIMIT_FSIZE, (bounds.file_bytes, bounds.file_bytes)))

    def confine() -> None:
        for which, values in limits:
            try:
                resource.setrlimit(which, values)
            except (OSError, ValueError):
                continue  # A lower hard limit from outside holds already.
        if _LIBC is None:
            return
        # Root may leave the network by itself, anybody else in a user namespace of their own.
        if _LIBC.unshare(_CLONE_NEWNET) != 0:
            _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        # After that, because a change of user would undo it.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # It died before the line above.
            os._exit(1)

    return confine
