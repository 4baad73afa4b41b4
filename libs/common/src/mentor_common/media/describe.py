"""From ffprobe's words to a `Source`."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from mentor_common.media.source import Source

if TYPE_CHECKING:
    from mentor_common.media.packets import PacketScan, StreamPackets

_ALPHA_FORMATS: Final = ("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya8", "ya16", "pal8")
_QUARTER: Final = 90
_TURN_TOLERANCE: Final = 1.0  # degrees; ffmpeg's own for turning by quarters
_SANE_ASPECT: Final = (Fraction(1, 10), Fraction(10))  # beyond it the header is taken for damaged
_RATE_AGREES: Final = Fraction(1, 10)
# A fragmented file's first frame seems early, which makes 29.79 of a constant 30.
_NOMINAL_AGREES: Final = Fraction(1, 50)
_MIN_FPS: Final = Fraction(1)


def describe(header: dict[str, Any], scan: PacketScan) -> Source | None:
    """Return what the file is, or ``None`` if there is no picture in it.

    Parameters
    ----------
    header
        ffprobe's JSON: ``format`` and ``streams``.
    scan
        The packets of the same file.
    """
    streams: list[dict[str, Any]] = header.get("streams", [])
    container: dict[str, Any] = header.get("format", {})
    video = _picture(streams, scan)
    if video is None:
        return None
    audio = _sound(streams, scan)
    origin = seconds(container.get("start_time")) or 0.0
    shown = scan.streams[video["index"]]
    heard = scan.streams[audio["index"]] if audio else None
    rotation = _rotation(video)
    aspect = _sample_aspect(video.get("sample_aspect_ratio"))
    width, height = max(1, round(video["width"] * aspect)), video["height"]
    if rotation % 180 == _QUARTER:
        width, height = height, width
    return Source(
        container="webm" if "webm" in container.get("format_name", "") else "mp4",
        duration_s=max(shown.end, heard.end if heard else -math.inf) - origin,
        video_index=video["index"],
        video_start_s=max(0.0, shown.first - origin),
        video_end_s=shown.end - origin,
        coded_width=video["width"],
        coded_height=video["height"],
        sample_aspect=aspect,
        rotation=rotation,
        display_width=width,
        display_height=height,
        fps=_fps(video, shown),
        video_codec=video["codec_name"],
        pix_fmt=video.get("pix_fmt", ""),
        has_alpha=_has_alpha(video),
        color_transfer=video.get("color_transfer"),
        audio_index=audio["index"] if audio else None,
        audio_start_s=max(0.0, heard.first - origin) if heard else None,
        audio_end_s=heard.end - origin if heard else None,
        metadata_json=_metadata(container, video, audio),
    )


def seconds(value: object) -> float | None:
    """Return one of ffprobe's times as a number; ``None`` if it is absent or no number."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _picture(streams: list[dict[str, Any]], scan: PacketScan) -> dict[str, Any] | None:
    for stream in streams:
        if (
            stream.get("codec_type") == "video"
            and "codec_name" in stream
            and not stream.get("disposition", {}).get("attached_pic")
            and stream.get("width", 0) > 0
            and stream.get("height", 0) > 0
            and stream["index"] in scan.streams
        ):
            return stream
    return None


def _sound(streams: list[dict[str, Any]], scan: PacketScan) -> dict[str, Any] | None:
    """Return the first sound that can be decoded and has packets.

    A browser without a microphone writes an empty track, a phone one in a codec only it knows.
    """
    for stream in streams:
        if (
            stream.get("codec_type") == "audio"
            and "codec_name" in stream
            and stream.get("channels", 0) > 0
            and stream["index"] in scan.streams
        ):
            return stream
    return None


def _rotation(video: dict[str, Any]) -> int:
    for data in video.get("side_data_list", []):
        turn = seconds(data.get("rotation"))
        if turn is not None:
            nearest = round(turn / _QUARTER) * _QUARTER
            return nearest % 360 if abs(turn - nearest) < _TURN_TOLERANCE else 0
    return 0


def _sample_aspect(text: object) -> Fraction:
    aspect = _ratio(text, ":")
    if aspect is None or not _SANE_ASPECT[0] <= aspect <= _SANE_ASPECT[1]:
        return Fraction(1)
    return aspect


def _fps(video: dict[str, Any], packets: StreamPackets) -> Fraction:
    """Return the average rate: the header's exact one where the packets bear it out.

    WebM often states no rate, or that of its clock (1000); VP8 adds packets that show nothing.
    """
    measured = packets.rate
    if measured is None:
        return _MIN_FPS
    for name, slack in (("r_frame_rate", _NOMINAL_AGREES), ("avg_frame_rate", _RATE_AGREES)):
        stated = _ratio(video.get(name), "/")
        if stated and abs(stated - measured) <= measured * slack:
            return max(_MIN_FPS, stated)
    return max(_MIN_FPS, measured)


def _ratio(text: object, separator: str) -> Fraction | None:
    above, _, below = str(text).partition(separator)
    if not (above.isdigit() and below.isdigit()) or int(above) == 0 or int(below) == 0:
        return None
    return Fraction(int(above), int(below))


def _has_alpha(video: dict[str, Any]) -> bool:
    tags = {name.lower(): value for name, value in video.get("tags", {}).items()}
    return tags.get("alpha_mode") == "1" or video.get("pix_fmt", "").startswith(_ALPHA_FORMATS)


def _metadata(
    container: dict[str, Any], video: dict[str, Any], audio: dict[str, Any] | None
) -> str:
    streams = [video, audio] if audio else [video]
    return json.dumps({"format": container, "streams": streams}, separators=(",", ":"))
