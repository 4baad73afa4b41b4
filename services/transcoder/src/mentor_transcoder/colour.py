"""Filters that convert every picture to the colours the renditions are tagged with.

A rendition is BT.709 in video range (ITU-R BT.709-6, 16 to 235) and says so; a thumbnail is BT.601
in full range, which is what JPEG means without saying it (ITU-T T.871).

Of primaries only the wide gamuts are converted. What is labelled SMPTE 170M or BT.470 BG comes
from cameras of today with BT.709's primaries and an old label, and Chromium shows it unconverted.
Nor is the transfer curve of standard dynamic range: players take all of them for the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mentor_common.media import Source

TAGS: Final = {
    "color_range": "tv",
    "color_space": "bt709",
    "color_transfer": "bt709",
    "color_primaries": "bt709",
}
"""ffprobe's names and values of the colours of a rendition."""

TAGGED: Final = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
"""The filter that labels frames with `TAGS`, for the encoders to write into the file."""

# Without these flags swscale is 4 of 255 off.
_EXACT: Final = "flags=accurate_rnd+full_chroma_int"
TO_JPEG: Final = f"scale=out_color_matrix=bt601:out_range=pc:{_EXACT},format=yuvj420p"
"""The filters from a rendition's colours to a JPEG's."""

_RGB: Final = re.compile("rgb|bgr|gbr|pal8|xyz|bayer")
_FULL_RANGE: Final = re.compile("yuvj|gray|ya|mono")  # where the file does not state the range
_HDR_TRANSFERS: Final = frozenset({"smpte2084", "arib-std-b67"})
_WIDE: Final = frozenset({"bt2020", "smpte431", "smpte432"})
_BT2020: Final = frozenset({"bt2020nc", "bt2020c"})
_BY_SWSCALE: Final = frozenset({"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc"})
_PLANES_OF_COLORSPACE: Final = re.compile("yuv4(20|22|44)p(10le|12le)?$")
_SHOWN_AS_LABELLED: Final = frozenset({"bt709", "bt470bg", "smpte170m"})
_HD_HEIGHT: Final = 720


def is_rgb(source: Source) -> bool:
    """Return whether the picture is stored as red, green and blue."""
    return _RGB.search(source.pix_fmt) is not None


def label_filters(source: Source) -> tuple[str, ...]:
    """Return the filter that gives frames the matrix `to_bt709` starts from; none without need.

    libvpx's decoders leave out labels that ffmpeg's own write.
    """
    if is_rgb(source) or not to_bt709(source):
        return ()
    return (f"setparams=colorspace={_matrix(source)}",)


def to_bt709(source: Source) -> tuple[str, ...]:
    """Return the filters that convert a picture to `TAGS`; none where it is that already.

    They come after the scale, for there are fewer pixels then. The pixel format stays open, so
    that transparency survives.
    """
    if source.color_transfer in _HDR_TRANSFERS:
        return _tone_mapped(source)
    rgb, matrix, primaries = is_rgb(source), _matrix(source), _primaries(source)
    if primaries in _WIDE or (not rgb and matrix not in _BY_SWSCALE):
        # Out and in by the same curve. zimg takes all but sRGB's for that of a display (BT.1886).
        curve = "iec61966-2-1" if source.color_transfer == "iec61966-2-1" else "bt709"
        return (f"zscale=pin={primaries}:tin={curve}:p=bt709:t={curve}:m=bt709:r=tv",)
    if not rgb and matrix == "bt709" and not _is_full_range(source):
        return ()
    if _PLANES_OF_COLORSPACE.match(source.pix_fmt) and not source.has_alpha:
        # The same curve and primaries on both sides leave the matrix and the range: by vector
        # instructions, in a twentieth of swscale's time.
        inlet = "irange=pc" if _is_full_range(source) else "irange=tv"
        alike = "trc=bt709:itrc=bt709:primaries=bt709:iprimaries=bt709"
        return (f"colorspace=ispace={matrix}:{inlet}:space=bt709:range=tv:{alike}",)
    return (f"scale=out_color_matrix=bt709:out_range=tv:{_EXACT}",)


def stated(source: Source) -> dict[str, str | None]:
    """Return the colours that a file states of its picture, by the names in `TAGS`."""
    return {name: getattr(source, name) for name in TAGS}


def not_standard(source: Source) -> str | None:
    """Return why players may show a picture's colours wrongly, in few words; ``None`` if none do.

    BT.601 is shown as it is labelled, by all of them.
    """
    if source.color_transfer in _HDR_TRANSFERS:
        return "HDR"
    if _primaries(source) in _WIDE:
        return "wide gamut"
    if _is_full_range(source):
        return "full range"
    return None if _matrix(source) in _SHOWN_AS_LABELLED else "colours"


def _tone_mapped(source: Source) -> tuple[str, ...]:
    """Return the way from high dynamic range into an ordinary picture.

    203 cd/m2 is what ITU-R BT.2408 gives to white paper. Where the file does not say more, its
    colours are those that this transfer curve is used with.
    """
    pin = source.color_primaries or "bt2020"
    return (
        f"zscale=tin={source.color_transfer}:pin={pin}:t=linear:npl=203",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:desat=0",
        "zscale=t=bt709:m=bt709:r=tv",
    )


def _matrix(source: Source) -> str:
    """Return the matrix a picture in Y'CbCr is stored by.

    Without a label Chromium and Firefox take BT.601 below 720 lines and BT.709 from there on.
    """
    if source.color_space is not None and source.color_space != "gbr":
        return source.color_space
    if source.color_transfer in _HDR_TRANSFERS:
        return "bt2020nc"
    return "bt709" if source.coded_height >= _HD_HEIGHT else "smpte170m"


def _primaries(source: Source) -> str:
    if source.color_primaries is not None:
        return source.color_primaries
    # VP9 has a label for the matrix alone.
    return "bt2020" if source.color_space in _BT2020 else "bt709"


def _is_full_range(source: Source) -> bool:
    if source.color_range is not None:
        return source.color_range == "pc"
    return _FULL_RANGE.match(source.pix_fmt) is not None
