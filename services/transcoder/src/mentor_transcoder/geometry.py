"""The part of the picture that a rendition shows, and how large. Pure arithmetic.

The result has one size. What arrives may change its size and turn in mid-stream, so each frame is
cropped or padded by its own shape (``iw``, ``ih``): ffmpeg sets the filters up anew at a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

WEB_HEIGHT: Final = 720
MOBILE_SIDE: Final = 480
_WIDE: Final = Fraction(16, 9)
_LANDSCAPE_SIDE: Final = Fraction(3, 4)
_SQUARE_PIXELS: Final = Fraction(1)


@dataclass(frozen=True)
class Frame:
    """The size of a rendition and the way of any frame into it.

    Parameters
    ----------
    width, height
        Size of the result: even, square pixels.
    filters
        The ffmpeg filters for it, without spaces or quotes; the pixel format stays.
    """

    width: int
    height: int
    filters: str


def web(
    width: int, height: int, *, keep_aspect: bool = False, pixel_aspect: Fraction = _SQUARE_PIXELS
) -> Frame:
    """Return the frame of the web rendition: at most 720 high, never larger than the source.

    ``width`` and ``height`` are the source's on the display, ``pixel_aspect`` is the width of a
    stored pixel divided by its height. It shows the middle in 16:9, or the whole picture with
    ``keep_aspect``.
    """
    if keep_aspect:
        return _whole(width, height, WEB_HEIGHT, pixel_aspect)
    shown_width = min(Fraction(width), height * _WIDE)
    shown_height = min(Fraction(height), width / _WIDE)
    out_height = _even(min(Fraction(WEB_HEIGHT), shown_height))
    out_width = _even(min(shown_width, out_height * _WIDE + 1))
    wide = _WIDE / pixel_aspect
    return _cropped(
        out_width,
        out_height,
        f"min(iw\\,ih*{wide})",
        f"min(ih\\,iw*{wide.denominator}/{wide.numerator})",
    )


def mobile(
    width: int, height: int, *, keep_aspect: bool = False, pixel_aspect: Fraction = _SQUARE_PIXELS
) -> Frame:
    """Return the frame of the mobile rendition, of the same arguments as :func:`web`.

    It is 480 x 480: the centre of a portrait; of a landscape the middle three quarters of its
    height, where the face is. With ``keep_aspect`` it shows the whole, at most 480 high.
    """
    if keep_aspect:
        return _whole(width, height, MOBILE_SIDE, pixel_aspect)
    landscape = f"gt(iw*{pixel_aspect}\\,ih)"
    side = _LANDSCAPE_SIDE / pixel_aspect
    return _cropped(
        MOBILE_SIDE,
        MOBILE_SIDE,
        f"if({landscape}\\,ih*{side}\\,iw)",
        f"if({landscape}\\,ih*{_LANDSCAPE_SIDE}\\,iw*{pixel_aspect})",
    )


def _cropped(width: int, height: int, crop_width: str, crop_height: str) -> Frame:
    # Fractions are evaluated from left to right: a decimal one would cut 1080/3 down to 359.
    crop = f"crop=w={crop_width}:h={crop_height}"
    return Frame(width, height, f"{crop},{_scale(str(width), str(height))}")


def _whole(width: int, height: int, max_height: int, pixel_aspect: Fraction) -> Frame:
    """Return a frame without a crop; what has another shape than the source gets black bars."""
    out_height = _even(Fraction(min(height, max_height)))
    out_width = _even(min(Fraction(width), Fraction(out_height * width, height) + 1))
    ratio = Fraction(out_height, out_width)
    shape = pixel_aspect * ratio  # iw * shape / ih is 1 for a frame that fills the result
    # Rounding to even numbers alone must not make bars.
    slack = Fraction(3, min(out_width, out_height))
    fills = f"lt(abs(iw*{shape}/ih-1)\\,{slack})"
    fit_width = f"2*round({out_width}*min(1\\,iw*{shape}/ih)/2)"
    fit_height = f"2*round({out_height}*min(1\\,ih/iw/{shape.numerator}*{shape.denominator})/2)"
    scale = _scale(
        f"if({fills}\\,{out_width}\\,max(2\\,{fit_width}))",
        f"if({fills}\\,{out_height}\\,max(2\\,{fit_height}))",
    )
    return Frame(out_width, out_height, f"{scale},pad={out_width}:{out_height}:-1:-1:black@0")


def _scale(width: str, height: str) -> str:
    return f"scale={width}:{height}:flags=bicubic,setsar=1"


def _even(value: Fraction) -> int:
    """Round down to what 4:2:0 pictures can have: an even number, at least 2.

    Of a value plus one this is the even number nearest to the value.
    """
    return max(2, int(value) // 2 * 2)
