"""Pictures that cost more to decode than to send."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

_SCAN = 0xDA
_LARGE = (6000, 4000)
_BOMB = (12_000, 12_000)


def photo() -> bytes:
    """Return a JPEG of 24 megapixels, as a camera makes them; half a megabyte."""
    ramp = Image.linear_gradient("L").resize(_LARGE)
    picture = Image.merge("RGB", (ramp, ramp.rotate(180), ramp))
    return _saved(picture, "JPEG", quality=70)


def bomb() -> bytes:
    """Return a PNG of 144 megapixels in one colour; some kilobytes."""
    return _saved(Image.new("1", _BOMB), "PNG", optimize=True)


def jpeg_of_many_scans(scans: int, size: tuple[int, int] = _LARGE) -> bytes:
    """Return a progressive JPEG of 24 megapixels that sends a scan so often; a few bytes each.

    Nothing in the format bounds how often a scan comes (ITU-T T.81, G.1.1): a decoder only warns
    of one that brings nothing new, and goes through all blocks of the picture for each.
    """
    whole = _saved(Image.new("L", size, 128), "JPEG", progressive=True)
    first = whole.index(bytes((0xFF, _SCAN)))
    repeated = whole.index(bytes((0xFF, _SCAN)), first + 2)  # the first of frequencies above zero
    following = _next_segment(whole, repeated)
    return whole[:following] + whole[repeated:following] * (scans - 1) + whole[following:]


def _next_segment(jpeg: bytes, scan: int) -> int:
    """Return where the segment after a scan begins; within one 0xFF is followed by 0 or RSTn."""
    at = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")
    while not (jpeg[at] == 0xFF and jpeg[at + 1] and not 0xD0 <= jpeg[at + 1] <= 0xD7):  # noqa: PLR2004 -- as above
        at += 1
    return at


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
