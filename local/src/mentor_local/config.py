"""Folder and ports of a local stack, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

WORKERS = ("ingest", "transcoder", "transcriber", "notifier")
_PROCESSES = ("api", "emulator", "graphql", *WORKERS, "observe", "prometheus")
"""In the order of their ports."""

_LOWEST_PORT = 1024
_HIGHEST_PORT = 65535


class ConfigError(Exception):
    """The environment asks for something impossible; the message names the variable."""


@dataclass(frozen=True)
class Config:
    """Folder, ports and the GraphQL server of one local stack.

    Attributes
    ----------
    home
        Folder of everything the stack keeps (``MENTOR_UPLOAD_HOME``).
    port_base
        First of its ports (``MENTOR_UPLOAD_PORT_BASE``).
    foreign_graphql
        A GraphQL server to use instead of the local one (``GRAPHQL_ENDPOINT``), or ``None``.
    """

    home: Path
    port_base: int
    foreign_graphql: str | None

    @classmethod
    def from_environment(cls) -> Config:
        """Read the environment.

        Raises
        ------
        ConfigError
            When ``MENTOR_UPLOAD_PORT_BASE`` is no usable port.
        """
        text = os.environ.get("MENTOR_UPLOAD_PORT_BASE") or "8000"
        highest = _HIGHEST_PORT - len(_PROCESSES) + 1
        if not text.isdecimal() or not _LOWEST_PORT <= int(text) <= highest:
            raise ConfigError(
                f"MENTOR_UPLOAD_PORT_BASE is {text!r}; it must be a whole number "
                f"from {_LOWEST_PORT} to {highest}"
            )
        return cls(
            home=Path(os.environ.get("MENTOR_UPLOAD_HOME") or ".local").absolute(),
            port_base=int(text),
            foreign_graphql=os.environ.get("GRAPHQL_ENDPOINT") or None,
        )

    def port(self, process: str) -> int:
        """Return the port of a process; of a worker's it is that of its health endpoints."""
        return self.port_base + _PROCESSES.index(process)

    @property
    def ports(self) -> dict[str, int]:
        """Every port this stack opens, by the process that opens it."""
        elsewhere = {"prometheus"} if self.foreign_graphql is None else {"prometheus", "graphql"}
        return {name: self.port(name) for name in _PROCESSES if name not in elsewhere}

    @property
    def api_url(self) -> str:
        """Base URL of the API."""
        return f"http://127.0.0.1:{self.port('api')}"

    @property
    def observe_url(self) -> str:
        """Base URL of the page of traces and dashboards."""
        return f"http://127.0.0.1:{self.port('observe')}"

    @property
    def prometheus_url(self) -> str:
        """Base URL of the Prometheus of ``make observe``."""
        return f"http://127.0.0.1:{self.port('prometheus')}"

    @property
    def emulator_url(self) -> str:
        """Base URL of the emulator, with the host that browsers use: signatures cover it."""
        return f"http://localhost:{self.port('emulator')}"

    @property
    def graphql_url(self) -> str:
        """Endpoint of the GraphQL server in use."""
        return self.foreign_graphql or f"http://127.0.0.1:{self.port('graphql')}/graphql"
