"""Is this a media container at all? Asked of the first bytes; the transcoder's gate does the rest.

Signatures: ISO/IEC 14496-12 §4.2 (a box's type stands at byte 4), RFC 8794 §11.2 (EBML header),
W3C WebVTT §4.1 (the first line).
"""

from __future__ import annotations

from typing import Literal

HEAD_BYTES = 64 * 1024
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
_EBML = b"\x1a\x45\xdf\xa3"
_DOCTYPES = (b"webm", b"matroska")
_EBML_HEADER_BYTES = 1024


def is_container(head: bytes) -> bool:
    """Tell whether the bytes begin like MP4, MOV, WebM or Matroska."""
    return container_of(head) is not None


def container_of(head: bytes) -> Literal["mp4", "webm"] | None:
    """Return which of the two families of containers the bytes begin like, if any."""
    if head[4:8] in _BOXES:
        return "mp4"
    start = head[:_EBML_HEADER_BYTES]
    known = start.startswith(_EBML) and any(doctype in start for doctype in _DOCTYPES)
    return "webm" if known else None


def is_captions(head: bytes) -> bool:
    """Tell whether the bytes begin like WebVTT: its signature, in UTF-8."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    return text[:6] == b"WEBVTT" and text[6:7] in {b"", b" ", b"\t", b"\r", b"\n"}
