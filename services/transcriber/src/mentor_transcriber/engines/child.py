"""A recogniser's process, which can be killed, leaves no memory, and answers in JSON."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_common.media import Bounds, Files, ToolRun, run
from mentor_common.telemetry import metrics
from mentor_transcriber.engines.base import RecogniserError

if TYPE_CHECKING:
    from pathlib import Path

_BYTES_PER_S: Final = 32_000


def seconds_of(wav: Path) -> float:
    """Return how long a recording is: 16 kHz, mono, 16 bit."""
    return wav.stat().st_size / _BYTES_PER_S


@dataclass(frozen=True)
class RecogniserProcess:
    """Command and limits of an engine's process.

    Parameters
    ----------
    engine
        The engine's name, for metrics.
    module
        Module that ``python -m`` runs.
    timeout_base_s, timeout_per_s
        Seconds it may take, and seconds more for each second of sound.
    bounds
        What it may use up; the defaults of `Bounds` when ``None``.
    """

    engine: str
    module: str
    timeout_base_s: float
    timeout_per_s: float
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        """Create the engine's metric at 0, so that the first run is seen as an increase."""
        metrics.RECOGNISER_SPEED.labels(engine=self.engine)

    async def run(self, wav: Path, argument: str, timings: list[ToolRun] | None) -> dict[str, Any]:
        """Return the JSON document that the process prints for a recording.

        Raises
        ------
        RecogniserError
            It ended with an error.
        ToolTimeoutError
            It did not end.
        """
        seconds = seconds_of(wav)
        started = time.perf_counter()
        done = await run(
            (sys.executable, "-P", "-m", self.module, argument),
            timeout_s=self.timeout_base_s + self.timeout_per_s * seconds,
            timings=timings,
            bounds=self.bounds,
            files=Files.of_python("mentor_common", "mentor_transcriber", read=(wav,)),
            name="recogniser",
        )
        if done.returncode != 0:
            raise RecogniserError(
                f"the recogniser ended with {done.returncode}: {done.stderr_tail.strip()}"
            )
        speed = seconds / (time.perf_counter() - started)
        metrics.RECOGNISER_SPEED.labels(engine=self.engine).observe(speed)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
