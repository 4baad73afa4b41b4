"""The folder of a local stack: its lock, its secrets, and the files that other programs read."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SECRET_BYTES = 32


class HomeBusyError(Exception):
    """Another stack runs in this folder."""


class NoStackError(Exception):
    """No stack runs in this folder; the message says how to start one."""


@dataclass(frozen=True)
class Secrets:
    """The stack's own secrets, made once and kept."""

    jwt_secret: str
    api_secret: str


class Home:
    """The files of one local stack.

    The folder is created, for its owner only, when missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.endpoints = folder / "endpoints.json"
        self.processes = folder / "processes.json"
        self.emulator = folder / "emulator"
        self.graphql_database = folder / "graphql.sqlite3"
        self.traces_database = folder / "traces.sqlite3"

    def work_folder(self, process: str) -> Path:
        """Return the scratch folder of a process, created when missing."""
        folder = self.folder / "work" / process
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other stacks out of this folder; the system lets go when the process ends.

        Raises
        ------
        HomeBusyError
            When another stack runs here; the message says which process it is.
        """
        path = self.folder / "lock"
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                owner = path.read_text().strip()
                raise HomeBusyError(
                    f"a stack already runs in {self.folder} (process {owner}); stop it, or set "
                    "MENTOR_UPLOAD_HOME and MENTOR_UPLOAD_PORT_BASE for a second one"
                ) from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def secrets(self) -> Secrets:
        """Return the stack's secrets; ``JWT_SECRET`` and ``API_SECRET`` take precedence.

        With a GraphQL server of one's own both must be the ones that server knows.
        """
        path = self.folder / "secrets.json"
        if not path.exists():
            made = {
                "jwt_secret": secrets.token_urlsafe(_SECRET_BYTES),
                "api_secret": secrets.token_urlsafe(_SECRET_BYTES),
            }
            write_private(path, made)
        kept = json.loads(path.read_text())
        return Secrets(
            jwt_secret=os.environ.get("JWT_SECRET") or kept["jwt_secret"],
            api_secret=os.environ.get("API_SECRET") or kept["api_secret"],
        )

    def write_endpoints(self, endpoints: Mapping[str, str]) -> None:
        """Publish how other programs reach the stack, now that it is up."""
        write_private(self.endpoints, endpoints)

    def read_endpoints(self) -> dict[str, str]:
        """Return how to reach the stack that runs in this folder.

        Raises
        ------
        NoStackError
            When none runs.
        """
        try:
            return dict(json.loads(self.endpoints.read_text()))
        except FileNotFoundError:
            raise NoStackError("no stack runs here; start one with `make run` first") from None

    def write_environment(self, process: str, environment: Mapping[str, str]) -> None:
        """Keep the variables that a process gets beyond our own, for running it by hand.

        Lines that a shell and an editor's launch configuration can both read.
        """
        folder = self.folder / "env"
        folder.mkdir(exist_ok=True)
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())]
        write_whole(folder / f"{process}.env", "".join(lines))

    def remove_endpoints(self) -> None:
        """Withdraw what :meth:`write_endpoints` published."""
        self.endpoints.unlink(missing_ok=True)

    def write_processes(self, processes: Mapping[str, int]) -> None:
        """Note which processes run now."""
        write_private(self.processes, processes)

    def read_processes(self) -> dict[str, int]:
        """Return the processes noted last; after a clean end there are none."""
        try:
            noted = json.loads(self.processes.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return {str(name): int(pid) for name, pid in noted.items()}


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON that only the owner may read; see :func:`write_whole`."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner may read; readers see the old file or the new one, whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(name, path)  # noqa: PTH105 -- mkstemp names files by string
