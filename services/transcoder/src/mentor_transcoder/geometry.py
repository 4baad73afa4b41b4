"""Which part of the picture a rendition shows, and how large. Pure arithmetic.

Crops are fractions of whatever arrives (``iw``, ``ih``) and not pixels: a browser may change the
size of the picture in mid-stream, and a fraction stays true after a turn by the display matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

WEB_HEIGHT: Final = 720
MOBILE_SIDE: Final = 480
_WIDE: Final = Fraction(16, 9)
_LANDSCAPE_SIDE: Final = Fraction(3, 4)


@dataclass(frozen=True)
class Frame:
    """A centred crop and the size it is scaled to.

    Parameters
    ----------
    keep_width, keep_height
        Share of the source's width and height that stays, in ``(0, 1]``.
    width, height
        Size of the result: even, square pixels.
    """

    keep_width: Fraction
    keep_height: Fraction
    width: int
    height: int

    @property
    def filters(self) -> str:
        """The ffmpeg filters for it, without spaces or quotes; the pixel format stays."""
        scale = f"scale={self.width}:{self.height}:flags=bicubic,setsar=1"
        if self.keep_width == self.keep_height == 1:
            return scale
        # As fractions: a decimal one would cut 1080/3 down to 359.
        return f"crop=w=iw*{self.keep_width}:h=ih*{self.keep_height},{scale}"


def web(width: int, height: int, *, keep_aspect: bool = False) -> Frame:
    """Return the frame of the web rendition.

    Parameters
    ----------
    width, height
        Display size of the source, pixels.
    keep_aspect
        Show the whole picture instead of its middle in 16:9.

    Returns
    -------
    Frame
        At most 720 high and never larger than the source.
    """
    if keep_aspect:
        return _whole(width, height, WEB_HEIGHT)
    shown_width = min(Fraction(width), height * _WIDE)
    shown_height = min(Fraction(height), width / _WIDE)
    out_height = _even(min(Fraction(WEB_HEIGHT), shown_height))
    out_width = _even(min(shown_width, out_height * _WIDE + 1))
    return Frame(shown_width / width, shown_height / height, out_width, out_height)


def mobile(width: int, height: int, *, keep_aspect: bool = False) -> Frame:
    """Return the frame of the mobile rendition.

    Parameters
    ----------
    width, height
        Display size of the source, pixels.
    keep_aspect
        Show the whole picture, at most 480 high, instead of a square.

    Returns
    -------
    Frame
        480 x 480: the centre of a portrait; of a landscape the middle three quarters of its
        height, where the face is.
    """
    if keep_aspect:
        return _whole(width, height, MOBILE_SIDE)
    side = height * _LANDSCAPE_SIDE if width > height else Fraction(width)
    return Frame(side / width, side / height, MOBILE_SIDE, MOBILE_SIDE)


def _whole(width: int, height: int, max_height: int) -> Frame:
    out_height = _even(Fraction(min(height, max_height)))
    out_width = _even(min(Fraction(width), Fraction(out_height * width, height) + 1))
    return Frame(Fraction(1), Fraction(1), out_width, out_height)


def _even(value: Fraction) -> int:
    """Round down to what 4:2:0 pictures can have: an even number, at least 2.

    Of a value plus one this is the even number nearest to the value.
    """
    return max(2, int(value) // 2 * 2)
