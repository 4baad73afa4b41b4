"""The web process: gunicorn around the application."""

from __future__ import annotations

import logging
import resource
import sys
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from mentor_api.http.app import STREAMS
from mentor_api.http.worker import DeadlineWorker
from mentor_common.telemetry import error_reports, metrics, tracer
from mentor_common.telemetry.logs import get_logger
from mentor_common.telemetry.version import version

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from mentor_api.settings import WebSettings

_log = get_logger(__name__)
NAME = "api-web"
_TIMEOUT_SECONDS = 60
_GRACE_SECONDS = 25
_DEPENDENCIES = 6
_OWN_FILES = 256


def _drop_gauges(_server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # it has no types


class RedactingLogger(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn's own lines by way of our log: redacted, in our form. Requests we log ourselves."""

    def setup(self, cfg: Any) -> None:
        """Let the root logger's handler write."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.setLevel(logging.CRITICAL)


def _end_streams_on_shutdown(worker: Any) -> None:
    """Let the open streams of a worker process end as soon as it shuts down."""
    worker.wsgi.extensions[STREAMS].stopping = lambda: not worker.alive


def _allow_open_files(count: int) -> None:
    """Raise the limit of open files, which shells set low, as far as it may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn with our settings instead of its command line.

    ``build`` builds the application, in each worker process anew.
    """

    def __init__(self, settings: WebSettings, build: Callable[[WebSettings], Flask]) -> None:
        self.settings = settings
        self._build = build
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its configuration."""
        options: dict[str, Any] = {
            "bind": f"{self.settings.web_host}:{self.settings.web_port}",
            "workers": self.settings.web_processes,
            "worker_class": DeadlineWorker,
            "worker_connections": self.settings.web_connections,
            "timeout": _TIMEOUT_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "sendfile": False,  # it would go past the deadlines
            # From a proxy on this machine gunicorn would take SCRIPT_NAME, and fail over another.
            "forwarder_headers": "",
            "loglevel": "warning",
            "child_exit": _drop_gauges,
            "logger_class": RedactingLogger,
            "post_worker_init": _end_streams_on_shutdown,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until a signal ends it."""
        calls = _DEPENDENCIES * self.settings.web_calls
        _allow_open_files(self.settings.web_connections + calls + _OWN_FILES)
        super().run()

    def check(self) -> None:
        """Build what a worker process builds, without serving; exits with gunicorn's status."""
        self.cfg.worker_class  # noqa: B018 -- gunicorn imports the class when it is asked for
        self.load()

    def load(self) -> Flask:
        """Build the application in each worker: AWS clients do not survive a fork."""
        metrics.BUILD.labels(service=NAME, version=version()).set(1)
        try:
            tracer.start(NAME, version(), self.settings)
            return self._build(self.settings)
        except Exception as error:  # noqa: BLE001 -- whatever it is, this is where it can still be reported
            what = "the web process cannot start"
            _log.critical(what, exc_info=error)
            error_reports.report(what, code="crashed", error=error, level="fatal")
            # Gunicorn would print the error as it is; with this status it ends the same way.
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
