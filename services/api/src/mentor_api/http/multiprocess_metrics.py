"""Metrics of several web processes, which any of them exposes as one.

Imports nothing that imports metrics.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def enable() -> None:
    """Give the processes an empty directory for their counts, which is removed at the end.

    One that the environment names is emptied, and stays: after a restart everything counts from 0,
    which is what a scraper expects.
    """
    named = os.environ.get(DIRECTORY)
    if named:
        folder = Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.db"):
            old.unlink()
        return
    made = tempfile.mkdtemp(prefix="mentor-upload-metrics-")
    os.environ[DIRECTORY] = made
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # gunicorn's workers are forks and end as well
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
