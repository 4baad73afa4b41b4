"""A process that stays: its model is loaded once and serves many recordings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_common.confinement.children import start
from mentor_common.media import ToolRun, ToolTimeoutError
from mentor_common.telemetry import metrics, tracing
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.child import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mentor_common.confinement import Bounds, Files
    from mentor_common.confinement.children import Child

_LONGEST_LINE: Final = 64 << 20  # bytes of one answer


@dataclass(frozen=True)
class Patience:
    """Seconds that a resident process is waited for.

    Parameters
    ----------
    start
        Until its model is loaded.
    base, per_second
        For an answer, and more for each second of sound.
    """

    start: float = 300.0
    base: float = 60.0
    per_second: float = 20.0


class Resident:
    """Runs one recogniser or aligner and gives it one recording after the other.

    Its process is started for the first recording. It is killed at a deadline or a cancellation,
    and once it has answered so often that what it may have leaked goes with it. After that, and
    after a recording at which it ended, the next one starts another process.

    Parameters
    ----------
    engine
        The engine's name, for the metric of a recogniser's speed; ``None`` for what is none.
    argv
        Program and arguments. It prints a line when it is ready, then answers each line of its
        input, a JSON object, by a line that is one; it ends with its input, and at a failure.
    bounds
        What it may use up.
    files
        What it may open; ``None`` for all that we may.
    name
        What it is called in timings, metrics and errors.
    patience
        Deadlines.
    most_answers
        After so many it is replaced.
    """

    def __init__(
        self,
        engine: str | None,
        argv: Sequence[str],
        bounds: Bounds,
        *,
        files: Files | None = None,
        name: str = "recogniser",
        patience: Patience | None = None,
        most_answers: int = 100,
    ) -> None:
        self._argv = tuple(argv)
        self._bounds = bounds
        self._files = files
        self._name = name
        self._patience = patience or Patience()
        self._most_answers = most_answers
        self._speed = metrics.RECOGNISER_SPEED.labels(engine=engine) if engine else None
        self._turn = asyncio.Lock()
        self._child: _Process | None = None

    async def ask(
        self, wav: Path, request: dict[str, Any], timings: list[ToolRun] | None = None
    ) -> dict[str, Any]:
        """Return the answer to a request about a recording.

        Raises
        ------
        RecogniserError
            The process ended.
        ToolTimeoutError
            It did not answer in time.
        """
        async with self._turn:
            started = time.perf_counter()
            with _measured(self._name, timings):
                answer = await self._answer(request, seconds_of(wav))
            if self._speed is not None:
                self._speed.observe(seconds_of(wav) / (time.perf_counter() - started))
            return answer

    @property
    def pid(self) -> int | None:
        """Id of the process, ``None`` where none runs."""
        if self._child is None or self._child.has_ended:
            return None
        return self._child.pid

    async def _answer(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            child = await self._ready()
            async with asyncio.timeout(self._patience.base + self._patience.per_second * seconds):
                answer = await child.ask(request)
        except TimeoutError as error:
            await self.close()
            raise ToolTimeoutError(f"the {self._name} did not answer in time") from error
        except BaseException:
            await self.close()
            raise
        if child.answers >= self._most_answers:
            await self.close()
        return answer

    async def _ready(self) -> _Process:
        if self._child is None or self._child.has_ended:
            self._child = _Process(
                await start(
                    self._argv,
                    self._bounds,
                    self._files,
                    has_input=True,
                    longest_line=_LONGEST_LINE,
                ),
                self._name,
            )
            async with asyncio.timeout(self._patience.start):
                await self._child.read()
        return self._child

    async def close(self) -> None:
        """Kill the process, if there is one; returns when it has been reaped."""
        child, self._child = self._child, None
        if child is not None:
            await child.close()


class _Process:
    """One process, until it ends."""

    def __init__(self, child: Child, name: str) -> None:
        self._child = child
        self._name = name
        self.answers = 0

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def has_ended(self) -> bool:
        return self._child.ended.done()

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._child.stdin is not None  # noqa: S101 - narrows a type, decides nothing
        with contextlib.suppress(ConnectionError):  # its end is read below
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            await self._child.stdin.drain()
        answer = await self.read()
        self.answers += 1
        return answer

    async def read(self) -> dict[str, Any]:
        """Return the next line that it prints."""
        line = await self._child.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        messages = (await self._child.messages).decode(errors="replace").strip()
        raise RecogniserError(f"the {self._name} ended with {await self._child.ended}: {messages}")

    async def close(self) -> None:
        await self._child.close()


@contextlib.contextmanager
def _measured(name: str, timings: list[ToolRun] | None) -> Iterator[None]:
    started = time.time()
    try:
        with metrics.timed(metrics.TOOL_SECONDS, tool=name), tracing.span(f"run {name}"):
            yield
    finally:
        if timings is not None:
            timings.append(ToolRun(name, started, time.time()))
