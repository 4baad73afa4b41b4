"""The stack's process that keeps traces and serves the page: ``python -m mentor_local.observe``."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from mentor_local.observe.app import create_app
from mentor_local.observe.store import TraceStore


class ObserveSettings(BaseSettings):
    """An environment name is the field's name in capitals; what has no default is required."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    observe_host: str = "127.0.0.1"
    observe_port: int = Field(ge=0, le=65535)
    observe_db: Path
    prometheus_url: str


class _Handler(WSGIRequestHandler):
    """Answers at once, and logs no requests: exports come every few seconds."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    settings = ObserveSettings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = TraceStore(settings.observe_db)
    app = create_app(store, settings.prometheus_url)
    server = ThreadedWSGIServer(settings.observe_host, settings.observe_port, app, _Handler)
    server.daemon_threads = False  # a stop waits for exports under way
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="observe")
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
