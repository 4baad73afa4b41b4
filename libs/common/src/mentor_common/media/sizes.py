"""The sizes that a picture takes in the course of a file.

A header states one. A browser's connection gets better or worse, a phone is turned, and the frames
get another.
"""

from __future__ import annotations

import asyncio
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_common.confinement import Bounds, Files
from mentor_common.media.frame_headers import UnreadableFrameError, Vp8Sizes, Vp9Sizes
from mentor_common.media.guard import GUARD_FLAGS, input_url
from mentor_common.media.process import ToolRun, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mentor_common.media.packets import StreamPackets
    from mentor_common.media.source import Source

_LASTS_S: Final = 1.0
_LASTS_SHARE: Final = 0.1
_TIMEOUT_S: Final = 60.0
_BOUNDS: Final = Bounds(memory_bytes=2 << 30, cpu_s=20)
_FIELDS: Final = 3
# Encoders of browsers: another size whenever the input's changes. Of two of them the headers are
# read here.
_LIVE_CODECS: Final = frozenset({"vp8", "vp9", "av1"})
_READERS: Final[Mapping[str, type[Vp8Sizes | Vp9Sizes]]] = {"vp8": Vp8Sizes, "vp9": Vp9Sizes}
_LACED: Final = 0x06  # flags of a Matroska block that holds several frames: RFC 9559 §10.3
# Codec to the type of the NAL unit that states the size: ITU-T H.264 table 7-1, H.265 table 7-1.
_PARAMETER_SETS: Final = {"h264": 7, "hevc": 33}
_LOOKED_AT: Final = 1024  # key frames
_KEY_FRAME_HEAD: Final = 1024  # bytes; parameter sets stand before the picture
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True)
class PictureSize:
    """The size of the stored frames from a moment on: seconds from the start, pixels."""

    since: float
    width: int
    height: int


def lasting_size(sizes: Sequence[PictureSize], start: float, end: float) -> PictureSize | None:
    """Return the largest of the sizes that lasts between two moments.

    Parameters
    ----------
    sizes
        Ascending by time.
    start, end
        Seconds from the start of the file.

    Returns
    -------
    PictureSize or None
        One that is shown for at least a second, or a tenth of the time; of two equally large ones
        that which is shown for longer. ``None`` without any sizes.
    """
    shown: dict[tuple[int, int], float] = {}
    seconds = [size.since for size in sizes[1:]]
    # The first frame also stands before its time.
    for size, since, until in zip(sizes, [start, *seconds], [*seconds, end], strict=False):
        length = max(0.0, min(until, end) - max(since, start))
        key = size.width, size.height
        shown[key] = shown.get(key, 0.0) + length
    if not shown:
        return None
    enough = min(_LASTS_S, _LASTS_SHARE * (end - start))
    lasting = [key for key, length in shown.items() if length >= enough] or list(shown)
    width, height = max(lasting, key=lambda key: (key[0] * key[1], shown[key]))
    return PictureSize(start, width, height)


async def picture_sizes(
    path: Path, source: Source, *, ffprobe: str, timings: list[ToolRun] | None
) -> tuple[PictureSize, ...]:
    """Return where the size of a source's picture changes, ascending by time.

    By the headers of its frames where they can be read, else by decoding where it is worth its
    work.

    Returns
    -------
    tuple of PictureSize
        The first one is that of the first picture. Empty where nothing speaks for a change.
    """
    sizes = await asyncio.to_thread(read_sizes, path, source)
    if sizes is not None:
        return sizes
    if await asyncio.to_thread(may_change, path, source):
        return await measure_sizes(path, source, ffprobe=ffprobe, timings=timings)
    return ()


def read_sizes(path: Path, source: Source) -> tuple[PictureSize, ...] | None:
    """Return where the size changes by the headers of all frames; ``None`` if they tell nothing."""
    packets = source.picture_packets
    if packets is None or source.video_codec not in _READERS or not packets.all_kept:
        return None
    if source.hidden_pictures or min(packets.positions, default=-1) < 0:
        return None  # frames may refer to one that is not among them
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return tuple(_changes(_shown(data, source, packets)))
    except UnreadableFrameError:
        return None


