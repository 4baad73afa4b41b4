"""Detection of truncated files: a file's structure says where its bytes must end.

Durations in headers decide nothing: recorders and editors write them wrong. ISO/IEC 14496-12 §4.2
and §8 (boxes, sample tables), RFC 8794 §4 to §6 (EBML elements), RFC 9559 §5.1 (Matroska).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from mentor_common.media.samples import end_of_samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_LONGEST_ID: Final = 4
_LONGEST_SIZE: Final = 8
_MEDIA: Final = frozenset({b"moof", b"mdat"})
_MOST_ELEMENTS: Final = 1 << 18  # boxes or elements; ten times what an hour of video has
_MOST_INDEX: Final = 64 << 20  # bytes


class Element(NamedTuple):
    """A box or an element of a file: its type, where its content begins and where it ends.

    ``end`` is ``None`` for one that ends with the file, however long that is.
    """

    kind: bytes
    content: int
    end: int | None


def is_truncated(path: Path) -> bool:
    """Return whether the end of a file, or media that its index names, has not arrived.

    A recording that was written live promises no end: what a crash leaves of it is a whole video.
    A structure that cannot be understood is no evidence.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(_EBML)) == _EBML:
            return _matroska_is_cut(file, size)
        return _mp4_is_cut(file, size)


def _mp4_is_cut(file: BinaryIO, size: int) -> bool:
    elements = list(_boxes(file, size))
    if not elements:
        return False
    media = [element for element in elements if element.kind in _MEDIA]
    last = elements[-1]
    cut = last.kind in _MEDIA and last.end is not None and last.end > size
    if any(element.kind == b"moof" for element in elements):
        return cut or (bool(media) and media[-1].kind == b"moof")
    index = next((element for element in elements if element.kind == b"moov"), None)
    if index is None or index.end is None or index.end - index.content > _MOST_INDEX:
        return cut
    file.seek(index.content)
    end = end_of_samples(file.read(index.end - index.content))
    # Where the samples are known, they decide: a box may be longer than what is in it.
    return cut if end is None else end > size


def _boxes(file: BinaryIO, size: int) -> Iterator[Element]:
    """Yield the boxes at the top of a file; the last one may reach beyond its end."""
    at = 0
    for _ in range(_MOST_ELEMENTS):
        file.seek(at)
        head = file.read(16)
        length, kind, content = int.from_bytes(head[:4]), head[4:8], at + 8
        if len(head) < 8 or not kind.isalnum():  # noqa: PLR2004 - the length of a box's head
            return
        if length == 1:
            length, content = int.from_bytes(head[8:]), at + 16
        end = at + length if length else None
        if end is not None and end < content:
            return
        yield Element(kind, content, end)
        if end is None or end >= size:
            return
        at = end


def _matroska_is_cut(file: BinaryIO, size: int) -> bool:
    header = _element(file, 0)
    if header is None or header.end is None:
        return False
    segment = _element(file, header.end)
    if segment is None or segment.kind != _SEGMENT or segment.end is None or segment.end <= size:
        return False
    at = segment.content
    for _ in range(_MOST_ELEMENTS):
        element = _element(file, at)
        if element is None or element.end is None:
            return True
        if element.end > size:
            return element.kind == _CLUSTER  # and not the index, or tags
        at = element.end
    return True


def _element(file: BinaryIO, at: int) -> Element | None:
    """Return the EBML element at a byte; ``None`` at the end of the file and for what is none."""
    file.seek(at)
    head = file.read(_LONGEST_ID + _LONGEST_SIZE)
    width = _width(head[:1])
    if not 0 < width <= _LONGEST_ID:
        return None
    kind, head = head[:width], head[width:]
    digits = _width(head[:1])
    if not 0 < digits <= len(head):
        return None
    content = at + width + digits
    bits = 7 * digits
    length = int.from_bytes(head[:digits]) & ((1 << bits) - 1)
    unknown = length == (1 << bits) - 1
    return Element(kind, content, None if unknown else content + length)


def _width(first: bytes) -> int:
    """Return the bytes of a variable-length number, by its first one; 0 for none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
