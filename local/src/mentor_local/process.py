"""One supervised process: started, watched, started again when it dies, stopped in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mentor_local.console import Console

_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 30.0
_STEADY_SECONDS = 10.0  # a process that ran this long begins again with the first backoff
_READY_POLL_SECONDS = 0.1
_REMIND_SECONDS = 20.0
_TIMEOUT_SECONDS = 5.0
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class ProcessSpec:
    """A command, its environment, and the URL that answers once it is up.

    Attributes
    ----------
    name
        Prefix in the log, key in ``processes.json``.
    command, environment
        Program with arguments, and its whole environment.
    ready_url
        Answers 200 once the process is ready.
    tier
        Higher tiers stop first.
    grace
        Seconds between SIGTERM and SIGKILL.
    on_restart
        Called, in a thread, whenever the process is ready again after it died.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str
    tier: int = 0
    grace: float = 10.0
    on_restart: Callable[[], object] | None = field(default=None, compare=False)


class Process:
    """Keeps one process alive until it is stopped.

    ``changed`` is called with the process id after a start and with ``None`` after an end.
    """

    def __init__(
        self, spec: ProcessSpec, console: Console, changed: Callable[[int | None], None]
    ) -> None:
        self.spec = spec
        self._console = console
        self._changed = changed
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._running: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the process and keep it running."""
        self._task = asyncio.create_task(self._keep_running(), name=self.spec.name)

    async def wait_ready(self) -> None:
        """Return once the process is ready; say now and then that it is waited for."""
        while not self._ready.is_set():
            try:
                await asyncio.wait_for(self._ready.wait(), _REMIND_SECONDS)
            except TimeoutError:
                self._console.note(f"still waiting for {self.spec.name} ({self.spec.ready_url})")

    async def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL for its whole group when grace is over."""
        self._stopping.set()
        if self._task is None:
            return
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self._task], timeout=self.spec.grace)
        if not done:
            self._console.note(f"{self.spec.name} did not stop in {self.spec.grace:g} s: killed")
            self.kill()
        await self._task

    def kill(self) -> None:
        """End the process and its group at once, without a second start."""
        self._stopping.set()
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._running is not None and self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    os.killpg(self._running.pid, number)
                else:
                    self._running.send_signal(number)

    async def _keep_running(self) -> None:
        # One pipe outlives all starts, and the end of the process is not the end of the pipe: a
        # child that its dead parent left behind may hold it open for long.
        receiver, sender = os.pipe()
        output = asyncio.create_task(self._forward(receiver))
        failures = 0
        try:
            while not self._stopping.is_set():
                steady = await self._run_once(sender, first=failures == 0)
                failures = 1 if steady else failures + 1
                if self._stopping.is_set():
                    break
                delay = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** (failures - 1))
                self._console.note(f"{self.spec.name} {self._ending()}; again in {delay:g} s")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
        finally:
            os.close(sender)
            await asyncio.wait([output], timeout=1)
            output.cancel()

    async def _run_once(self, sender: int, *, first: bool) -> bool:
        """Run until the process ends; return whether it was up long enough to be steady."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            self._running = await asyncio.create_subprocess_exec(
                *self.spec.command,
                env=dict(self.spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sender,
                stderr=sender,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which sees to order
            )
        except OSError as error:
            self._running = None
            self._console.note(f"{self.spec.name} cannot be started: {error}")
            return False
        self._changed(self._running.pid)
        if self._stopping.is_set():  # asked to stop while the process was being made
            self._signal(signal.SIGTERM)
        watch = asyncio.create_task(self._watch_ready(first=first))
        await self._running.wait()
        watch.cancel()
        self._ready.clear()
        self._changed(None)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._running.pid, signal.SIGKILL)  # children it left behind
        return loop.time() - began >= _STEADY_SECONDS

    async def _watch_ready(self, *, first: bool) -> None:
        url = self.spec.ready_url
        # ASYNC110: another process's readiness is announced by no event
        while await asyncio.to_thread(http_status, url) != requests.codes.ok:  # noqa: ASYNC110
            await asyncio.sleep(_READY_POLL_SECONDS)
        if not first and self.spec.on_restart is not None:
            try:
                await asyncio.to_thread(self.spec.on_restart)
            except Exception as error:  # noqa: BLE001 -- the stack goes on; the log says it
                self._console.note(f"after the restart of {self.spec.name}: {error}")
        self._ready.set()
        if not first:
            self._console.note(f"{self.spec.name} is up again")

    def _ending(self) -> str:
        if self._running is None:
            return "did not start"
        code = self._running.returncode or 0
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    async def _forward(self, receiver: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(receiver, "rb")
        )
        pending = b""
        try:
            while chunk := await reader.read(_LONGEST_LINE):
                *lines, pending = (pending + chunk).split(b"\n")
                if len(pending) > _LONGEST_LINE:
                    lines, pending = [*lines, pending], b""
                for line in lines:
                    self._console.line(self.spec.name, line.decode(errors="replace").rstrip())
        finally:
            if pending:
                self._console.line(self.spec.name, pending.decode(errors="replace").rstrip())
            transport.close()


def http_status(url: str) -> int | None:
    """Return the status a GET answers with, or ``None`` when nothing answers in time."""
    with requests.Session() as session:
        session.trust_env = False  # what is asked is on this machine, behind no proxy
        try:
            return session.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False).status_code
        except requests.RequestException:
            return None
