"""Real worker processes by the dozen: what takes long, the imports, is done once, then forked.

Each is a process of its own with its own environment, signals and exit code, and runs the same
``python -m mentor_<service>`` as anywhere; only the interpreter's start is shared. For tests that
start fifty of them.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_POLL_SECONDS = 0.02


@dataclass
class Worker:
    """One worker process.

    Attributes
    ----------
    code
        Exit code once it has ended, ``-n`` if signal ``n`` ended it.
    """

    pid: int
    code: int | None = None

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.code is None:
            os.kill(self.pid, number)


class Nursery:
    """Starts workers. A context manager; whoever is left at its end is killed.

    Parameters
    ----------
    modules
        Packages to import before the first fork, for example ``mentor_transcoder``.
    log
        File that gets all output.
    """

    def __init__(self, modules: Sequence[str], log: Path) -> None:
        self._changed = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._workers: dict[int, Worker] = {}
        self._born: list[Worker] = []
        command = [sys.executable, "-m", "mentor_local.nursery", *modules]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                bufsize=1,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(
        self, module: str, environment: Mapping[str, str], arguments: Sequence[str] = ()
    ) -> Worker:
        """Start ``python -m module`` with arguments; return once it has been forked."""
        if self._process.stdin is None:
            raise RuntimeError("no pipe to the nursery")
        # Births are told in the order they were asked for: two askers would mix them up.
        with self._one_at_a_time, self._changed:
            asked = len(self._born)
            self._process.stdin.write(
                f"{json.dumps([module, dict(environment), list(arguments)])}\n"
            )
            if not self._changed.wait_for(lambda: len(self._born) > asked, timeout=60):
                raise TimeoutError("the nursery did not fork")
            return self._born[asked]

    def wait(self, worker: Worker, seconds: float) -> int:
        """Return the exit code.

        Raises
        ------
        TimeoutError
            When the worker has not ended within ``seconds``.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: worker.code is not None, timeout=seconds):
                raise TimeoutError(f"worker {worker.pid} did not end within {seconds} s")
        return int(worker.code or 0)

    def _listen(self) -> None:
        if self._process.stdout is None:
            raise RuntimeError("no pipe from the nursery")
        for line in self._process.stdout:
            pid, code = json.loads(line)
            with self._changed:
                if code is None:
                    worker = self._workers[pid] = Worker(pid)
                    self._born.append(worker)
                else:
                    self._workers[pid].code = code
                self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers.values():
            worker.signal(signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        self._listener.join()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _serve(modules: Sequence[str]) -> None:
    """Fork what is asked for on stdin, tell births and ends on stdout, until stdin ends."""
    for name in modules:
        importlib.import_module(f"{name}.bootstrap")
        importlib.import_module(f"{name}.settings")
    pending = b""
    open_input = True
    alive = 0
    while open_input or alive:
        readable, _, _ = select.select([0] if open_input else [], [], [], _POLL_SECONDS)
        if readable:
            chunk = os.read(0, 65536)
            open_input = bool(chunk)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                _tell(_fork(*json.loads(line)), None)
                alive += 1
        alive -= _reap()
        if not open_input and alive:
            time.sleep(_POLL_SECONDS)


def _fork(module: str, environment: dict[str, str], arguments: list[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.dup2(2, 1)
        os.close(0)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap() -> int:
    ended = 0
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        ended += 1
        _tell(pid, os.waitstatus_to_exitcode(status))


def _tell(pid: int, code: int | None) -> None:
    os.write(1, f"{json.dumps([pid, code])}\n".encode())


if __name__ == "__main__":
    _serve(sys.argv[1:])
