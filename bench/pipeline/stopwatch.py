"""What each consumer of the benchmark measures of itself, with the standard library alone.

Peers have an environment of their own, and import this module by itself.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "0"))
WARM_UP = int(os.environ.get("BENCH_WARM_UP", "0"))
QUEUE = os.environ.get("BENCH_QUEUE", "")
SLOTS = 10


class Stopwatch:
    """Time and processor time from the first message after the warm-up to the last one.

    Processor time is that of the whole process, all of its threads included.
    """

    def __init__(self) -> None:
        self._handled = 0
        self._started = (0.0, 0.0)

    def handled(self) -> bool:
        """Count a message; return whether it was the last one."""
        self._handled += 1
        if self._handled == WARM_UP:
            self._started = self._now()
        if self._handled == MESSAGES + WARM_UP:
            wall, processor = self._now()
            figures = {"seconds": wall - self._started[0], "cpu_s": processor - self._started[1]}
            Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(figures))
        return self._handled >= MESSAGES + WARM_UP

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()
