"""A small process that starts confined programs for a large one.

A program confines itself between fork and exec, and a fork copies the page tables of the process
that forks: some ten milliseconds for each hundred megabytes. This process stays small. It has one
thread, so what it forks inherits no lock that another thread holds.

Its standard input is a socket. Each byte from there brings four descriptors: a connection, and a
program's standard input, output and error. The connection brings the rest of the request, a
`mentor_common.confinement.Start`. Answers are lines: ``pid N``, or ``error N`` with an errno; then
``ended N`` with a return code. Whoever closes the connection kills what is left of the program's
group; this side is closed when the program has been reaped.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
from typing import Final

from mentor_common.confinement import Start, confinement

_DESCRIPTORS: Final = 4
_WAKE_UPS: Final = 4096


class _Run:
    """A program that was started, and the connection that stands for it."""

    def __init__(self, connection: socket.socket, child: subprocess.Popen[bytes]) -> None:
        self.connection = connection
        self._child = child
        self._has_ended = False
        self._say("pid", child.pid)

    def report(self) -> None:
        """Say that the program has ended, once; it stays a zombie that keeps the group's id."""
        if self._has_ended:
            return
        ended = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            self._has_ended = True
            killed = ended.si_code != os.CLD_EXITED
            self._say("ended", -ended.si_status if killed else ended.si_status)

    def end(self) -> None:
        """Kill what is left of the group, reap the program and close the connection."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self.connection.close()

    def _say(self, word: str, number: int) -> None:
        with contextlib.suppress(OSError):  # whoever asked has left: `end` comes next
            self.connection.sendall(f"{word} {number}\n".encode())


def serve(control: socket.socket) -> None:
    """Start what is asked for, until the other end of ``control`` is closed; then kill it all."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # of an ignored signal there is no wake-up
    runs: dict[int, _Run] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in selector.select():
                    if key.fd == control.fileno():
                        _, descriptors, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
                        if not descriptors:
                            return
                        if (run := _start(descriptors)) is not None:
                            runs[run.connection.fileno()] = run
                            selector.register(run.connection, selectors.EVENT_READ)
                    elif key.fd == woken.fileno():
                        woken.recv(_WAKE_UPS)
                        for run in runs.values():
                            run.report()
                    else:
                        selector.unregister(key.fileobj)
                        runs.pop(key.fd).end()
        finally:
            for run in runs.values():
                run.end()


def _start(descriptors: list[int]) -> _Run | None:
    connection = socket.socket(fileno=descriptors[0])
    try:
        with connection.makefile("rb") as requests:
            start: Start = pickle.load(requests)  # noqa: S301 -- of the process that started us
        child = subprocess.Popen(
            start.argv,
            stdin=descriptors[1],
            stdout=descriptors[2],
            stderr=descriptors[3],
            cwd=start.cwd,
            env=start.environment,
            start_new_session=True,
            preexec_fn=confinement(start.bounds, start.files),  # noqa: PLW1509 -- one thread
        )
    except (OSError, subprocess.SubprocessError, EOFError) as error:
        # The kernel may refuse to confine it; then it is not run.
        number = error.errno if isinstance(error, OSError) else errno.EPERM
        with contextlib.suppress(OSError):
            connection.sendall(f"error {number}\n".encode())
        connection.close()
        return None
    finally:
        for descriptor in descriptors[1:]:
            os.close(descriptor)
    return _Run(connection, child)


if __name__ == "__main__":
    serve(socket.socket(fileno=os.dup(sys.stdin.fileno())))
