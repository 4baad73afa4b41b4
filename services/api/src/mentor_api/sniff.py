"""Is this a media container at all? Asked of the first bytes; the transcoder's gate does the rest.

Signatures: ISO/IEC 14496-12 §4.2 (a box's type stands at byte 4), RFC 8794 §11.2 (EBML header).
"""

from __future__ import annotations

HEAD_BYTES = 64 * 1024
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
_EBML = b"\x1a\x45\xdf\xa3"
_DOCTYPES = (b"webm", b"matroska")
_EBML_HEADER_BYTES = 1024


def is_container(head: bytes) -> bool:
    """Tell whether the bytes begin like MP4, MOV, WebM or Matroska."""
    if head[4:8] in _BOXES:
        return True
    start = head[:_EBML_HEADER_BYTES]
    return start.startswith(_EBML) and any(doctype in start for doctype in _DOCTYPES)