def _shown(data: mmap.mmap, source: Source, packets: StreamPackets) -> Iterator[PictureSize]:
    """Yield the size of each picture that is shown."""
    reader = _READERS[source.video_codec]()
    placed = zip(packets.times, packets.positions, packets.sizes, strict=True)
    for at, position, size in placed:
        begin = position + (_block_header(data, position) if source.container == "webm" else 0)
        for width, height in reader.shown(data[begin : begin + size]):
            yield PictureSize(at - source.origin_s, width, height)


def _changes(sizes: Iterable[PictureSize]) -> Iterator[PictureSize]:
    """Yield the first of the sizes, and each that differs from the one before."""
    last = None
    for size in sizes:
        if (size.width, size.height) != last:
            last = size.width, size.height
            yield size


def _block_header(data: mmap.mmap, position: int) -> int:
    """Return the length of a Matroska block's header: number of the track, time, flags.

    Raises
    ------
    UnreadableFrameError
        It is none, or the block holds several frames: RFC 9559 §10.
    """
    head = data[position : position + 1]
    track = 9 - head[0].bit_length() if head else 9  # a leading 1 ends the number's length
    flags = data[position + track + 2 : position + track + 3]
    if track > 8 or not flags or flags[0] & _LACED:  # noqa: PLR2004 -- bytes, at most
        raise UnreadableFrameError
    return track + 3


def may_change(path: Path, source: Source) -> bool:
    """Return whether decoding for other sizes than the header's is worth its work.

    It is in what browsers write, and where key frames bring parameter sets that differ.
    """
    packets, codec = source.picture_packets, source.video_codec
    if packets is None or len(packets.keys) < 2:  # noqa: PLR2004 - without a second key frame there is no second size
        return False
    if codec in _LIVE_CODECS or (source.container == "webm" and codec in _PARAMETER_SETS):
        return True
    return codec in _PARAMETER_SETS and len(set(_parameter_sets(path, codec, packets.keys))) > 1


async def measure_sizes(
    path: Path, source: Source, *, ffprobe: str, timings: list[ToolRun] | None
) -> tuple[PictureSize, ...]:
    """Decode the key frames of a source's picture and return where its size changes.

    Returns
    -------
    tuple of PictureSize
        Ascending by time. Empty if the frames cannot be decoded: others will say so.
    """
    argv = (
        *(ffprobe, "-v", "error", *GUARD_FLAGS, "-skip_frame", "nokey"),
        *(
            "-select_streams",
            str(source.video_index),
            "-show_entries",
            "frame=pts_time,width,height",
        ),
        *("-of", "csv=p=0", input_url(path)),
    )
    found: list[PictureSize] = []

    def read(line: str) -> None:
        time, *size = line.split(",")[:_FIELDS]
        if len(size) < _FIELDS - 1 or not all(side.isdigit() for side in size):
            return
        try:
            since = float(time) - source.origin_s
        except ValueError:  # N/A
            return
        width, height = map(int, size)
        if not found or (found[-1].width, found[-1].height) != (width, height):
            found.append(PictureSize(since, width, height))

    done = await run(
        argv,
        timeout_s=_TIMEOUT_S,
        timings=timings,
        bounds=_BOUNDS,
        files=Files((path,)),
        on_line=read,
    )
    return tuple(found) if done.returncode == 0 else ()


def _parameter_sets(path: Path, codec: str, positions: Sequence[int]) -> Iterator[bytes]:
    """Yield what each of the key frames at these bytes of an MP4 says of the size, or nothing."""
    step = -(-len(positions) // _LOOKED_AT)
    with path.open("rb") as file:
        for position in positions[::step]:
            file.seek(position)
            yield _parameter_set(file.read(_KEY_FRAME_HEAD), codec)


def _parameter_set(head: bytes, codec: str) -> bytes:
    """Return the parameter set among the first NAL units of a frame; empty without one."""
    at = 0
    while at + _LENGTH_BYTES < len(head):
        length = int.from_bytes(head[at : at + _LENGTH_BYTES])
        at += _LENGTH_BYTES
        kind = head[at] & 0x1F if codec == "h264" else head[at] >> 1 & 0x3F
        if kind == _PARAMETER_SETS[codec]:
            return head[at : at + length]
        at += max(1, length)
    return b""
