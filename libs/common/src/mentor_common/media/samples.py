"""The end of the last sample of an MP4, from the sample tables in its ``moov`` box.

ISO/IEC 14496-12 §8.7: ``stsz`` (sizes), ``stsc`` (samples to a chunk), ``stco`` and ``co64``
(offsets of chunks).
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTAINERS: Final = frozenset({b"trak", b"mdia", b"minf", b"stbl"})
_FULL: Final = 4  # bytes of version and flags
_Tables = dict[bytes, bytes]


def end_of_samples(moov: bytes) -> int | None:
    """Return the byte of the file after the last sample.

    ``None`` if there are no sample tables, or none that can be understood.
    """
    ends = []
    for kind, trak in _children(moov):
        if kind == b"trak":
            try:
                end = _end(dict(_tables(trak)))
            except (struct.error, ValueError, IndexError):
                return None
            ends.append(end)
    return max((end for end in ends if end), default=None)


def _children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if length < 8:  # noqa: PLR2004 - the length of a box's head
            return
        yield kind, content[at + 8 : at + length]
        at += length


def _tables(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the tables of a track by their types."""
    for kind, inner in _children(content):
        if kind in _CONTAINERS:
            yield from _tables(inner)
        else:
            yield kind, inner[_FULL:]


def _end(tables: _Tables) -> int:
    """Return the end of the last sample of a track; 0 for one without any."""
    offsets = _numbers(tables[b"co64"], "Q") if b"co64" in tables else None
    if offsets is None:
        offsets = _numbers(tables.get(b"stco", bytes(4)), "I")
    if not offsets or b"stsz" not in tables or b"stsc" not in tables:
        return max(offsets, default=0)
    each: int
    count: int
    each, count = struct.unpack_from(">II", tables[b"stsz"])
    sizes = array("I") if each else _numbers(tables[b"stsz"][4:], "I")
    before = [0, *accumulate(sizes)]
    ends, sample = [], 0
    for offset, samples in zip(offsets, _chunks(tables[b"stsc"], len(offsets)), strict=True):
        after = min(sample + samples, count)
        length = each * (after - sample) if each else before[after] - before[sample]
        ends.append(offset + length)
        sample = after
    return max(ends)


def _chunks(table: bytes, count: int) -> Iterator[int]:
    """Yield the number of samples in each of ``count`` chunks."""
    numbers = _numbers(table, "I", columns=3)
    runs = [*zip(numbers[::3], numbers[1::3], strict=False), (count + 1, 0)]
    for (first, samples), (following, _) in pairwise(runs):
        for _chunk in range(first, min(following, count + 1)):
            yield samples


def _numbers(table: bytes, width: str, columns: int = 1) -> array[int]:
    """Return the entries of a table that begins with their count."""
    (count,) = struct.unpack_from(">I", table)
    numbers = array(width)
    numbers.frombytes(table[4 : 4 + count * columns * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
