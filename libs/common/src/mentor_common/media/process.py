"""Runs of media tools that never outlive their purpose.

A tool has its own process group. Deadline, cancellation or any error of ours kills that group with
SIGKILL, and it has been reaped before the exception goes on: nothing of a stopped run is kept, so
there is nothing it could finish in an orderly way. If *we* are killed, Linux kills the tool. What
it may use up, open and reach is bounded (see :mod:`mentor_common.confinement`); of our environment
it gets next to nothing.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from mentor_common.confinement import EXCEEDED, Bounds, Files
from mentor_common.confinement.children import start
from mentor_common.errors import TransientError
from mentor_common.telemetry import metrics, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

_T = TypeVar("_T")
_U = TypeVar("_U")
_LINE_LIMIT: Final = 1 << 20  # bytes of one line for on_line


@dataclass(frozen=True)
class Tools:
    """The executables, names on PATH or full paths; an encoder's bytes of memory."""

    ffmpeg: str = "ffmpeg"
    ffprobe: str = "ffprobe"
    memory_bytes: int = Bounds.memory_bytes


@dataclass(frozen=True)
class ToolRun:
    """Start and end of a tool's run, wall clock, seconds since the epoch."""

    tool: str
    started: float
    ended: float


@dataclass(frozen=True)
class ToolResult:
    """A run that ended by itself.

    Parameters
    ----------
    returncode
        Exit status; ``-n`` if signal ``n`` ended it.
    stdout
        All it printed, or empty if the lines went to ``on_line``.
    stderr_tail
        The last 8 KiB of its messages.
    """

    returncode: int
    stdout: bytes
    stderr_tail: str

    @property
    def exceeded(self) -> bool:
        """True if it was killed because it computed for too long or wrote too much."""
        return self.returncode in EXCEEDED


class ToolTimeoutError(TransientError):
    """A tool did not end within its time and was killed."""


async def run(  # noqa: PLR0913 -- each is another aspect of a run
    argv: Sequence[str],
    *,
    timeout_s: float,
    timings: list[ToolRun] | None = None,
    on_line: Callable[[str], None] | None = None,
    cwd: Path | None = None,
    bounds: Bounds | None = None,
    files: Files | None = None,
    name: str | None = None,
) -> ToolResult:
    """Run a tool to its end.

    Parameters
    ----------
    argv
        Program and arguments; no shell is involved.
    timeout_s
        Wall seconds it may take.
    timings
        Receives one entry for this run, however it ends.
    on_line
        Called with each line of standard output as it comes; what it raises ends the run.
    bounds
        What it may use up; the defaults of `Bounds` when ``None``.
    files
        What it may open, beside the program; nothing when ``None``.
    name
        What the run is called in timings, metrics and traces; the program's when ``None``.

    Returns
    -------
    ToolResult
        Also for a non-zero exit status: what that means, the caller knows.

    Raises
    ------
    ToolTimeoutError
        The deadline has passed.
    OSError
        The program cannot be started.
    """
    tool = name or Path(argv[0]).name
    started = time.time()
    try:
        with metrics.timed(metrics.TOOL_SECONDS, tool=tool), tracing.span(f"run {tool}") as span:
            done = await _run(argv, timeout_s, on_line, cwd, (bounds or Bounds(), files or Files()))
            span.set_attribute("process.exit.code", done.returncode)
            return done
    except TimeoutError as error:
        raise ToolTimeoutError(f"{tool} did not end within {timeout_s:.0f} s") from error
    finally:
        if timings is not None:
            timings.append(ToolRun(tool, started, time.time()))


@overload
async def concurrently(
    first: Coroutine[Any, Any, _T], second: Coroutine[Any, Any, _U], /
) -> tuple[_T, _U]: ...


@overload
async def concurrently(*runs: Coroutine[Any, Any, _T]) -> tuple[_T, ...]: ...


async def concurrently(*runs: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """Await coroutines at once; return their results in order.

    The first that raises cancels the others, and its exception is raised as it is.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in runs]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return tuple(task.result() for task in tasks)


async def _run(
    argv: Sequence[str],
    timeout_s: float,
    on_line: Callable[[str], None] | None,
    cwd: Path | None,
    limits: tuple[Bounds, Files],
) -> ToolResult:
    bounds, files = limits
    child = await start(argv, bounds, files, cwd=cwd, longest_line=_LINE_LIMIT)
    try:
        async with asyncio.timeout(timeout_s):
            stdout, messages, returncode = await asyncio.gather(
                _output(child.stdout, on_line), child.messages, child.ended
            )
    finally:
        await child.close()
    return ToolResult(returncode, stdout, messages.decode(errors="replace"))


async def _output(stream: asyncio.StreamReader, on_line: Callable[[str], None] | None) -> bytes:
    if on_line is None:
        return await stream.read()
    async for line in stream:
        on_line(line.decode(errors="replace").rstrip("\r\n"))
    return b""
