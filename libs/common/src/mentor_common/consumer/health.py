"""``/livez``, ``/readyz`` and ``/metrics`` of a worker, answered by a thread of their own.

A blocked event loop cannot keep the answer back that it is blocked.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mentor_common.consumer.loop import Consumer

STUCK_SECONDS = 60.0
"""A poll loop that has not turned for so long (plus a long poll) is stuck."""
_SLOWEST_CLIENT_SECONDS = 10.0
_FRAMES = 3

_Answer = tuple[int, str, bytes]


class Health:
    """The answers to probes about a consumer."""

    def __init__(
        self,
        consumer: Consumer,
        loop_thread: int,
        about: Mapping[str, Any] | None = None,
        failing: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._consumer = consumer
        self._failing = failing
        self._about = dict(about or {})
        self._loop_thread = loop_thread
        self._begun = time.monotonic()

    def idle(self) -> float:
        """Return seconds since the poll loop turned, or since there is one."""
        # An event loop's clock is the monotonic one.
        return time.monotonic() - max(self._consumer.last_turn, self._begun)

    def livez(self) -> tuple[int, dict[str, Any]]:
        """Return 503 when the poll loop does not turn, and the top of its thread's stack."""
        idle = self.idle()
        body: dict[str, Any] = {"status": "ok", "seconds_since_turn": round(idle, 1)}
        if idle < STUCK_SECONDS:
            return 200, body
        return 503, body | {"status": "stuck", "at": self._where()}

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Return 503 while a dependency is down or a sweep fails, and facts about the service."""
        down = {**self._consumer.breaker.down, **self._failing()}
        body = {"status": "down" if down else "ok", "down": down, **self._about}
        return (503 if down else 200), body

    def _where(self) -> list[str]:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 -- documented, and the only way
        stack = traceback.extract_stack(frame)[-_FRAMES:] if frame else []
        return [f"{step.filename.rsplit('/', 1)[-1]}:{step.lineno} {step.name}" for step in stack]


@contextmanager
def serve(
    consumer: Consumer,
    host: str,
    port: int,
    about: Mapping[str, Any] | None = None,
    failing: Callable[[], Mapping[str, str]] = dict,
) -> Iterator[int]:
    """Answer probes and scrapes for as long as the context lasts; yield the port listened on.

    ``about`` is added to the answers of ``/readyz``; ``failing`` returns what does not work beside
    dependencies, name to reason.

    Enter it in the thread whose event loop runs the consumer.

    Raises
    ------
    OSError
        The port is taken.
    """
    health = Health(consumer, threading.get_ident(), about, failing)
    metrics.POLL_LOOP_IDLE.set_function(health.idle)
    routes = {"/livez": health.livez, "/readyz": health.readyz}

    def answer(path: str, accept: str) -> _Answer:
        if path == "/metrics":
            body, content_type = metrics.exposition(accept)
            return 200, content_type, body
        if path not in routes:
            return 404, "text/plain", b"/livez, /readyz or /metrics\n"
        status, body_of_probe = routes[path]()
        return status, "application/json", json.dumps(body_of_probe).encode()

    class Handler(BaseHTTPRequestHandler):
        timeout = _SLOWEST_CLIENT_SECONDS

        def do_GET(self) -> None:
            status, content_type, body = answer(
                self.path.partition("?")[0], self.headers.get("Accept", "")
            )
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Log nothing: probes come every few seconds."""

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
