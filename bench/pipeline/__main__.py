"""``make bench-pipeline``: what the pipeline itself costs, beside others.

Prints a table for each part, and at the end one line of JSON: ``messages_per_s`` and ``cpu_ms`` of
our consumer, ``peers`` by name, ``aws_calls`` and ``graphql_calls`` of one upload. ``MESSAGES``
(2000) and ``ROUNDS`` (5).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from bench.pipeline import calls, messages

if TYPE_CHECKING:
    from bench.pipeline.messages import Figures

_ROW = "{:24} {:>10} {:>8} {:>12} {:>10}"


def print_messages(found: dict[str, Figures]) -> None:
    """Print the consumers as a table."""
    ours = found[messages.OURS]
    print(_ROW.format("consumer", "messages/s", "cpu ms", "emulator ms", "cpu/ours"))
    for name, figures in found.items():
        emulator = "-" if figures.emulator_ms is None else f"{figures.emulator_ms:.2f}"
        ratio = f"{figures.cpu_ms / ours.cpu_ms:.2f}"
        row = (name, f"{figures.per_second:.0f}", f"{figures.cpu_ms:.2f}", emulator, ratio)
        print(_ROW.format(*row), flush=True)


def main() -> None:
    """Measure and print."""
    count = int(os.environ.get("MESSAGES") or 2000)
    found = messages.measure(count, int(os.environ.get("ROUNDS") or 5))
    print_messages(found)
    peers = {
        name: {
            "messages_per_s": round(found[name].per_second),
            "cpu_ms": round(found[name].cpu_ms, 3),
        }
        for name in messages.PEERS
    }
    ours = found[messages.OURS]
    figures = {
        "messages_per_s": round(ours.per_second),
        "cpu_ms": round(ours.cpu_ms, 3),
        **calls.measure(),
        "peers": peers,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
