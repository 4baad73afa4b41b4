"""When the packets of a file really play: what its header only claims."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

PACKET_OPTIONS = (
    "-show_entries",
    "packet=stream_index,pts_time,dts_time,duration_time,flags",
    "-of",
    "csv=p=0",
)
_FIELDS = 5


@dataclass
class StreamPackets:
    """Seconds at which one stream begins and ends, in the file's own time, and its packets."""

    count: int = 0
    first: float = math.inf
    last: float = -math.inf
    end: float = -math.inf

    def add(self, at: float, duration: float) -> None:
        """Count a packet that plays from ``at`` for ``duration`` seconds."""
        self.count += 1
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        self.end = max(self.end, at + duration)

    @property
    def rate(self) -> Fraction | None:
        """Packets per second; ``None`` for fewer than two."""
        if self.count < 2 or self.last <= self.first:  # noqa: PLR2004 - two ends make a distance
            return None
        return Fraction((self.count - 1) / (self.last - self.first)).limit_denominator(1001)


@dataclass
class PacketScan:
    """Collects ffprobe's packet lines (``PACKET_OPTIONS``)."""

    streams: dict[int, StreamPackets] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Take one line; packets that are not shown (edit lists, codec delay) are left out."""
        fields = text.split(",")
        if len(fields) < _FIELDS or not fields[0].isdigit() or "D" in fields[4]:
            return
        at = _seconds(fields[1])
        if at is None:
            at = _seconds(fields[2])
        if at is None:
            return
        packets = self.streams.setdefault(int(fields[0]), StreamPackets())
        packets.add(at, _seconds(fields[3]) or 0.0)

    @property
    def first(self) -> float:
        """Earliest packet of all streams, seconds; 0 for a file without any."""
        return min((packets.first for packets in self.streams.values()), default=0.0)

    @property
    def end(self) -> float:
        """End of the last packet of all streams, seconds; 0 for a file without any."""
        return max((packets.end for packets in self.streams.values()), default=0.0)


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:  # N/A
        return None
    return value if math.isfinite(value) else None
