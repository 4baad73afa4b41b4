"""Decoding of pictures in processes of their own, one after the other, in turns of persons."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Final

from mentor_api.http.problems import Problem, bad_request
from mentor_api.pictures.outcome import (
    Picture,
    busy,
    damaged,
    empty,
    only_png_jpeg,
    too_demanding,
)
from mentor_api.pictures.turns import Turns
from mentor_common.confinement import EXCEEDED, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORKER: Final = "mentor_api.pictures.worker"
_SIGNATURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # PNG, JPEG
_SECONDS: Final = 45.0  # with ten at the door less than the 60 of proxies
_LOOK_S: Final = 0.05  # how soon a client is missed, and the end of a child seen
_LOWEST: Final = 19  # priority there is
_NICENESS: Final = 10  # a tenth of what a process of the usual priority gets beside it
_MESSAGES: Final = 2000  # bytes kept of what a child prints; the cause stands last
_KILLED: Final = -signal.SIGKILL


class PictureDecoder:
    """Decodes one picture at a time, in a child that is gone afterwards with all its memory.

    Whoever has waited for longest without one of theirs being decoded is next, so that a person's
    many pictures keep nobody else's out. How many wait is bounded before they are read, by
    `mentor_api.http.large_bodies`.

    Parameters
    ----------
    max_pixels
        Width times height of the largest picture.
    seconds
        From a picture's arrival until it is decoded.
    argv
        The child's command, see `mentor_api.pictures.worker`; its own by default.
    """

    def __init__(
        self, max_pixels: int, seconds: float = _SECONDS, argv: tuple[str, ...] = ()
    ) -> None:
        self._seconds = seconds
        self._argv = argv or (sys.executable, "-P", "-m", _WORKER, str(max_pixels))
        self._turns = Turns()

    def decode(self, raw: bytes, person: str, has_left: Callable[[], bool]) -> Picture:
        """Return a PNG or JPEG turned upright and encoded anew, without metadata.

        Parameters
        ----------
        raw
            The file; its name and declared type are ignored.
        person
            Id of the user who sends it.
        has_left
            Whether the client that waits for it has gone: then its decoding ends.

        Raises
        ------
        Problem
            415 for any other kind of file, 400 for a damaged one or one that is too much work, 413
            for too many pixels; 503 where the time is up.
        """
        if not raw:
            raise empty()
        if not raw.startswith(_SIGNATURES):
            raise only_png_jpeg()
        waited = _Waiting(time.monotonic() + self._seconds, has_left)
        with self._turns.turn(person, waited.check, _LOOK_S):
            return self._run(raw, waited)

    def _run(self, raw: bytes, waited: _Waiting) -> Picture:
        with (
            tempfile.TemporaryFile() as source,
            tempfile.TemporaryFile() as output,
            tempfile.TemporaryFile() as messages,
        ):
            source.write(raw)
            source.seek(0)
            returncode = _run(self._argv, (source, output, messages), waited)
            output.seek(0)
            messages.seek(max(0, messages.seek(0, os.SEEK_END) - _MESSAGES))
            return _picture(returncode, output.read(), messages.read())


@dataclass(frozen=True)
class _Waiting:
    """A request that waits: until when, monotonic seconds, and whether for anybody."""

    until: float
    has_left: Callable[[], bool]

    def check(self) -> None:
        if time.monotonic() > self.until:
            raise busy()
        if self.has_left():
            raise bad_request("the client left before its image was stored")  # nobody reads it


def _run(argv: tuple[str, ...], streams: Sequence[IO[bytes]], waited: _Waiting) -> int:
    """Return how a child has ended that has these files as its standard streams.

    It must not be forked by `subprocess`: gevent's forks in Python, and what libraries have asked
    to be called in the child, as OpenTelemetry has to start a thread, lets our other requests go on
    there as well, on connections that are ours.
    """
    actions = [(os.POSIX_SPAWN_DUP2, each.fileno(), number) for number, each in enumerate(streams)]
    pid = os.posix_spawn(argv[0], argv, environment(os.environ), file_actions=actions)
    try:
        _step_back(pid)
        while (returncode := _returncode(pid)) is None:
            time.sleep(_LOOK_S)
            waited.check()
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        while _returncode(pid) is None:
            time.sleep(_LOOK_S)
        raise
    return returncode


def _step_back(pid: int) -> None:
    """Let processes that answer requests come first: also while the child starts."""
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, pid, min(_LOWEST, ours + _NICENESS))


def _returncode(pid: int) -> int | None:
    """Return how a child has ended, -n by signal n; ``None`` while it runs. Never waits."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _picture(returncode: int, output: bytes, messages: bytes) -> Picture:
    """Return what a child made of a picture, or why it made nothing, as a problem."""
    if returncode in EXCEEDED:
        raise too_demanding()
    if returncode == _KILLED:  # the machine is out of memory
        raise busy()
    if returncode < 0:  # the decoder itself fell over the file
        raise damaged()
    if returncode != 0:
        tail = messages.decode(errors="replace")
        raise RuntimeError(f"the decoder of pictures ended with {returncode}: {tail}")
    line, _, content = output.partition(b"\n")
    answer = json.loads(line)
    if "status" in answer:
        raise Problem(HTTPStatus(answer["status"]), answer["message"])
    return Picture(content, answer["suffix"])
