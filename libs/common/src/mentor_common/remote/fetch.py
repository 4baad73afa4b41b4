"""One GET at a time: http and https only, each hop judged anew, bounded in size and time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import certifi
from requests.utils import requote_uri

from mentor_common.errors import PermanentError, TransientError
from mentor_common.remote.address import Exceptions, default_port, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_common.remote.address import Address

    OnBytes = Callable[[int, int | None], None]

_CHUNK = 256 * 1024
_AGENT = "mentor-upload"
_LONGEST_URL = 4096
_TRY_AGAIN = frozenset({408, 425, 429}) | frozenset(range(500, 600))
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Stopped(Exception):  # noqa: N818 -- not an error: the caller asked for it
    """The fetch was told to stop."""


@dataclass(frozen=True)
class FetchLimits:
    """What a fetch may cost.

    Parameters
    ----------
    max_bytes
        Largest body.
    total_seconds
        From the first connection to the last byte, redirects included.
    idle_seconds
        Longest silence of the other side.
    redirects
        Most hops.
    """

    max_bytes: int
    total_seconds: float = 600
    idle_seconds: float = 20
    redirects: int = 5


@dataclass(frozen=True)
class _Target:
    """A URL taken apart and found to be one that may be asked for."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> _Target:
        """Take a URL apart.

        Raises
        ------
        PermanentError
            ``bad_url`` or ``forbidden_scheme``; the text does not repeat the URL, which may be
            signed.
        """
        if len(url) > _LONGEST_URL or any(ord(char) < ord(" ") for char in url):
            raise PermanentError("bad_url", "The address is too long or has control characters.")
        try:
            parts = urlsplit(requote_uri(url.strip()))
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            raise PermanentError("bad_url", "The address cannot be read.") from None
        if parts.scheme not in {"http", "https"}:
            raise PermanentError("forbidden_scheme", "Only http and https addresses are fetched.")
        if not host or parts.username is not None or parts.password is not None:
            raise PermanentError("bad_url", "The address has no host, or has credentials in it.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.geturl(), parts.scheme, host, port or default_port(parts.scheme), path)


class RemoteFetcher:
    """Fetches files from addresses that others chose. Thread-safe.

    No proxy of the environment is used: it would connect on our behalf to what was not judged.

    Parameters
    ----------
    limits
        What a fetch may cost.
    exceptions
        Addresses that may be asked although they are not public.
    """

    def __init__(self, limits: FetchLimits, exceptions: Exceptions | None = None) -> None:
        self._limits = limits
        self._exceptions = exceptions or Exceptions()
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
        TransientError
            The other side does not answer as it should; it may later.
        Stopped
            ``stop`` was set.
        """
        deadline = time.monotonic() + self._limits.total_seconds
        stop = stop or threading.Event()
        for _ in range(self._limits.redirects + 1):
            target = _Target.of(url)
            address = resolve(target.host, target.port, self._exceptions)
            with self._asked(target, address, deadline) as response:
                if response.status not in _REDIRECTS:
                    self._save(target, response, path, _Watch(on_bytes, stop, deadline))
                    return
                where_to = response.headers.get("Location")
            if not where_to:
                raise PermanentError("not_found", f"{target.host} redirects to nowhere.")
            url = urljoin(target.url, where_to)
        raise PermanentError("not_found", f"{target.host} redirects too often.")

    @contextmanager
    def _asked(self, target: _Target, address: Address, deadline: float) -> Iterator[HTTPResponse]:
        """Give the response to a GET; a broken or too slow connection is a transient error."""
        left = deadline - time.monotonic()
        idle = max(0.1, min(self._limits.idle_seconds, left))
        sockets: list[socket.socket] = []
        # A side that drips a byte now and then never trips a time-out of the socket.
        timer = threading.Timer(max(0.0, left), _shut, [sockets])
        timer.daemon = True
        timer.start()
        try:
            sockets.append(socket.create_connection((str(address), target.port), idle))
            if target.scheme == "https":
                # The wrapped socket takes the plain one over.
                sockets.append(self._tls.wrap_socket(sockets.pop(), server_hostname=target.host))
            with _get(target, sockets[0]) as response:
                yield response
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(
                "bad_certificate", f"The certificate of {target.host} is not valid."
            ) from error
        except (OSError, HTTPException) as error:
            if time.monotonic() >= deadline:
                raise _too_slow(target, self._limits) from error
            raise TransientError(f"{target.host}: {type(error).__name__}") from error
        finally:
            timer.cancel()
            for opened in sockets:
                opened.close()

    def _save(self, target: _Target, response: HTTPResponse, path: Path, watch: _Watch) -> None:
        if response.status in _TRY_AGAIN:
            raise TransientError(f"{target.host} answers {response.status}")
        if response.status != HTTPStatus.OK:
            raise PermanentError("not_found", f"{target.host} answers {response.status}.")
        length = response.headers.get("Content-Length", "")
        expected = int(length) if length.isdecimal() else None
        self._within(expected or 0)
        written = 0
        with path.open("wb") as file:
            while chunk := response.read1(_CHUNK):
                written += len(chunk)
                self._within(written)
                file.write(chunk)
                watch.look(written, expected, _too_slow(target, self._limits))
        watch.look(written, expected, _too_slow(target, self._limits))  # cut off is not complete
        if expected is not None and written != expected:
            raise TransientError(f"{target.host} broke off after {written} of {expected} bytes")
        if not written:
            raise PermanentError("empty", f"{target.host} has an empty file there.")

    def _within(self, size: int) -> None:
        if size > self._limits.max_bytes:
            raise PermanentError(
                "too_large", f"The file is larger than {self._limits.max_bytes} bytes."
            )


@dataclass(frozen=True)
class _Watch:
    on_bytes: OnBytes
    stop: threading.Event
    deadline: float

    def look(self, written: int, expected: int | None, late: Exception) -> None:
        """Tell of progress; end what is to stop or takes too long."""
        if self.stop.is_set():
            raise Stopped
        if time.monotonic() > self.deadline:
            raise late
        self.on_bytes(written, expected)


def _too_slow(target: _Target, limits: FetchLimits) -> PermanentError:
    return PermanentError(
        "too_slow", f"{target.host} did not send the file within {limits.total_seconds:g} s."
    )


def _get(target: _Target, connected: socket.socket) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.sock = connected
    # For the Host header, which leaves out the scheme's own port.
    connection.default_port = default_port(target.scheme)
    connection.request("GET", target.path, headers={"User-Agent": _AGENT, "Accept": "*/*"})
    return connection.getresponse()


def _shut(sockets: list[socket.socket]) -> None:
    for opened in list(sockets):
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
