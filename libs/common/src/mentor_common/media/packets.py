"""Times of a file's packets, which are true where its header may be wrong."""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKET_ENTRIES: Final = (
    "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags"
    ":packet_side_data=side_data_type"
)
_PACKETS_BEGIN: Final = '    "packets": ['
_PACKETS_END: Final = "    ]"
_PACKET_BEGINS: Final = "        {"
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
    positions
        Bytes from the start of the file at which each packet lies, beside ``times``; negative where
        that is not known.
    key_numbers
        Places of the key frames in ``times``, from 0, as far as their positions are known.
    reconfigured
        Whether the decoder is set up anew in mid-stream.
    """

    count: int = 0
    first: float = math.inf
    last: float = -math.inf
    end: float = -math.inf
    times: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    positions: array[int] = field(default_factory=lambda: array("q"))
    key_numbers: array[int] = field(default_factory=lambda: array("q"))
    reconfigured: bool = False

    @property
    def keys(self) -> Sequence[int]:
        """Return the positions of the key frames."""
        return [self.positions[number] for number in self.key_numbers]

    @property
    def all_kept(self) -> bool:
        """Whether each packet has its place in ``times``, ``sizes`` and ``positions``."""
        return self.count == len(self.times)

    def add(self, at: float, duration: float, size: int, position: int) -> None:
        """Count a packet of ``size`` bytes that plays from ``at`` for ``duration`` seconds."""
        self.count += 1
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        self.end = max(self.end, at + duration)
        if self.count <= _KEPT:
            self.times.append(at)
            self.sizes.append(size)
            self.positions.append(position)


@dataclass
class PacketScan:
    """Collects the packets that ffprobe describes (`PACKET_ENTRIES`).

    Parameters
    ----------
    streams
        Packets that are shown, by the index of their stream.
    hidden
        How many are not: an edit list leaves them out, or a decoder's delay does.
    """

    streams: dict[int, StreamPackets] = field(default_factory=dict)
    hidden: Counter[int] = field(default_factory=Counter)

    def add(self, packet: Mapping[str, Any]) -> None:
        """Take one packet, an object of ffprobe's JSON."""
        index, flags = packet["stream_index"], packet["flags"]
        if "D" in flags:
            self.hidden[index] += 1
            return
        at = _seconds(packet.get("pts_time"))
        if at is None:
            at = _seconds(packet.get("dts_time"))
        if at is None:
            return
        packets = self.streams.setdefault(index, StreamPackets())
        duration = _seconds(packet.get("duration_time")) or 0.0
        packets.add(at, duration, int(packet.get("size", 0)), int(packet.get("pos", -1)))
        side_data = packet.get("side_data_list", ())
        packets.reconfigured |= packets.count > 1 and any(
            data["side_data_type"] == _RECONFIGURES for data in side_data
        )
        if "K" in flags and "pos" in packet and packets.count <= _KEPT:
            packets.key_numbers.append(packets.count - 1)


class ProbeOutput:
    """Divides ffprobe's JSON (``-of json=c=1``) line by line: an hour's packets are never kept.

    Parameters
    ----------
    scan
        Receives each packet.
    """

    def __init__(self, scan: PacketScan) -> None:
        self._scan = scan
        self._header: list[str] = []
        self._packet: list[str] = []
        self._in_packets = False

    def line(self, text: str) -> None:
        """Take one line."""
        if not self._in_packets:
            self._header.append(text)
            self._in_packets = text == _PACKETS_BEGIN
            return
        ends = text.startswith(_PACKETS_END)
        if self._packet and (ends or text.startswith(_PACKET_BEGINS)):
            self._scan.add(json.loads("".join(self._packet).removesuffix(",")))
            self._packet.clear()
        if ends:
            self._in_packets = False
            self._header.append(text)
        elif text:
            self._packet.append(text)

    def header(self) -> dict[str, Any]:
        """Return all but the packets."""
        header: dict[str, Any] = json.loads("".join(self._header))
        return header


def _seconds(text: str | None) -> float | None:
    try:
        value = math.nan if text is None else float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
