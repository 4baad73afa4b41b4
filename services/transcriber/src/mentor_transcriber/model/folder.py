"""A model's folder: what it lacks, and how a file gets into it.

A file has its name only after its SHA-256 was checked; before that it is ``NAME.partial``, which
stays for the next try. A model's folder has its name only when all its files are there.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_transcriber.model.errors import InterruptedTransferError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mentor_transcriber.model.manifest import Model, PinnedFile

CHUNK: Final = 1 << 20
_PARTIAL: Final = ".partial"


@dataclass(frozen=True)
class Stream:
    """Bytes of a file on their way.

    Parameters
    ----------
    start
        Offset of the first of them.
    chunks
        The bytes.
    size
        Size of the whole file, ``None`` where it is not known.
    close
        Ends the transfer.
    """

    start: int
    chunks: Iterable[bytes]
    size: int | None = None
    close: Callable[[], object] = bool


def is_complete(model: Model, folder: Path) -> bool:
    """Tell whether a folder holds all files of a model, by their sizes."""
    return all(_size(folder / name) == file.size for name, file in model.files.items())


def differences(model: Model, folder: Path) -> dict[str, str]:
    """Return by file what is not as it is pinned; empty for the very model."""
    found = {name: difference(folder / name, file) for name, file in model.files.items()}
    return {name: problem for name, problem in found.items() if problem}


def difference(path: Path, pinned: PinnedFile) -> str | None:
    """Return what is wrong with a file, ``None`` where it is the pinned one."""
    size = _size(path)
    if size is None:
        return "missing"
    if size != pinned.size:
        return f"has {size} bytes instead of {pinned.size}"
    if (digest := sha256_of(path)) != pinned.sha256:
        return f"has the SHA-256 {digest} instead of {pinned.sha256}"
    return None


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(path: Path, pinned: PinnedFile, read: Callable[[int], Stream]) -> None:
    """Fetch a file, from where an earlier try ended, and give it its name if it is the pinned one.

    Parameters
    ----------
    path
        Where it belongs.
    pinned
        What it has to be.
    read
        Returns the file's bytes from an offset on, or from an earlier one.

    Raises
    ------
    InterruptedTransferError
        The bytes ended early.
    SourceError
        It is another file.
    """
    partial = partial_of(path)
    if (done := _size(partial) or 0) < pinned.size:
        _write(partial, pinned, read(done))
    if problem := difference(partial, pinned):
        partial.unlink()
        if done:  # what an earlier try left was of another file
            return receive(path, pinned, read)
        raise SourceError(f"{path.name} {problem}")
    partial.replace(path)
    return None


def partial_of(path: Path) -> Path:
    """Return the name of a file that is not whole yet."""
    return path.with_name(f"{path.name}{_PARTIAL}")


def _write(partial: Path, pinned: PinnedFile, stream: Stream) -> None:
    name = partial.name.removesuffix(_PARTIAL)
    with closing(stream):
        if stream.size not in {None, pinned.size}:
            raise SourceError(f"{name} has {stream.size} bytes instead of {pinned.size}")
        done = _append(partial, pinned, stream)
    if done > pinned.size:
        partial.unlink()
        raise SourceError(f"{name} has more than {pinned.size} bytes")
    if done < pinned.size:
        raise InterruptedTransferError(f"{name} ended after {done} of {pinned.size} bytes")


def _append(partial: Path, pinned: PinnedFile, stream: Stream) -> int:
    """Write what comes, up to the size it may have; return where it ended."""
    done = stream.start
    with partial.open("r+b" if stream.start else "wb") as file:
        file.seek(stream.start)
        for chunk in stream.chunks:
            done += len(chunk)
            if done > pinned.size:
                break  # it is longer than it may be, whatever else comes
            file.write(chunk)
    return done


def sync(path: Path) -> None:
    """Make a file's content, or the names in a folder, outlast a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
