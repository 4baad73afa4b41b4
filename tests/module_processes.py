"""Python modules run as processes that are forked from one server with the services imported.

Each is a process of its own with its own environment, signals and exit code, and runs the same
``python -m mentor_<service>`` as anywhere; only the interpreter's start and the imports are shared.
Some tests start dozens. This module imports nothing that a child would have to import again.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import threading
from multiprocessing import connection
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

_SERVICES = ("transcoder", "transcriber", "notifier", "api")
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "__main__",
        *(f"mentor_{name}.{part}" for name in _SERVICES for part in ("bootstrap", "settings")),
        "mentor_api.ingest",
        "mentor_local.aws_models",
    ]
)


class Processes:
    """Starts and awaits Python modules as processes. A context manager: it kills who is left.

    Parameters
    ----------
    log
        File that gets all output.
    """

    def __init__(self, log: Path) -> None:
        log.touch()
        self._log = log
        self._started: list[ForkServerProcess] = []
        # Each start asks how all other processes stand, which must not meet a thread that reads
        # the exit code of one of them.
        self._lock = threading.Lock()

    def start(
        self,
        module: str,
        environment: Mapping[str, str],
        arguments: Sequence[str] = (),
        output: Path | None = None,
    ) -> ForkServerProcess:
        """Start ``python -m module`` with arguments; return once it has been forked.

        ``output`` is the file of its standard output where that is not the log.
        """
        files = str(output or self._log), str(self._log)
        process = _PROCESSES.Process(
            target=_run_module, args=(module, list(arguments), dict(environment), files)
        )
        with self._lock:
            process.start()
            self._started.append(process)
        return process

    def wait(self, process: ForkServerProcess, seconds: float) -> int | None:
        """Return the exit code, ``-n`` if signal ``n`` ended the process.

        Raises
        ------
        TimeoutError
            When it has not ended within ``seconds``.
        """
        if not connection.wait([process.sentinel], seconds):
            raise TimeoutError(f"process {process.pid} did not end within {seconds} s")
        with self._lock:
            process.join()
        return process.exitcode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._started:
            process.kill()
        for process in self._started:
            process.join()


def _run_module(
    module: str, arguments: list[str], environment: dict[str, str], files: tuple[str, str]
) -> None:
    """Go on in a new process as ``python -m module`` does, with its two outputs in files."""
    for number, name in enumerate(files, start=1):
        with open(name, "ab") as output:  # noqa: PTH123 -- before anything is imported
            os.dup2(output.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    if arguments[:1] == ["web"]:
        # gevent patches the standard library before anything is imported, and so from the start.
        os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 -- ourselves
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
