"""Decoding of pictures in processes of their own, one after the other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
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
from mentor_common.confinement import EXCEEDED, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORKER: Final = "mentor_api.pictures.worker"
_SIGNATURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # PNG, JPEG
_LOOK_S: Final = 0.1  # how soon a client is missed
_MESSAGES: Final = 2000  # characters kept of what a child prints; the cause stands last
_KILLED: Final = -signal.SIGKILL


@dataclass(frozen=True)
class Patience:
    """How long and in how long a queue pictures are waited for.

    Parameters
    ----------
    seconds
        From a picture's arrival until it is decoded.
    queue
        Pictures that may wait while another one is decoded.
    """

    seconds: float = 30.0
    queue: int = 2


class PictureDecoder:
    """Decodes one picture at a time, in a child that is gone afterwards with all its memory.

    Parameters
    ----------
    max_pixels
        Width times height of the largest picture.
    argv
        The child's command, see `mentor_api.pictures.worker`; its own by default.
    """

    def __init__(
        self, max_pixels: int, patience: Patience | None = None, argv: tuple[str, ...] = ()
    ) -> None:
        self._patience = patience or Patience()
        self._argv = argv or (sys.executable, "-P", "-m", _WORKER, str(max_pixels))
        self._places = threading.BoundedSemaphore(1 + self._patience.queue)
        self._turn = threading.Lock()

    def decode(self, raw: bytes, has_left: Callable[[], bool]) -> Picture:
        """Return a PNG or JPEG turned upright and encoded anew, without metadata.

        Parameters
        ----------
        raw
            The file; its name and declared type are ignored.
        has_left
            Whether the client that waits for it has gone: then its decoding ends.

        Raises
        ------
        Problem
            415 for any other kind of file, 400 for a damaged one or one that is too much work, 413
            for too many pixels; 503 where the queue is full or the time is up.
        """
        if not raw:
            raise empty()
        if not raw.startswith(_SIGNATURES):
            raise only_png_jpeg()
        waited = _Waiting(time.monotonic() + self._patience.seconds, has_left)
        with self._place(), self._in_turn(waited):
            return self._run(raw, waited)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _in_turn(self, waited: _Waiting) -> Iterator[None]:
        while not self._turn.acquire(timeout=_LOOK_S):
            waited.check()
        try:
            yield
        finally:
            self._turn.release()

    def _run(self, raw: bytes, waited: _Waiting) -> Picture:
        with (
            _as_file(raw) as file,
            subprocess.Popen(
                self._argv,
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(os.environ),
            ) as child,
        ):
            try:
                output, messages = _answer(child, waited)
            finally:
                child.kill()  # of one that has ended it does nothing
        return _picture(child.returncode, output, messages)


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


@contextlib.contextmanager
def _as_file(raw: bytes) -> Iterator[IO[bytes]]:
    """Return bytes as a file: through a pipe, Python 3.11 would not go on after a time-out."""
    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.seek(0)
        yield file


def _answer(child: subprocess.Popen[bytes], waited: _Waiting) -> tuple[bytes, bytes]:
    while True:
        try:
            return child.communicate(timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            waited.check()


def _picture(returncode: int, output: bytes, messages: bytes) -> Picture:
    """Return what a child made of a picture, or why it made nothing, as a problem."""
    if returncode in EXCEEDED:
        raise too_demanding()
    if returncode == _KILLED:  # the machine is out of memory
        raise busy()
    if returncode < 0:  # the decoder itself fell over the file
        raise damaged()
    if returncode != 0:
        tail = messages.decode(errors="replace")[-_MESSAGES:]
        raise RuntimeError(f"the decoder of pictures ended with {returncode}: {tail}")
    line, _, content = output.partition(b"\n")
    answer = json.loads(line)
    if "status" in answer:
        raise Problem(HTTPStatus(answer["status"]), answer["message"])
    return Picture(content, answer["suffix"])
