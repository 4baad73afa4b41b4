"""Gunicorn's gevent worker with deadlines for what clients send and take.

A connection is a greenlet, so one that waits costs some kilobytes and no thread. gevent has to
patch the standard library before anything else is imported: see ``mentor_api.__main__``.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gevent
from gunicorn import util
from gunicorn.workers.ggevent import GeventWorker

from mentor_api.http.deadlines import PacedSocket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from mentor_api.settings import WebSettings

_LINGER_SECONDS = 2.0
_LINGER_AT_END_SECONDS = 0.5
"""When the process ends; also for a request that a client may be sending already."""


class LingeringSocket:
    """A client's socket that closes so that what was sent last arrives.

    Where something of the client's is unread, a plain close takes the answer back (RFC 9112,
    section 9.6). Everything else is the socket's own. ``seconds`` returns for how long at most.
    """

    def __init__(self, sock: socket.socket, seconds: Callable[[], float]) -> None:
        self._sock = sock
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def close(self) -> None:
        """Close as soon as the client does, or its time is up."""
        util.close_graceful(self._sock, self._seconds())


class DeadlineWorker(GeventWorker):  # type: ignore[misc]  # gunicorn is untyped
    """A worker process whose application is a :class:`~mentor_api.http.server.Server`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting: dict[gevent.Greenlet, gevent.Timeout] = {}

    @property
    def _settings(self) -> WebSettings:
        settings: WebSettings = self.app.settings
        return settings

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """End the wait for a request's headers, which begins with the last answer.

        The connection is then closed without a word, as an idle one is: no exception.
        """
        connection = gevent.getcurrent()
        with gevent.Timeout(self._settings.web_headers_seconds, False) as timeout:
            self._waiting[connection] = timeout
            try:
                yield
            finally:
                del self._waiting[connection]

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Take nothing new any more; who asks nothing is let go, what is under way goes on."""
        super().handle_exit(sig, frame)
        gevent.spawn_later(_LINGER_AT_END_SECONDS, self._end_waiting)

    def _end_waiting(self) -> None:
        for connection in self._waiting:
            gevent.get_hub().loop.run_callback(self._time_out, connection)

    def _time_out(self, connection: gevent.Greenlet) -> None:
        """Let a connection's time be up, from the hub, as a timer would."""
        if connection in self._waiting:
            connection.throw(self._waiting[connection])

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Answer the requests of a connection, then close it."""
        super().handle(listener, LingeringSocket(client, self._linger_seconds), addr)

    def _linger_seconds(self) -> float:
        return _LINGER_SECONDS if self.alive else _LINGER_AT_END_SECONDS

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
