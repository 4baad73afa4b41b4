"""Processes of this machine, awaited by their pidfds (Linux)."""

from __future__ import annotations

import os
import select


def has_ended(pidfd: int) -> bool:
    """Wait up to 10 s for the end of a process; return whether it came. The pidfd is closed."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    try:
        return bool(poll.poll(10_000))
    finally:
        os.close(pidfd)
