"""Limits of how long a client may keep a connection waiting, in either direction."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import RequestTimeout

if TYPE_CHECKING:
    import socket

_PIECE = 64 * 1024


@dataclass
class Allowance:
    """The time that a peer may still take: some seconds, and more for each byte that it moves.

    The rule is that of Apache's mod_reqtimeout with its least rate, with the seconds as a
    ceiling too: nobody saves up for a longer silence. So a body of any size passes that is not
    slower than the least rate, and none waits for longer than the seconds.
    https://httpd.apache.org/docs/2.4/mod/mod_reqtimeout.html

    Parameters
    ----------
    longest
        Seconds, of which all are there at the beginning.
    least_rate
        Bytes a second.
    """

    longest: float
    least_rate: float
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.longest

    def spend(self, waited: float, moved: int) -> None:
        """Count ``waited`` seconds for ``moved`` bytes."""
        self.left = min(self.longest, self.left - waited + moved / self.least_rate)


class PacedSocket:
    """A client's socket during one request: its body and its answer have an allowance each.

    Everything else is the socket's own.
    """

    def __init__(self, sock: socket.socket, longest: float, least_rate: float) -> None:
        self._sock = sock
        self._body = Allowance(longest, least_rate)
        self._answer = Allowance(longest, least_rate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return the next bytes of the body.

        Raises
        ------
        RequestTimeout
            The client is too slow: 408 (RFC 9110, section 15.5.9).
        """
        started = self._within(self._body)
        try:
            received = self._sock.recv(size, flags)
        except TimeoutError:
            raise RequestTimeout(
                "The request did not arrive in time. Send it again, over a better connection."
            ) from None
        self._body.spend(time.monotonic() - started, len(received))
        return received

    def sendall(self, content: bytes) -> None:
        """Send a part of the answer.

        Raises
        ------
        ConnectionResetError
            The client does not take it in time; it counts as one that has left.
        """
        rest = memoryview(content)
        while rest:
            started = self._within(self._answer)
            try:
                sent = self._sock.send(rest[:_PIECE])
            except TimeoutError:
                raise ConnectionResetError(
                    errno.ECONNRESET, "the client reads too slowly"
                ) from None
            self._answer.spend(time.monotonic() - started, sent)
            rest = rest[sent:]

    def _within(self, allowance: Allowance) -> float:
        """Bound the next operation; return the time at which it begins."""
        self._sock.settimeout(max(0.001, allowance.left))  # 0 would not wait at all
        return time.monotonic()
