"""A Sentry on loopback, for tests: takes envelopes of the real SDK and remembers them."""

from __future__ import annotations

import gzip
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from sentry_sdk.envelope import Envelope

from mentor_local.waiting import wait_until
from serving import serving

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sentrykey0123456789abcdef01234567"


class SentryEndpoint:
    """A context manager: listens as long as the context lasts.

    Parameters
    ----------
    folder
        Where each envelope is written to as a file as well, for who searches all that is kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self.envelopes: list[bytes] = []
        handler = type("Handler", (_Handler,), {"endpoint": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._running = ExitStack()

    @property
    def dsn(self) -> str:
        """Value for ``SENTRY_DSN_MENTOR_UPLOAD``."""
        return f"http://{KEY}@127.0.0.1:{self._server.server_port}/7"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a process that reports here."""
        return {"IS_SENTRY_ENABLED": "true", "SENTRY_DSN_MENTOR_UPLOAD": self.dsn}

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events received, in order."""
        with self._lock:
            taken = [Envelope.deserialize(raw) for raw in self.envelopes]
        found = [envelope.get_event() for envelope in taken]
        return [dict(event) for event in found if event is not None]

    def wait(self, count: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
        """Return the events once there are ``count`` of them."""
        wait_until(lambda: len(self.events) >= count, seconds=seconds, what=f"{count} report(s)")
        return self.events

    def take(self, raw: bytes) -> None:
        """Remember an envelope."""
        with self._lock:
            self.envelopes.append(raw)
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._folder / f"{len(self.envelopes)}.envelope").write_bytes(raw)

    def __enter__(self) -> Self:
        self._running.enter_context(serving(self._server))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()


class _Handler(BaseHTTPRequestHandler):
    endpoint: SentryEndpoint

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        self.endpoint.take(raw)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""
