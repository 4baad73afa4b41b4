"""A running local stack as a client sees it, for tests and tools."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_local.provision import client
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PORTS: Final = 9
"""Ports in a row that a stack takes."""
_START_SECONDS: Final = 180
_STOP_SECONDS: Final = 120


@dataclass(frozen=True)
class RunningStack:
    """A local stack and a mentor's browser beside it."""

    home: Path
    endpoints: dict[str, str]
    ui: UploadUI

    def client(self, name: str) -> Any:
        """Return a boto3 client of the emulator."""
        return client(name, self.endpoints["s3"])

    def pid(self, process: str) -> int:
        """Return the process id that the supervisor knows now."""
        return int(json.loads((self.home / "processes.json").read_text())[process])

    @contextmanager
    def held(self, process: str) -> Iterator[None]:
        """Let a process do nothing for a while."""
        pid = self.pid(process)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def body(self, question: str, **more: Any) -> dict[str, Any]:
        """Return the body that the UI sends for a recording."""
        mentor = self.endpoints["mentor"]
        return {"mentor": mentor, "question": question, "isVbgVideo": False, **more}

    def finish(self, upload_id: str, seconds: float = 90) -> dict[str, Any]:
        """Wait until the upload's outcome is published; return the status."""
        wait_until(
            lambda: self.ui.status(upload_id)["finished_at"] is not None,
            seconds=seconds,
            what=f"the outcome of {upload_id}",
        )
        return self.ui.status(upload_id)

    def answer(self, question: str) -> dict[str, Any] | None:
        """Return the answer as the UI reads it again after an upload."""
        document = """query Answer($mentor: ID!, $question: ID!) {
          answer(mentor: $mentor, question: $question) {
            transcript markdownTranscript hasEditedTranscript
            webMedia { type tag url transparentVideoUrl hash duration }
            mobileMedia { type tag url hash duration }
            vttMedia { type tag url vttText }
          }
        }"""
        variables = {"mentor": self.endpoints["mentor"], "question": question}
        found: dict[str, Any] | None = self.ui.query(document, variables)["answer"]
        return found

    def document(self, question: str) -> dict[str, Any] | None:
        """Return the UploadTask as the UI polls it."""
        tasks = self.ui.upload_tasks(self.endpoints["mentor"])
        return next((task for task in tasks if task["question"]["_id"] == question), None)


@contextmanager
def started(home: Path, bases: Iterable[int], **changes: str) -> Iterator[RunningStack]:
    """Run a stack of one's own for as long as the context lasts, as ``make run`` starts it.

    Parameters
    ----------
    home
        An empty folder; its output comes into ``stack.log`` there.
    bases
        First ports, of which the first with `PORTS` free ones is taken.
    changes
        Variables of its environment.
    """
    environment = {k: v for k, v in os.environ.items() if k != "GRAPHQL_ENDPOINT"} | {
        "MENTOR_UPLOAD_HOME": str(home),
        "MENTOR_UPLOAD_PORT_BASE": str(_free_base(bases)),
    }
    log = home / "stack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mentor_local", "run"],
            env=environment | changes,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: "ready" in log.read_text(errors="replace").splitlines(),
            seconds=_START_SECONDS,
            what=f"the stack to be ready ({log})",
        )
        endpoints = json.loads((home / "endpoints.json").read_text())
        ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
        yield RunningStack(home, endpoints, ui)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=_STOP_SECONDS)
    if code != 0:
        raise RuntimeError(f"the stack ended with {code}: {log}")


def _free_base(bases: Iterable[int]) -> int:
    for base in bases:
        with ExitStack() as probes:
            try:
                for port in range(base, base + PORTS):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise RuntimeError(f"no {PORTS} free ports in a row")
