"""Times of a file's packets, which are true where its header may be wrong."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import Final

PACKET_OPTIONS: Final = (
    "-show_entries",
    "packet=stream_index,pts_time,dts_time,duration_time,pos,flags",
    "-of",
    "csv=p=0",
)
_FIELDS: Final = 6
_KEPT: Final = 1 << 19  # more than 20 minutes have at 240 a second; a hostile file may have more


@dataclass
class StreamPackets:
    """Seconds at which one stream begins and ends, in the file's own time, and its packets.

    Parameters
    ----------
    count
        How many packets are shown.
    first, last, end
        Start of the earliest and of the latest packet, and end of the one that ends last.
    times
        Start of each packet, as they come in the file.
    keys
        Bytes from the start of the file at which the key frames lie.
    """

    count: int = 0
    first: float = math.inf
    last: float = -math.inf
    end: float = -math.inf
    times: array[float] = field(default_factory=lambda: array("d"))
    keys: array[int] = field(default_factory=lambda: array("q"))

    def add(self, at: float, duration: float) -> None:
        """Count a packet that plays from ``at`` for ``duration`` seconds."""
        self.count += 1
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        self.end = max(self.end, at + duration)
        if self.count <= _KEPT:
            self.times.append(at)


@dataclass
class PacketScan:
    """Collects ffprobe's packet lines (``PACKET_OPTIONS``)."""

    streams: dict[int, StreamPackets] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Take one line; packets that are not shown (edit lists, codec delay) are left out."""
        fields = text.split(",")
        if len(fields) < _FIELDS or not fields[0].isdigit() or "D" in fields[5]:
            return
        at = _seconds(fields[1])
        if at is None:
            at = _seconds(fields[2])
        if at is None:
            return
        packets = self.streams.setdefault(int(fields[0]), StreamPackets())
        packets.add(at, _seconds(fields[3]) or 0.0)
        if "K" in fields[5] and fields[4].isdigit() and len(packets.keys) < _KEPT:
            packets.keys.append(int(fields[4]))


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:  # N/A
        return None
    return value if math.isfinite(value) else None
