"""Scratch space of a process, cleaned even after a process that was killed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_common.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

_LOCK = ".lock"


@contextmanager
def scratch(base: Path) -> Iterator[Path]:
    """Yield a directory of this process alone under ``base``; remove it, and abandoned ones.

    A directory is in use as long as a process holds the lock on the file in it. The kernel drops
    the lock of a process however it ends, so the next one to start finds what was left behind.
    """
    base.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(base)
    own = Path(tempfile.mkdtemp(prefix="work-", dir=base))
    with (own / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)


def require_room(folder: Path, needed_bytes: int) -> None:
    """Check that ``folder`` can take ``needed_bytes`` more.

    Raises
    ------
    TransientError
        It cannot, now; other jobs may free some.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise TransientError(f"{free >> 20} MiB free in {folder}, {needed_bytes >> 20} MiB needed")


def write_all(file: FileIO, chunk: bytes) -> None:
    """Write all of a chunk to an unbuffered file.

    Raises
    ------
    TransientError
        The disk does not take it.
    """
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise TransientError(f"work folder: {error.strerror}") from error


def _remove_abandoned(base: Path) -> None:
    for path in base.glob("work-*"):
        try:
            with (path / _LOCK).open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue  # A living process works there.
        except OSError:
            # No lock file: either being made this very moment, or half removed.
            continue
