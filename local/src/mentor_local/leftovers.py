"""Leftovers of a stack whose supervisor was killed: processes, and thereby taken ports."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFTOVERS_SECONDS = 10
"""Longest time for the processes of a killed supervisor, and then for their ports, to end."""


class PortTakenError(Exception):
    """A port the stack needs is in use; the message says which and what to do."""


def check_ports(ports: Mapping[str, int], *, seconds: float = 0) -> None:
    """Return if every port can be opened on this machine.

    A port may still be taken for some ``seconds``: a process that was ended has lost its command
    line a moment before the system closes its sockets.

    Raises
    ------
    PortTakenError
        For the first that cannot.
    """
    for name, port in ports.items():
        try:
            wait_until(functools.partial(_is_free, port), seconds=seconds, what=f"port {port}")
        except TimeoutError as error:
            raise PortTakenError(
                f"port {port} (for {name}) is taken: stop what listens there, or set "
                "MENTOR_UPLOAD_PORT_BASE to the first of seven free ports"
            ) from error


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def end_leftovers(noted: Mapping[str, int], commands: Mapping[str, tuple[str, ...]]) -> list[str]:
    """End processes that a killed supervisor left running and return their names.

    A process id may belong to somebody else by now, so only a process that runs the very command
    we start under that name is ended.
    """
    ended = []
    for name, pid in noted.items():
        # The program itself may be reported under another path than it was started by.
        arguments = " ".join(commands.get(name, ())[1:])
        if not arguments or not _command_line(pid).endswith(arguments):
            continue
        _end_group(pid)
        ended.append(name)
    return ended


def _end_group(pid: int) -> None:
    """End a process that leads its group: SIGTERM, and SIGKILL when it does not listen."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        try:
            wait_until(lambda: not _command_line(pid), seconds=LEFTOVERS_SECONDS, what="its end")
        except TimeoutError:
            os.killpg(pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    """Return a process's command line, or the empty string when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()
    except OSError:
        if Path("/proc/self").exists():
            return ""
    answer = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()
