"""Processor time and memory of this process and of all that it has started.

Tools are started by a fork server, which lives on: what has ended counts as its children's.
"""

from __future__ import annotations

import resource
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_MB = 1 << 20
_SAMPLE_S = 0.1


def cpu_s() -> float:
    """Return the user and system seconds of this process and what it started, but the emulator."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    total = sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))
    for process in descendants():
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def descendants() -> list[psutil.Process]:
    """Return all processes that this one has started, directly or not, but the emulator's."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if not any(".venv-emulator" in argument for argument in child.cmdline()):
                found += [child, *child.children(recursive=True)]
    return found


def resident_mb() -> dict[int, float]:
    """Return the resident memory of each descendant, MB by process id."""
    found = {}
    for process in descendants():
        with suppress(psutil.NoSuchProcess):
            found[process.pid] = process.memory_info().rss / _MB
    return found


@contextmanager
def peaks_mb() -> Iterator[dict[int, float]]:
    """Give the most that each descendant has resident while the context lasts, MB by process id.

    It is looked at ten times a second: a shorter peak may be missed.
    """
    most: dict[int, float] = {}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_SAMPLE_S):
            for pid, resident in resident_mb().items():
                most[pid] = max(resident, most.get(pid, 0.0))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        stop.set()
        thread.join()
