"""``make bench-pipeline``: what the pipeline itself costs, beside others.

Prints a table for each part, and at the end one line of JSON: ``messages_per_s`` and ``cpu_ms`` of
our consumer, ``aws_calls`` and ``graphql_calls`` of one upload, ``peers`` by name; then
``status_per_s`` at 64 clients with ``status_ratio``, our share of a bare Flask handler's rate that
reads by boto3's client, and ``status_ratio_to_table``, of one that reads by its ``Table``,
``waiting``, how many times as long what is asked takes beside 2,000 waiting uploads, and
``uploads_per_s`` by the number of transcoders. ``MESSAGES`` (1000) and ``ROUNDS`` (3);
``PARTS=status,waiting`` for some.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from bench.pipeline import calls, messages, status, transcoders, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def line(*cells: object) -> str:
    """Return a row of a table."""
    return f"{cells[0]!s:26}" + "".join(f"{cell!s:>14}" for cell in cells[1:])


def measure_messages() -> dict[str, Any]:
    """Measure messages a second, ours and others'."""
    found = messages.measure(int(os.environ.get("MESSAGES") or 1000), _rounds())
    ours = found[messages.OURS]
    print(line("consumer", "messages/s", "cpu ms", "emulator ms", "cpu/ours"))
    for name, figures in found.items():
        emulator = "-" if figures.emulator_ms is None else f"{figures.emulator_ms:.2f}"
        cells = (f"{figures.per_second:.0f}", f"{figures.cpu_ms:.2f}", emulator)
        print(line(name, *cells, f"{figures.cpu_ms / ours.cpu_ms:.2f}"))
    peers = {name: _of_messages(found[name]) for name in messages.PEERS}
    return _of_messages(ours) | {"peers": peers}


def _of_messages(figures: messages.Figures) -> dict[str, Any]:
    return {
        "messages_per_s": round(figures.per_second),
        "cpu_ms": round(figures.cpu_ms, 3),
    }


def measure_calls() -> dict[str, Any]:
    """Count the calls of one upload."""
    found = calls.measure()
    print(f"calls of an upload: {found}")
    return dict(found)


def measure_status() -> dict[str, Any]:
    """Measure status requests a second."""
    found = status.measure(_rounds())
    print(line(f"{status.CLIENTS} clients ask", "requests/s", "cpu ms", "ratio"))
    rates = {
        "status": (found.ours, 1.0),
        "bare, by boto3's client": (found.by_client, found.ratio_to_client),
        "bare, by boto3's Table": (found.by_table, found.ratio_to_table),
    }
    for name, (rate, ratio) in rates.items():
        print(line(name, f"{rate.per_second:.0f}", f"{rate.cpu_ms:.2f}", f"{ratio:.2f}"))
    return {
        "status_per_s": round(found.ours.per_second),
        "status_ratio": round(found.ratio_to_client, 2),
        "status_ratio_to_table": round(found.ratio_to_table, 2),
        "status_cpu_ms": [round(rate.cpu_ms, 2) for rate, _ in rates.values()],
    }


def measure_waiting() -> dict[str, Any]:
    """Measure what is asked beside 2,000 waiting uploads."""
    found = waiting.measure()
    print(line("waiting uploads", f"ms, {waiting.FEW}", f"ms, {waiting.WAITING}", "ratio"))
    for name, cost in found.items():
        print(line(name, f"{cost.few_ms:.1f}", f"{cost.many_ms:.1f}", f"{cost.ratio:.2f}"))
    return {"waiting": {name: round(cost.ratio, 2) for name, cost in found.items()}}


def measure_transcoders() -> dict[str, Any]:
    """Measure uploads a second that 1, 2 and 4 transcoders work off."""
    found = transcoders.measure()
    print(line("transcoders", "uploads/s", "of one"))
    for count, rate in found.items():
        print(line(count, f"{rate:.2f}", f"{rate / found[1]:.2f}"))
    return {"uploads_per_s": {count: round(rate, 2) for count, rate in found.items()}}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "messages": measure_messages,
    "calls": measure_calls,
    "status": measure_status,
    "waiting": measure_waiting,
    "transcoders": measure_transcoders,
}
_FIRST = ("messages_per_s", "cpu_ms", "aws_calls", "graphql_calls", "peers")


def in_order(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures, those first that are compared between releases."""
    return {name: figures[name] for name in _FIRST if name in figures} | figures


def _rounds() -> int:
    return int(os.environ.get("ROUNDS") or 3)


def main(parts: Sequence[str]) -> int:
    """Measure and print."""
    if unknown := set(parts) - PARTS.keys():
        print(f"bench-pipeline: no part {', '.join(sorted(unknown))}: {', '.join(PARTS)}")
        return 2
    figures: dict[str, Any] = {}
    for part in parts:
        figures |= PARTS[part]()
        print(flush=True)
    print(json.dumps(in_order(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main((os.environ.get("PARTS") or ",".join(PARTS)).split(",")))
