"""Pictures that clients send: looked at, decoded within bounds, and written anew.

What is stored is never what was sent: a picture is decoded and encoded again, so that it is what
its content type says, without metadata (a phone writes where it was taken) and without anything
that hides behind it.
"""

from __future__ import annotations

import contextlib
import io
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mentor_api.http.problems import Problem, bad_request, unsupported

_FORMATS: Final = ("PNG", "JPEG")
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_JPEG_QUALITY: Final = 90
_GREY: Final = frozenset({"1", "L", "I", "I;16", "I;16B"})
_AT_ONCE: Final = threading.Lock()  # a picture at the limit takes 200 MB while it is turned
ONLY_PNG_JPEG: Final = "only png/jpg images are accepted"


@dataclass(frozen=True)
class Picture:
    """A picture that is what it says.

    ``suffix`` is ``.png`` or ``.jpg``; the content type follows from it.
    """

    content: bytes
    suffix: str


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
        415 for any other kind of file, 400 for a damaged one, 413 for too many pixels.
    """
    if not raw:
        raise bad_request("the image file is empty")
    try:
        with _AT_ONCE, Image.open(io.BytesIO(raw), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise _too_many(max_pixels)
            image.load()
            return _encoded(_upright(image), jpeg=image.format != "PNG")
    except UnidentifiedImageError:
        raise unsupported(ONLY_PNG_JPEG) from None
    except _BOMBS:
        raise _too_many(max_pixels) from None
    except (OSError, SyntaxError, ValueError, EOFError):  # what Pillow's decoders raise
        raise bad_request("the image is damaged or cut off; save it again and retry") from None


def _too_many(max_pixels: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the image has more than {max_pixels} pixels; make it smaller",
    )


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
        plain = image if image.mode in {"L", "RGB"} else image.convert("RGB")
        _without_metadata(plain).save(target, "JPEG", quality=_JPEG_QUALITY, progressive=True)
        return Picture(target.getvalue(), ".jpg")
    if image.has_transparency_data:
        plain = image.convert("RGBA")
    elif image.mode in _GREY:
        plain = _grey(image)
    else:
        plain = image.convert("RGB")
    _without_metadata(plain).save(target, "PNG")
    return Picture(target.getvalue(), ".png")


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")  # 16 bits to 8
    return image.convert("L")


def _without_metadata(image: Image.Image) -> Image.Image:
    image.info.clear()
    return image
