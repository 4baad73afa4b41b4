"""The web process: gunicorn around the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from prometheus_client.multiprocess import mark_process_dead

from mentor_api import bootstrap
from mentor_api.app import create_app
from mentor_common import metrics, tracing
from mentor_common.version import version

if TYPE_CHECKING:
    from flask import Flask

    from mentor_api.settings import WebSettings

NAME = "api-web"
_TIMEOUT_SECONDS = 60
_GRACE_SECONDS = 25


def _forget_gauges_of(_server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # it has no types


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn with our settings instead of its command line."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its configuration."""
        options: dict[str, Any] = {
            "bind": f"{self._settings.web_host}:{self._settings.web_port}",
            "workers": self._settings.web_processes,
            "threads": self._settings.web_threads,
            "worker_class": "gthread",
            "timeout": _TIMEOUT_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "keepalive": 5,
            "loglevel": "warning",
            "child_exit": _forget_gauges_of,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application in each worker: AWS clients do not survive a fork."""
        metrics.BUILD.labels(service=NAME, version=version()).set(1)
        tracing.start(NAME, version(), self._settings)
        return create_app(bootstrap.web(self._settings))
