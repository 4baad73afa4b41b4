"""The kind of the key frames of an H.264 stream, by their first bytes.

Containers also call pictures key frames from which decoding merely recovers. Only at an IDR
picture does it begin anew: nothing after it refers to anything before (ITU-T H.264 §3.69, §7.4.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentor_common.media import StreamPackets

_HEAD_BYTES: Final = 4096  # parameter sets and messages stand before the picture
_LENGTH_BYTES: Final = 4
_MATROSKA_BLOCK_BYTES: Final = 4  # number of the track, time, flags: RFC 9559 §10.1
_START_CODE: Final = re.compile(b"\x00\x00\x00?\x01")
# Types of NAL units: ITU-T H.264 table 7-1.
_SLICES: Final = range(1, 6)
_IDR: Final = 5
_PARAMETER_SETS: Final = (7, 8)


@dataclass(frozen=True)
class KeyFrames:
    """The key frames of a stream.

    Parameters
    ----------
    idr
        Of each whether it is an IDR picture.
    alike
        Whether all that bring parameter sets bring the same.
    """

    idr: tuple[bool, ...]
    alike: bool = True


def read_key_frames(path: Path, container: str, packets: StreamPackets) -> KeyFrames:
    """Return the kind of each key frame of a file's H.264 stream, by the first bytes of each."""
    before = _MATROSKA_BLOCK_BYTES if container == "webm" else 0
    idr, sets = [], set()
    with path.open("rb") as file:
        for number, position in zip(packets.key_numbers, packets.keys, strict=True):
            file.seek(position + before)
            units = list(nal_units(file.read(min(packets.sizes[number], _HEAD_BYTES))))
            kinds = [unit[0] & 0x1F for unit in units]
            idr.append(next((kind for kind in kinds if kind in _SLICES), None) == _IDR)
            brought = zip(kinds, units, strict=True)
            sets.add(tuple(unit for kind, unit in brought if kind in _PARAMETER_SETS))
    return KeyFrames(tuple(idr), alike=len(sets - {()}) <= 1)


def nal_units(head: bytes) -> Iterator[bytes]:
    """Yield the NAL units at the beginning of a picture; the last one may be cut short.

    They come after their lengths (ISO/IEC 14496-15), or after start codes (ITU-T H.264 annex B).
    """
    if _START_CODE.match(head):
        marks = [*_START_CODE.finditer(head)]
        ends = [*(mark.start() for mark in marks[1:]), len(head)]
        yield from (head[mark.end() : end] for mark, end in zip(marks, ends, strict=True))
        return
    at = 0
    while at + _LENGTH_BYTES < len(head):
        length = int.from_bytes(head[at : at + _LENGTH_BYTES])
        if not length:
            return
        at += _LENGTH_BYTES
        yield head[at : at + length]
        at += length
