"""Pictures that clients send: looked at, decoded, and written anew, in a process of its own.

What is stored is never what was sent: a picture is decoded and encoded again, so that it is what
its content type says, without metadata (a phone writes where it was taken) and without anything
that hides behind it. The process that does it is `mentor_api.pictures.worker`.
"""

from __future__ import annotations

import contextlib
import io
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mentor_api.pictures.outcome import (
    Picture,
    damaged,
    only_png_jpeg,
    too_demanding,
    too_many_pixels,
)
from mentor_api.pictures.scans import count_scans

_FORMATS: Final = ("PNG", "JPEG")
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_JPEG_QUALITY: Final = 90
_GREY: Final = frozenset({"1", "L", "I", "I;16", "I;16B"})
_MOST_SCANS: Final = 64  # encoders write ten; each one goes over the whole picture again


def read_picture(raw: bytes, max_pixels: int) -> Picture:
    """Decode a PNG or JPEG, turn it upright, and encode it anew without metadata.

    Parameters
    ----------
    raw
        The file; its name and declared type are ignored.
    max_pixels
        Width times height that is still decoded.

    Raises
    ------
    Problem
        415 for any other kind of file, 400 for a damaged one or one that is too much work, 413
        for too many pixels.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise too_many_pixels(max_pixels)
            if image.format != "PNG" and count_scans(raw) > _MOST_SCANS:
                raise too_demanding()
            image.load()
            return _encoded(_upright(image), jpeg=image.format != "PNG")
    except UnidentifiedImageError:
        raise only_png_jpeg() from None
    except _BOMBS:
        raise too_many_pixels(max_pixels) from None
    except (OSError, SyntaxError, ValueError, EOFError):  # what Pillow's decoders raise
        raise damaged() from None
    except MemoryError:
        raise too_demanding() from None


def _upright(image: Image.Image) -> Image.Image:
    """Apply what the metadata say about orientation and colours, since they are dropped."""
    ImageOps.exif_transpose(image, in_place=True)
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA"}:
        # A broken profile is passed over, as viewers do.
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), inPlace=True)
    return image


def _encoded(image: Image.Image, *, jpeg: bool) -> Picture:
    target = io.BytesIO()
    if jpeg:
        plain = image if image.mode == "L" else _as(image, "RGB")
        _without_metadata(plain).save(target, "JPEG", quality=_JPEG_QUALITY, progressive=True)
        return Picture(target.getvalue(), ".jpg")
    if image.has_transparency_data:
        plain = _as(image, "RGBA")
    elif image.mode in _GREY:
        plain = _grey(image)
    else:
        plain = _as(image, "RGB")
    _without_metadata(plain).save(target, "PNG")
    return Picture(target.getvalue(), ".png")


def _as(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")  # 16 bits to 8
    return image.convert("L")


def _without_metadata(image: Image.Image) -> Image.Image:
    image.info.clear()
    return image
