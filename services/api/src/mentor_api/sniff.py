"""Is this WebVTT at all? Asked of the first bytes: W3C WebVTT §4.1 (the first line)."""

from __future__ import annotations


def is_captions(head: bytes) -> bool:
    """Tell whether the bytes begin like WebVTT: its signature, in UTF-8."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    return text[:6] == b"WEBVTT" and text[6:7] in {b"", b" ", b"\t", b"\r", b"\n"}
