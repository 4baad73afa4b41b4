"""Runs of media tools that never outlive their purpose.

A tool has its own process group. Deadline, cancellation or any error of ours kills that group with
SIGKILL, and it has been reaped before the exception goes on: nothing of a stopped run is kept, so
there is nothing it could finish in an orderly way. If *we* are killed, Linux kills the tool. What
it may use up, open and reach is bounded (see :mod:`mentor_common.confinement`); of our environment
it gets next to nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from mentor_common.confinement import EXCEEDED, Bounds, Files, confinement, environment, missing
from mentor_common.errors import TransientError
from mentor_common.telemetry import metrics, tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

_log = get_logger(__name__)
_T = TypeVar("_T")
_U = TypeVar("_U")
_CHUNK: Final = 1 << 16
_STDERR_TAIL: Final = 8192  # bytes; the cause stands last, and hostile input can print gigabytes
_LINE_LIMIT: Final = 1 << 20  # bytes of one line for on_line


@dataclass(frozen=True)
class Tools:
    """The executables, names on PATH or full paths, and the bytes of memory an encoder may take."""

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
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
        cwd=cwd,
        **confined(argv[0], *limits),
    )
    # The types allow for processes without pipes; this one was given both.
    assert process.stdout is not None  # noqa: S101 - narrows a type, decides nothing
    assert process.stderr is not None  # noqa: S101 - the same
    readers = (
        asyncio.create_task(_output(process.stdout, on_line)),
        asyncio.create_task(_tail(process.stderr)),
    )
    try:
        async with asyncio.timeout(timeout_s):
            stdout, stderr = await asyncio.gather(*readers)
            returncode = await process.wait()
    except BaseException:
        await _kill(process, readers)
        raise
    return ToolResult(returncode, stdout, stderr.decode(errors="replace"))


def confined(program: str, bounds: Bounds, files: Files | None) -> dict[str, Any]:
    """Return the arguments of ``create_subprocess_exec`` that confine a program of its own group.

    ``files`` is what it may open beside itself; ``None`` for all that we may.
    """
    log_what_is_missing()
    if files is not None and (found := shutil.which(program)):
        files = files.running(Path(found))
    return {
        "env": environment(os.environ),
        "start_new_session": True,
        "preexec_fn": confinement(bounds, files),
    }


@cache
def log_what_is_missing() -> None:
    """Say once what this kernel cannot keep tools from."""
    if missing():
        _log.warning(
            "this kernel confines media tools in part only",
            open_to_them=list(missing()),
            remedy="Linux 5.13 or later with Landlock and seccomp",
        )


async def _output(stream: asyncio.StreamReader, on_line: Callable[[str], None] | None) -> bytes:
    if on_line is None:
        return await stream.read()
    async for line in stream:
        on_line(line.decode(errors="replace").rstrip("\r\n"))
    return b""


async def _tail(stream: asyncio.StreamReader) -> bytes:
    tail = b""
    while chunk := await stream.read(_CHUNK):
        tail = (tail + chunk)[-_STDERR_TAIL:]
    return tail


async def _kill(
    process: asyncio.subprocess.Process, readers: Iterable[asyncio.Task[bytes]]
) -> None:
    with contextlib.suppress(ProcessLookupError):
        # The leader may be gone while a child of its group still holds the pipes.
        os.killpg(process.pid, signal.SIGKILL)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await process.wait()
