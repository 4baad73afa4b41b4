"""Addresses at which the processes of a running stack are scraped."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mentor_local.running import RunningStack


def targets_of(stack: RunningStack) -> dict[str, str]:
    """Return host and port by job, as the stack configures its processes."""
    ports = {"api-web": stack.endpoints["api"].rpartition(":")[2]}
    for name in ("ingest", "transcoder", "transcriber", "notifier"):
        lines = (stack.home / "env" / f"{name}.env").read_text().splitlines()
        job = "api-ingest" if name == "ingest" else name
        (ports[job],) = (line.partition("=")[2] for line in lines if line.startswith("HEALTH_PORT"))
    return {job: f"127.0.0.1:{port}" for job, port in ports.items()}


def free_port() -> int:
    """Return a port that is not listened on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
