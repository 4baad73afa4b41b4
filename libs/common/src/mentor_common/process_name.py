"""Name of a process."""

from __future__ import annotations

import os
import socket


def process_name() -> str:
    """Return host and number of this process, by which operators know it."""
    return f"{socket.gethostname()}:{os.getpid()}"
