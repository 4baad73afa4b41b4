"""One GET at a time: http and https only, each hop judged anew, bounded in size and time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING

import certifi

from mentor_api.transfers.remote.address import Exceptions, default_port, resolve
from mentor_api.transfers.remote.hosts import Hosts
from mentor_api.transfers.remote.target import Target
from mentor_common import workdir
from mentor_common.errors import PermanentError, RemoteHostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_api.transfers.remote.address import Address

    OnBytes = Callable[[int, int | None], None]

_CHUNK = 256 * 1024
_MOST_DIGITS = 18
_AGENT = "mentor-upload"
_TRY_AGAIN = frozenset({408, 425, 429}) | frozenset(range(500, 600))
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Stopped(Exception):  # noqa: N818 -- not an error: the caller asked for it
    """The fetch was asked to stop."""


@dataclass(frozen=True)
class FetchLimits:
    """Limits of a fetch.

    Parameters
    ----------
    max_bytes
        Largest body.
    total_seconds
        From the first connection to the last byte, redirects included.
    answer_seconds
        From the first connection to the last answer's headers, redirects included.
    idle_seconds
        Longest silence within the body.
    least_rate
        Bytes a second that come at least, over any ``idle_seconds``.
    redirects
        Most hops.
    pauses
        Seconds between two tries, for who tries again.
    """

    max_bytes: int
    total_seconds: float = 600
    answer_seconds: float = 20
    idle_seconds: float = 20
    least_rate: float = 10_000
    redirects: int = 5
    pauses: tuple[float, ...] = (10, 30)


class RemoteFetcher:
    """Fetches files from addresses that others chose. Thread-safe.

    No proxy of the environment is used: it would connect on our behalf to what was not judged.

    Parameters
    ----------
    exceptions
        Addresses that may be asked although they are not public.
    hosts
        Gets to know who answers and who keeps silent; a host that rests is not asked.
    """

    def __init__(
        self, limits: FetchLimits, exceptions: Exceptions | None = None, hosts: Hosts | None = None
    ) -> None:
        self.limits = limits
        self._exceptions = exceptions or Exceptions()
        self.hosts = hosts or Hosts(1, 0)
        self._tls = ssl.create_default_context(cafile=certifi.where())

    def fetch(
        self, url: str, path: Path, on_bytes: OnBytes, stop: threading.Event | None = None
    ) -> None:
        """Write what ``url`` names to ``path``.

        Parameters
        ----------
        url, path
            From where, to where. What was written before an error is left to the caller.
        on_bytes
            Called with the bytes so far and all of them (``None`` when the other side does not
            say).
        stop
            Set by another thread to end the fetch.

        Raises
        ------
        PermanentError
            The address may not be asked, there is nothing, or too much of it.
        RemoteHostError
            The other side does not answer as it should; it may later.
        TransientError
            There is no room for the file.
        Stopped
            ``stop`` was set.
        """
        deadlines = _Deadlines.of(self.limits)
        stop = stop or threading.Event()
        target = Target.of(url)
        for _ in range(self.limits.redirects + 1):
            if self.hosts.is_paused(target.name):
                raise RemoteHostError(f"{target.host} does not answer.")
            address = resolve(target.host, target.port, self._exceptions)
            with self._asked(target, address, deadlines) as response:
                if response.status not in _REDIRECTS:
                    self._save(target, response, path, _Watch(on_bytes, stop, deadlines.all))
                    return
                where_to = response.headers.get("Location")
            if not where_to:
                raise PermanentError("not_found", f"{target.host} redirects to nowhere.")
            target = target.redirected(where_to)
        raise PermanentError("not_found", f"{target.host} redirects too often.")

    @contextmanager
    def _asked(
        self, target: Target, address: Address, deadlines: _Deadlines
    ) -> Iterator[HTTPResponse]:
        """Give the response to a GET; a broken or too slow connection is the host's failure."""
        sockets: list[socket.socket] = []
        limit = deadlines.answer
        try:
            with _cut_off_at(deadlines.answer, sockets) as left:
                sockets.append(socket.create_connection((str(address), target.port), left))
                if target.scheme == "https":
                    # The wrapped socket takes the plain one over.
                    sockets[0] = wrapped = self._tls.wrap_socket(
                        sockets[0], server_hostname=target.host, do_handshake_on_connect=False
                    )
                    wrapped.do_handshake()
                response = _get(target, sockets[0])
            with _cut_off_at(deadlines.all, sockets) as left, response:
                if time.monotonic() >= deadlines.answer:
                    raise TimeoutError
                self.hosts.answered(target.name)
                limit = deadlines.all
                sockets[0].settimeout(min(self.limits.idle_seconds, left))
                yield response
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(
                "bad_certificate", f"The certificate of {target.host} is not valid."
            ) from error
        except (OSError, HTTPException) as error:
            if time.monotonic() >= deadlines.all:
                raise _too_slow(target, self.limits) from error
            if isinstance(error, TimeoutError) or time.monotonic() >= limit:
                self.hosts.timed_out(target.name)
                raise RemoteHostError(f"{target.host} keeps us waiting for its answer.") from error
            raise RemoteHostError(_failure_text(target, error)) from error
        finally:
            for opened in sockets:
                opened.close()

    def _save(self, target: Target, response: HTTPResponse, path: Path, watch: _Watch) -> None:
        if response.status in _TRY_AGAIN:
            raise RemoteHostError(f"{target.host} answers {response.status}.")
        if response.status != HTTPStatus.OK:
            raise PermanentError("not_found", f"{target.host} answers {response.status}.")
        expected = _announced_bytes(response.headers.get("Content-Length", ""))
        self._within(expected or 0)
        written = 0
        pace = _Pace(self.limits.idle_seconds, self.limits.least_rate)
        with path.open("wb", buffering=0) as file:
            while chunk := response.read1(_CHUNK):
                written += len(chunk)
                self._within(written)
                workdir.write_all(file, chunk)
                watch.check(written, expected, _too_slow(target, self.limits))
                if pace.is_too_slow(written):
                    self.hosts.timed_out(target.name)
                    raise RemoteHostError(f"{target.host} sends too slowly.")
        watch.check(written, expected, _too_slow(target, self.limits))  # cut off is not complete
        if expected is not None and written != expected:
            raise RemoteHostError(f"{target.host} broke off after {written} of {expected} bytes.")
        if not written:
            raise PermanentError("empty", f"{target.host} has an empty file there.")

    def _within(self, size: int) -> None:
        if size > self.limits.max_bytes:
            raise PermanentError(
                "too_large", f"The file is larger than {self.limits.max_bytes} bytes."
            )


