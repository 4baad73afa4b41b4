"""State that all simulated services share: time, chance, faults, and the log of effects."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from simulation.loop import wait

if TYPE_CHECKING:
    from simulation.loop import VirtualLoop
    from simulation.process import Process

EPOCH = 1_800_000_000.0
DEPENDENCIES = ("sqs", "sns", "s3", "dynamodb", "graphql")
_LOSS = 0.2


@dataclass
class Outside:
    """The world around the services.

    Parameters
    ----------
    loop
        Virtual time, seconds since the start.
    seed
        Of every chance the outside takes.
    """

    loop: VirtualLoop
    seed: int = 0
    latency: float = 0.02
    faults: dict[str, str] = field(default_factory=dict)
    """Dependency to ``down`` or ``lossy`` (also ``slow`` and ``refusing`` for graphql)."""
    log: list[str] = field(default_factory=list)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(service, dependency) to how often it was called, repetitions included."""

    def __post_init__(self) -> None:
        """Seed the dice."""
        self.chance = random.Random(self.seed)  # noqa: S311 -- reproducible on purpose

    def now(self) -> float:
        """Return seconds since the epoch, in virtual time (this is the services' clock)."""
        return EPOCH + self.loop.time()

    def note(self, process: Process | None, *words: object) -> None:
        """Write a line into the event log."""
        who = process.name if process else "-"
        self.log.append(f"{self.loop.time():.3f} {who} {' '.join(map(str, words))}")

    async def enter(self, process: Process, dependency: str) -> None:
        """Let a call reach its service, or fail on the way as AWS's client does."""
        self.count(process, dependency)
        await process.passage()
        await asyncio.sleep(self.latency * self.chance.random())
        await process.passage()
        fault = self.faults.get(dependency)
        if fault == "down":
            raise EndpointConnectionError(endpoint_url=dependency)
        if fault == "lossy" and self.chance.random() < _LOSS:
            raise unavailable()

    def count(self, process: Process, dependency: str) -> None:
        """Count a call."""
        self.calls[process.name.split("-")[0], dependency] += 1

    async def leave(self, process: Process, dependency: str) -> None:
        """Let the answer come back; a lossy service has done its work, and its answer is lost."""
        await process.passage()
        if self.faults.get(dependency) == "lossy" and self.chance.random() < _LOSS:
            raise ReadTimeoutError(endpoint_url=dependency)

    def enter_thread(self, process: Process, dependency: str) -> None:
        """Do as :meth:`enter` in blocking code."""
        wait(self.enter(process, dependency))

    def leave_thread(self, process: Process, dependency: str) -> None:
        """Do as :meth:`leave` in blocking code."""
        wait(self.leave(process, dependency))


def unavailable() -> ClientError:
    """Return a 503."""
    return refusal("ServiceUnavailable", 503)


def refusal(code: str, status: int = 400, **extra: Any) -> ClientError:
    """Return an AWS error."""
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **extra,
    }
    return ClientError(response, "simulated")
