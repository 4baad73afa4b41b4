"""Times of a file's packets, which are true where its header may be wrong."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

PACKET_OPTIONS: Final = (
    "-show_entries",
    (
        "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags"
        ":packet_side_data=side_data_type"
    ),
    "-of",
    "csv=p=0",
)
_FIELDS: Final = 7
_RECONFIGURES: Final = "New Extradata"
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
    sizes
        Bytes of each packet, beside ``times``.
    keys
        Bytes from the start of the file at which the key frames lie.
    key_numbers
        Places of these key frames in ``times``, from 0.
    reconfigured
        Whether the decoder is set up anew in mid-stream.
    """

    count: int = 0
    first: float = math.inf
    last: float = -math.inf
    end: float = -math.inf
    times: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    key_numbers: array[int] = field(default_factory=lambda: array("q"))
    reconfigured: bool = False

    def add(self, at: float, duration: float, size: int) -> None:
        """Count a packet of ``size`` bytes that plays from ``at`` for ``duration`` seconds."""
        self.count += 1
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        self.end = max(self.end, at + duration)
        if self.count <= _KEPT:
            self.times.append(at)
            self.sizes.append(size)


@dataclass
class PacketScan:
    """Collects ffprobe's packet lines (``PACKET_OPTIONS``).

    Parameters
    ----------
    streams
        Packets that are shown, by the index of their stream.
    hidden
        How many are not: an edit list leaves them out, or a decoder's delay does.
    """

    streams: dict[int, StreamPackets] = field(default_factory=dict)
    hidden: Counter[int] = field(default_factory=Counter)

    def line(self, text: str) -> None:
        """Take one line."""
        fields = text.split(",")
        if len(fields) < _FIELDS or not fields[0].isdigit():
            return
        index, pts, dts, duration, size, position, flags, *side_data = fields
        if "D" in flags:
            self.hidden[int(index)] += 1
            return
        at = _seconds(pts)
        if at is None:
            at = _seconds(dts)
        if at is None:
            return
        packets = self.streams.setdefault(int(index), StreamPackets())
        packets.add(at, _seconds(duration) or 0.0, int(size) if size.isdigit() else 0)
        packets.reconfigured |= packets.count > 1 and _RECONFIGURES in side_data
        if "K" in flags and position.isdigit() and packets.count <= _KEPT:
            packets.keys.append(int(position))
            packets.key_numbers.append(packets.count - 1)


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:  # N/A
        return None
    return value if math.isfinite(value) else None