def _announced_bytes(length: str) -> int | None:
    """Return what a Content-Length says; ``None`` for what is no number.

    One of more than 18 digits counts as 10^18, since nobody has so many bytes.
    """
    if not (length.isascii() and length.isdecimal()):
        return None
    digits = length.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


@dataclass(frozen=True)
class _Deadlines:
    """Deadlines of the last response: for its beginning and for all of it (monotonic)."""

    answer: float
    all: float

    @classmethod
    def of(cls, limits: FetchLimits) -> _Deadlines:
        """Return the deadlines of a fetch that begins now."""
        now = time.monotonic()
        end = now + limits.total_seconds
        return cls(min(end, now + limits.answer_seconds), end)


@dataclass(frozen=True)
class _Watch:
    on_bytes: OnBytes
    stop: threading.Event
    deadline: float

    def check(self, written: int, expected: int | None, late: Exception) -> None:
        """Report progress; end a fetch that is to stop or takes too long."""
        if self.stop.is_set():
            raise Stopped
        if time.monotonic() > self.deadline:
            raise late
        self.on_bytes(written, expected)


class _Pace:
    """A least speed of bytes, as curl's ``--speed-limit`` and ``--speed-time``."""

    def __init__(self, seconds: float, least_rate: float) -> None:
        self._seconds = seconds
        self._least = seconds * least_rate
        self._since, self._bytes = time.monotonic(), 0

    def is_too_slow(self, written: int) -> bool:
        """Return whether fewer bytes than the least came in the last window, when one is over."""
        now = time.monotonic()
        if now - self._since < self._seconds:
            return False
        came, self._since, self._bytes = written - self._bytes, now, written
        return came < self._least


def _too_slow(target: Target, limits: FetchLimits) -> PermanentError:
    return PermanentError(
        "too_slow", f"{target.host} did not send the file within {limits.total_seconds:g} s."
    )


def _failure_text(target: Target, error: Exception) -> str:
    """Return for a mentor what went wrong at the other side."""
    if isinstance(error, ConnectionRefusedError):
        return f"{target.host} refuses the connection."
    if isinstance(error, ssl.SSLError):
        return f"{target.host} does not speak TLS as it should ({type(error).__name__})."
    if isinstance(error, HTTPException) and not isinstance(error, ConnectionError | IncompleteRead):
        return f"{target.host} does not answer like a web server."
    return f"{target.host} broke the connection off."


@contextmanager
def _cut_off_at(moment: float, sockets: list[socket.socket]) -> Iterator[float]:
    """Shut sockets down at a moment (monotonic); give the seconds until then.

    A side that drips a byte now and then never trips a time-out of the socket.
    """
    left = max(0.1, moment - time.monotonic())
    timer = threading.Timer(left, _shut_down, [sockets])
    timer.daemon = True
    timer.start()
    try:
        yield left
    finally:
        timer.cancel()


def _get(target: Target, connected: socket.socket) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.sock = connected
    # For the Host header, which leaves out the scheme's own port.
    connection.default_port = default_port(target.scheme)
    connection.request("GET", target.path, headers={"User-Agent": _AGENT, "Accept": "*/*"})
    return connection.getresponse()


def _shut_down(sockets: list[socket.socket]) -> None:
    for opened in list(sockets):
        with suppress(OSError):
            # Not SSLSocket's own, which takes the TLS state away from under the reader.
            socket.socket.shutdown(opened, socket.SHUT_RDWR)
