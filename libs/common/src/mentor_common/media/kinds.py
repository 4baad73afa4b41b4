"""The type of a file by its first bytes, and the text for a mentor whose file is refused.

Signatures: ISO/IEC 14496-12 §4.2 (a box's type stands at byte 4), RFC 8794 §11.2 (EBML header),
ISO/IEC 13818-1 §2.4.3.2 (a transport stream repeats its sync byte), QuickTime File Format
(``pnot``, ``wide``, ``skip`` and others may come before the movie).
"""

from __future__ import annotations

from typing import Final, Literal

import filetype

NO_VIDEO: Final = "No video found or too short (1sec)!"
"""The text that existing clients show for every file that is no video of at least a second."""

HEAD_BYTES: Final = 64 * 1024
"""Length of the part that is examined."""

_TAKEN: Final = "MP4, MOV, 3GP, WebM and Matroska (MKV) videos"
_BOXES: Final = frozenset(
    {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"udta", b"uuid", b"junk"}
)
_EBML: Final = b"\x1a\x45\xdf\xa3"
_DOCTYPES: Final = (b"webm", b"matroska")
_EBML_HEADER_BYTES: Final = 1024
# Pictures in the boxes of MP4: ISO/IEC 23008-12 §10 (HEIF), AV1 Image File Format §6 (AVIF).
_PICTURE_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIC"),
    **dict.fromkeys((b"mif1", b"msf1"), "HEIF"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_SYNC: Final = 0x47
# Where the first sync byte stands, and how far apart they are, in plain and in camcorders' streams.
_TRANSPORT_STREAMS: Final = ((0, 188), (4, 192))
_SYNCS: Final = 3
_NAMES: Final = {"jpg": "JPEG", "mpg": "MPEG", "tif": "TIFF", "wmv": "WMV (ASF)"}


def container_of(head: bytes) -> Literal["mp4", "webm"] | None:
    """Return which of the two families of containers the bytes begin like, if any."""
    if head[4:8] in _BOXES:
        return None if _picture_in_boxes(head) else "mp4"
    start = head[:_EBML_HEADER_BYTES]
    known = start.startswith(_EBML) and any(doctype in start for doctype in _DOCTYPES)
    return "webm" if known else None


def file_type_of(head: bytes) -> str | None:
    """Return the usual name of a file's type (``AVI``, ``PDF``) by its first bytes, if known."""
    if picture := _picture_in_boxes(head):
        return picture
    if any(_repeats_sync(head, first, step) for first, step in _TRANSPORT_STREAMS):
        return "MPEG-TS"
    known = filetype.guess(head)
    return _NAMES.get(known.extension, known.extension.upper()) if known else None


def refusal_text(head: bytes) -> str:
    """Return the text for a mentor whose file is no readable video, by its first bytes."""
    kind = file_type_of(head)
    if container_of(head):
        what = "The file cannot be read; it may be damaged or incomplete."
    elif kind:
        what = f"Files of the type {kind} are not accepted; {_TAKEN} are."
    else:
        what = f"This type of file is not known; accepted are {_TAKEN}."
    return f"{NO_VIDEO} {what} Record again, or export the video as MP4."


def _picture_in_boxes(head: bytes) -> str | None:
    return _PICTURE_BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None


def _repeats_sync(head: bytes, first: int, step: int) -> bool:
    syncs = head[first : first + step * _SYNCS : step]
    return len(syncs) == _SYNCS and set(syncs) == {_SYNC}
