"""Confined programs that run: started by a small process, watched by an event loop."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from mentor_common.confinement import Start, environment, missing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.confinement import Bounds, Files

_log = get_logger(__name__)
_CHUNK: Final = 1 << 16
_MESSAGES: Final = 8192  # bytes; the cause stands last, and hostile input can print gigabytes
_FORK_SERVER: Final = (sys.executable, "-P", "-m", "mentor_common.confinement.fork_server")


@dataclass(frozen=True)
class Child:
    """A program in a process group of its own.

    Parameters
    ----------
    pid
        Id of its process and of its group.
    stdin
        Where its input is written; ``None`` where it has none.
    stdout
        What it prints.
    messages
        The last 8 KiB of its standard error, once that is closed.
    ended
        Its return code, once it has ended; ``-n`` if signal ``n`` ended it.
    """

    pid: int
    stdin: asyncio.StreamWriter | None
    stdout: asyncio.StreamReader
    messages: asyncio.Task[bytes]
    ended: asyncio.Task[int]
    _connection: _Connection
    _outputs: tuple[asyncio.ReadTransport, ...]

    async def close(self) -> None:
        """Kill what is left of its group; returns once the program has been reaped."""
        if self.stdin is not None:
            self.stdin.close()
        self.messages.cancel()
        self.ended.cancel()
        await asyncio.gather(self.messages, self.ended, return_exceptions=True)
        for output in self._outputs:
            output.close()
        await self._connection.close()


async def start(
    argv: Sequence[str],
    bounds: Bounds,
    files: Files | None,
    *,
    cwd: Path | None = None,
    has_input: bool = False,
    longest_line: int = _CHUNK,
) -> Child:
    """Start a program. Whoever does not close it leaves it to the end of this process.

    Parameters
    ----------
    argv
        Program and arguments; no shell is involved.
    bounds
        What it may use up.
    files
        What it may open beside itself; ``None`` for all that we may.
    cwd
        The folder it starts in; ours when ``None``.
    has_input
        Whether it has a standard input.
    longest_line
        Bytes of the longest line that is read from it.

    Raises
    ------
    OSError
        It cannot be started.
    """
    log_what_is_missing()
    if files is not None and (found := shutil.which(argv[0])):
        files = files.running(Path(found))
    folder = str(cwd or Path.cwd())
    ends = _ask_for(
        Start(tuple(argv), folder, environment(os.environ), bounds, files), has_input=has_input
    )
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(ends.close)
        answers, asks = await asyncio.open_connection(sock=ends.connection)
        on_failure.callback(asks.transport.abort)
        connection = _Connection(answers, asks)
        word, number = await connection.answer()
        if word != "pid":
            code = number if word == "error" else errno.ECONNRESET
            raise OSError(code, os.strerror(code), argv[0])
        stdin = None
        if ends.stdin is not None:
            _, stdin = await asyncio.open_connection(sock=ends.stdin)
            on_failure.callback(stdin.transport.abort)
        stdout, output = await _reader(ends.stdout, longest_line)
        on_failure.callback(output.close)
        stderr, errors = await _reader(ends.stderr, _CHUNK)
        on_failure.pop_all()
    messages = asyncio.create_task(_tail(stderr))
    ended = asyncio.create_task(connection.return_code())
    return Child(number, stdin, stdout, messages, ended, connection, (output, errors))


@dataclass(frozen=True)
class _Ends:
    """Our ends of what leads to a program."""

    connection: socket.socket
    stdin: socket.socket | None
    stdout: BinaryIO
    stderr: BinaryIO

    def close(self) -> None:
        for end in (self.connection, self.stdin, self.stdout, self.stderr):
            if end is not None:
                end.close()


def _ask_for(start: Start, *, has_input: bool) -> _Ends:
    with contextlib.ExitStack() as theirs:
        connection, asked = socket.socketpair()
        theirs.enter_context(asked)
        stdin = None
        source: socket.socket | BinaryIO
        if has_input:
            stdin, source = socket.socketpair()
            theirs.enter_context(source)
        else:
            source = theirs.enter_context(Path(os.devnull).open("rb"))
        (stdout, output), (stderr, errors) = os.pipe(), os.pipe()
        for end in (output, errors):
            theirs.callback(os.close, end)
        ends = _Ends(connection, stdin, os.fdopen(stdout, "rb", 0), os.fdopen(stderr, "rb", 0))
        try:
            _fork_server(os.getpid()).pass_on([asked.fileno(), source.fileno(), output, errors])
            connection.sendall(pickle.dumps(start))
        except BaseException:
            ends.close()
            raise
    return ends


class _ForkServer:
    """The process that starts programs for this one, started anew where it has died."""

    def __init__(self) -> None:
        self._control = self._started()

    @staticmethod
    def _started() -> socket.socket:
        control, theirs = socket.socketpair()
        with theirs:
            server = subprocess.Popen(
                _FORK_SERVER,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment(os.environ),
                # A signal for our group, as of a terminal, is ours to act upon.
                start_new_session=True,
            )
        atexit.register(_stop, control, server)
        return control

    def pass_on(self, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self._control, [b"+"], descriptors)
        except ConnectionError:
            self._control = self._started()
            socket.send_fds(self._control, [b"+"], descriptors)


def _stop(control: socket.socket, server: subprocess.Popen[bytes]) -> None:
    control.close()
    server.wait()


@cache
def _fork_server(_pid: int, /) -> _ForkServer:
    """Return the server of this process; what it forked itself needs another."""
    return _ForkServer()


class _Connection:
    """Our side of `mentor_common.confinement.fork_server`'s protocol."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def answer(self) -> tuple[str, int]:
        line = await self._reader.readline()
        if not line:  # the server is gone, and its children with it
            return "ended", -signal.SIGKILL
        word, _, number = line.decode().partition(" ")
        return word, int(number)

    async def return_code(self) -> int:
        return (await self.answer())[1]

    async def close(self) -> None:
        self._writer.write_eof()
        await self._reader.read()
        self._writer.close()


async def _reader(
    pipe: BinaryIO, longest_line: int
) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(longest_line)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return reader, transport


async def _tail(stream: asyncio.StreamReader) -> bytes:
    tail = b""
    while chunk := await stream.read(_CHUNK):
        tail = (tail + chunk)[-_MESSAGES:]
    return tail


@cache
def log_what_is_missing() -> None:
    """Say once what this kernel cannot keep programs from."""
    if missing():
        _log.warning(
            "this kernel confines media tools in part only",
            open_to_them=list(missing()),
            remedy="Linux 5.13 or later with Landlock and seccomp",
        )
