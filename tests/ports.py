"""Ports of this machine, a range of its own for each worker of a test run.

All lie below those from which the system takes the ports of outgoing connections.
"""

from __future__ import annotations

import os

_FIRST, _RANGE, _WORKERS = 18_000, 800, 17
_KEPT_FOR_STACKS = 300


def _mine() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST + worker * _RANGE
    return range(first, first + _RANGE)


def single_ports() -> list[int]:
    """Return ports for one process each; another test run of this machine begins elsewhere."""
    ports = list(_mine()[_KEPT_FOR_STACKS:])
    begin = os.getpid() % len(ports)
    return ports[begin:] + ports[:begin]


def stack_bases(ports: int) -> range:
    """Return first ports of stacks that need so many in a row."""
    return _mine()[: _KEPT_FOR_STACKS - ports : 10]
