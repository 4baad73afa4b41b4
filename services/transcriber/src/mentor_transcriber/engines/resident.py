"""A recogniser's process that stays: its model is loaded once and serves many recordings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_common.media import Bounds, ToolRun, ToolTimeoutError
from mentor_common.media.process import confined
from mentor_common.telemetry import metrics, tracing
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.child import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NAME: Final = "recogniser"
_LONGEST_LINE: Final = 64 << 20  # bytes of one answer
_MESSAGES: Final = 8192  # bytes kept of what it prints on standard error; the cause stands last
_CHUNK: Final = 1 << 16


@dataclass(frozen=True)
class Patience:
    """Seconds that a resident recogniser is waited for.

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
    """Runs one recogniser and gives it one recording after the other.

    Its process is started for the first recording. It is killed at a deadline or a cancellation,
    and once it has answered so often that what it may have leaked goes with it. After that, and
    after a recording at which it ended, the next one starts another process.

    Parameters
    ----------
    engine
        The engine's name, for metrics.
    argv
        Program and arguments. It prints a line when it is ready, then answers each line of its
        input, a JSON object, by a line that is one; it ends with its input, and at a failure.
    bounds
        What it may use up.
    patience
        Deadlines.
    most_answers
        After so many it is replaced.
    """

    def __init__(
        self,
        engine: str,
        argv: Sequence[str],
        bounds: Bounds,
        *,
        patience: Patience | None = None,
        most_answers: int = 100,
    ) -> None:
        self._argv = tuple(argv)
        self._bounds = bounds
        self._patience = patience or Patience()
        self._most_answers = most_answers
        self._speed = metrics.RECOGNISER_SPEED.labels(engine=engine)
        self._turn = asyncio.Lock()
        self._child: _Child | None = None

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
            with _measured(timings):
                answer = await self._answer(request, seconds_of(wav))
            self._speed.observe(seconds_of(wav) / (time.perf_counter() - started))
            return answer

    @property
    def pid(self) -> int | None:
        """Id of the process, ``None`` where none runs."""
        if self._child is None or self._child.has_ended:
            return None
        return self._child.process.pid

    async def _answer(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            child = await self._ready()
            async with asyncio.timeout(self._patience.base + self._patience.per_second * seconds):
                answer = await child.ask(request)
        except TimeoutError as error:
            await self.close()
            raise ToolTimeoutError("the recogniser did not answer in time") from error
        except BaseException:
            await self.close()
            raise
        if child.answers >= self._most_answers:
            await self.close()
        return answer

    async def _ready(self) -> _Child:
        if self._child is None or self._child.has_ended:
            self._child = await _Child.start(self._argv, self._bounds)
            async with asyncio.timeout(self._patience.start):
                await self._child.read()
        return self._child

    async def close(self) -> None:
        """Kill the process, if there is one; returns when it has been reaped."""
        child, self._child = self._child, None
        if child is not None:
            await child.kill()


@dataclass
class _Child:
    """One process of the recogniser."""

    process: asyncio.subprocess.Process
    messages: asyncio.Task[bytes]
    answers: int = 0

    @classmethod
    async def start(cls, argv: Sequence[str], bounds: Bounds) -> _Child:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            # Where the recordings will lie is not known yet; they are WAV files that we wrote.
            **confined(argv[0], bounds, None),
        )
        assert process.stderr is not None  # noqa: S101 - narrows a type, decides nothing
        return cls(process, asyncio.create_task(_tail(process.stderr)))

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None  # noqa: S101 - the same
        with contextlib.suppress(ConnectionError):  # its end is read below
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            await self.process.stdin.drain()
        answer = await self.read()
        self.answers += 1
        return answer

    async def read(self) -> dict[str, Any]:
        """Return the next line that it prints."""
        assert self.process.stdout is not None  # noqa: S101 - the same
        line = await self.process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        messages = (await self.messages).decode(errors="replace").strip()
        code = await self.process.wait()
        raise RecogniserError(f"the recogniser ended with {code}: {messages}")

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.messages.cancel()
        await asyncio.gather(self.messages, return_exceptions=True)
        await self.process.wait()


async def _tail(stream: asyncio.StreamReader) -> bytes:
    tail = b""
    while chunk := await stream.read(_CHUNK):
        tail = (tail + chunk)[-_MESSAGES:]
    return tail


@contextlib.contextmanager
def _measured(timings: list[ToolRun] | None) -> Iterator[None]:
    started = time.time()
    try:
        with metrics.timed(metrics.TOOL_SECONDS, tool=_NAME), tracing.span(f"run {_NAME}"):
            yield
    finally:
        if timings is not None:
            timings.append(ToolRun(_NAME, started, time.time()))
