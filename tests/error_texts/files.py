"""Files that do not belong in a form, and some that do."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def _picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (4, 4)).save(target, kind)
    return target.getvalue()


def _huge_png() -> bytes:
    """Return a picture that says to be of 100,000 by 100,000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head) - 4) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + _picture("PNG")[33:]


def _jpeg_of_scans(count: int) -> bytes:
    """Return a JPEG that begins its picture again and again."""
    begin = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return _picture("JPEG")[:-2] + begin * count + b"\xff\xd9"


_CUE = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello\n"
PICTURES: dict[str, bytes] = {
    "empty": b"",
    "text": b"nonsense",
    "GIF": _picture("GIF"),
    "PNG that is cut off": _picture("PNG")[:44],
    "PNG of too many pixels": _huge_png(),
    "JPEG of 2000 scans": _jpeg_of_scans(2000),
    "JPEG": _picture("JPEG"),
}
CAPTIONS: dict[str, bytes] = {
    "empty": b"",
    "picture": _picture("PNG"),
    "no UTF-8": b"WEBVTT\n\n\xff",
    "SubRip": _CUE.removeprefix("WEBVTT\n\n").replace(".", ",").encode(),
    "other times": _CUE.replace("00:00:01.000", "1s").encode(),
    "cue that ends before its start": _CUE.replace("00:00:00.000", "00:00:09.000").encode(),
    "arrow in the text": _CUE.replace("Hello", "a --> b").encode(),
    "larger than GraphQL takes": _CUE.encode() + b"\nNOTE\n" + b"x" * 1_900_001,
    "no cue": b"WEBVTT\n",
    "byte order mark": b"\xef\xbb\xbf" + _CUE.encode(),
}
