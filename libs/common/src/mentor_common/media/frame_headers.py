"""Sizes of VP8's and VP9's pictures, by the headers of their frames: nothing is decoded.

RFC 6386 §9.1; VP9 Bitstream & Decoding Process Specification v0.6, §6.2, §7.2 and annex B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Size = tuple[int, int]
"""Width and height, pixels."""

_VP8_HEAD_BYTES: Final = 10
_VP8_START_CODE: Final = b"\x9d\x01\x2a"
_VP8_SIDE: Final = 0x3FFF  # the two bits above it scale what is shown, which no decoder here does

_VP9_HEAD_BYTES: Final = 16  # more than any header takes up to the size
_VP9_FRAME_MARKER: Final = 2
_VP9_SYNC_CODE: Final = 0x498342
_VP9_SLOTS: Final = 8
_VP9_REFERENCES: Final = 3
_VP9_RGB: Final = 7
_DEEP: Final = 2  # from this profile on a sample may have more than eight bits
_SUPERFRAME_MASK, _SUPERFRAME_MARKER = 0xE0, 0xC0
_LARGER, _SMALLER = 2, 16  # a reference may be twice as large as the frame, or a sixteenth of it


class UnreadableFrameError(ValueError):
    """The bytes are no frame of this codec, or refer to one that has not been read."""


class Vp8Sizes:
    """Reads the frames of a stream in turn; the size changes at key frames only."""

    def __init__(self) -> None:
        self._size: Size | None = None

    def shown(self, packet: bytes) -> list[Size]:
        """Return the size of the picture that a packet shows, if it shows one.

        Raises
        ------
        UnreadableFrameError
        """
        if not packet:
            raise UnreadableFrameError
        is_key, is_shown = not packet[0] & 1, packet[0] & 0x10
        if is_key:
            if len(packet) < _VP8_HEAD_BYTES or packet[3:6] != _VP8_START_CODE:
                raise UnreadableFrameError
            width, height = (int.from_bytes(packet[at : at + 2], "little") for at in (6, 8))
            self._size = width & _VP8_SIDE, height & _VP8_SIDE
        if self._size is None:
            raise UnreadableFrameError
        return [self._size] if is_shown else []


class Vp9Sizes:
    """Reads the frames of a stream in turn; any frame may bring a size of its own.

    What is not a key frame takes the size of a frame that it refers to, or states one.
    """

    def __init__(self) -> None:
        self._slots: list[Size | None] = [None] * _VP9_SLOTS

    def shown(self, packet: bytes) -> list[Size]:
        """Return the sizes of the pictures that a packet shows; it may hold several frames.

        Raises
        ------
        UnreadableFrameError
        """
        found = (self._read(_Bits(head)) for head in _vp9_frames(packet))
        return [size for size in found if size is not None]

    def _read(self, bits: _Bits) -> Size | None:
        """Take a frame into the slots and return its size if it is shown."""
        if bits.read(2) != _VP9_FRAME_MARKER:
            raise UnreadableFrameError
        profile = bits.read(1) | bits.read(1) << 1
        if profile == 3 and bits.read(1):  # noqa: PLR2004 -- the last one, then a reserved bit
            raise UnreadableFrameError
        if bits.read(1):  # show_existing_frame
            return _known(self._slots[bits.read(3)])
        is_inter, is_shown, is_resilient = bits.read(1), bits.read(1), bits.read(1)
        if not is_inter:
            _sync(bits)
            _colours(bits, profile)
            size, refreshed = _stated(bits), 0xFF
        else:
            is_intra = 0 if is_shown else bits.read(1)
            if not is_resilient:
                bits.read(2)  # reset_frame_context
            if is_intra:
                _sync(bits)
                if profile > 0:
                    _colours(bits, profile)
                refreshed = bits.read(8)
                size = _stated(bits)
            else:
                refreshed = bits.read(8)
                size = self._referred(bits)
        for slot in range(_VP9_SLOTS):
            if refreshed >> slot & 1:
                self._slots[slot] = size
        return size if is_shown else None

    def _referred(self, bits: _Bits) -> Size:
        """Return the size of a frame that refers to others."""
        # Each reference is three bits of the slot, and one of its sign.
        references = [_known(self._slots[bits.read(4) >> 1]) for _ in range(_VP9_REFERENCES)]
        for reference in references:
            if bits.read(1):
                return reference
        size = _stated(bits)
        if not any(_may_refer(size, reference) for reference in references):
            raise UnreadableFrameError
        return size


class _Bits:
    """The bits of a frame's header, the highest of each byte first."""

    def __init__(self, head: bytes) -> None:
        self._value = int.from_bytes(head)
        self._left = 8 * len(head)

    def read(self, count: int) -> int:
        """Return the number of the next ``count`` bits."""
        self._left -= count
        if self._left < 0:
            raise UnreadableFrameError
        return self._value >> self._left & ((1 << count) - 1)


def _vp9_frames(packet: bytes) -> Iterator[bytes]:
    """Yield the beginning of each frame of a packet: of one, or of those in a superframe."""
    if not packet:
        raise UnreadableFrameError
    marker, at = packet[-1], 0
    if marker & _SUPERFRAME_MASK == _SUPERFRAME_MARKER:
        count, each = (marker & 7) + 1, (marker >> 3 & 3) + 1
        begin = len(packet) - 2 - count * each
        if begin >= 0 and packet[begin] == marker:
            for number in range(begin + 1, len(packet) - 1, each):
                length = int.from_bytes(packet[number : number + each], "little")
                if length:
                    yield packet[at : min(at + length, begin)][:_VP9_HEAD_BYTES]
                at += length
            return
    yield packet[:_VP9_HEAD_BYTES]


def _sync(bits: _Bits) -> None:
    if bits.read(24) != _VP9_SYNC_CODE:
        raise UnreadableFrameError


def _colours(bits: _Bits, profile: int) -> None:
    """Pass over what a header says of its colours."""
    if profile >= _DEEP:
        bits.read(1)
    if bits.read(3) != _VP9_RGB:
        bits.read(1)  # range
        bits.read(3 if profile & 1 else 0)  # subsampling, and a reserved bit
    else:
        bits.read(1 if profile & 1 else 0)


def _stated(bits: _Bits) -> Size:
    return bits.read(16) + 1, bits.read(16) + 1


def _known(size: Size | None) -> Size:
    if size is None:
        raise UnreadableFrameError
    return size


def _may_refer(size: Size, reference: Size) -> bool:
    """Return whether a frame may be predicted from one of another size: §7.2."""
    return all(
        _LARGER * side >= other and side <= _SMALLER * other
        for side, other in zip(size, reference, strict=True)
    )
