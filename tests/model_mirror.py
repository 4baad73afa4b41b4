"""A small model as a mirror serves it, and a web server that can fail as servers do."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REVISION = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "model.bin": bytes(range(256)) * 12_288,  # 3 MiB: three chunks
    "config.json": b'{"of": "a toy"}',
    "tokenizer.json": b'{"tokens": []}',
    "vocabulary.txt": b"a\nb\n",
}


@dataclass
class Server:
    """A web server's files by path, its faults, and what was asked of it: path and ``Range``."""

    files: dict[str, bytes]
    ranges: bool = True
    cut: list[int] = field(default_factory=list)
    """For each next answer, after how many bytes the connection ends."""
    statuses: list[int] = field(default_factory=list)
    hold: threading.Event | None = None
    """An answer waits for it after half of the file."""
    held: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Server

    def do_HEAD(self) -> None:
        self._head(200, self.site.files.get(self.path.partition("?")[0], b""))

    def do_GET(self) -> None:
        site, wanted = self.site, self.headers.get("Range")
        site.asked.append((self.path, wanted))
        body = site.files.get(self.path.partition("?")[0])
        if site.statuses or body is None:
            self._head(site.statuses.pop(0) if site.statuses else 404, b"")
            return
        start = 0
        if wanted and site.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self._head(206, body[start:])
        else:
            self._head(200, body)
        body = body[start:]
        if site.cut:
            body = body[: site.cut.pop(0)]
            self.close_connection = True
        if site.hold is not None and len(body) > 1 << 20:
            self.wfile.write(body[: len(body) // 2])
            site.held.set()
            site.hold.wait(60)
            body = body[len(body) // 2 :]
        self.wfile.write(body)

    def _head(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.site.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet."""


class _Web(ThreadingHTTPServer):
    def handle_error(self, *request: Any) -> None:
        """Keep quiet about clients that end before their answer does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*request)


@contextmanager
def serving(site: Server) -> Iterator[Server]:
    """Serve files on a port of this machine."""
    web = _Web(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.address = f"http://127.0.0.1:{web.server_port}/models"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        if site.hold is not None:
            site.hold.set()
        web.shutdown()
        web.server_close()
        thread.join()
