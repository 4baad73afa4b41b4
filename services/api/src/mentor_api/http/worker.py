"""Gunicorn's gevent worker with deadlines for what clients send and take.

A connection is a greenlet, so one that waits costs some kilobytes and no thread. gevent has to
patch the standard library before anything else is imported: see ``mentor_api.__main__``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gevent
from gunicorn import util
from gunicorn.workers.ggevent import GeventWorker

from mentor_api.http.deadlines import PacedSocket

if TYPE_CHECKING:
    import socket

    from mentor_api.settings import WebSettings


class LingeringSocket:
    """A client's socket that closes so that what was sent last arrives.

    Where something of the client's is unread, a plain close takes the answer back (RFC 9112,
    section 9.6). Everything else is the socket's own.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def close(self) -> None:
        """Close within some seconds."""
        util.close_graceful(self._sock)


class DeadlineWorker(GeventWorker):  # type: ignore[misc]  # gunicorn is untyped
    """A worker process whose application is a :class:`~mentor_api.http.server.Server`."""

    @property
    def _settings(self) -> WebSettings:
        settings: WebSettings = self.app.settings
        return settings

    def timeout_ctx(self) -> gevent.Timeout:
        """Return what ends the wait for a request's headers, from the last answer on.

        The connection is then closed without a word, as an idle one is: no exception.
        """
        return gevent.Timeout(self._settings.web_headers_seconds, False)

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Answer the requests of a connection, then close it."""
        super().handle(listener, LingeringSocket(client), addr)

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> None:
        """Answer a request whose headers are there."""
        settings = self._settings
        paced = PacedSocket(sock, settings.web_silence_seconds, settings.web_least_rate)
        req.unreader.sock = paced
        try:
            super().handle_request(listener_name, req, paced, addr)
        finally:
            req.unreader.sock = sock
            sock.settimeout(None)
