"""Conversion of ffprobe's output to a `Source`."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from mentor_common.media import dolby_vision
from mentor_common.media.cadence import typical_rate
from mentor_common.media.source import Source
from mentor_common.media.tracks import choose_picture, choose_sound, sound_tracks

if TYPE_CHECKING:
    from collections.abc import Collection

    from mentor_common.media.packets import PacketScan

_ALPHA_FORMATS: Final = ("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya8", "ya16", "pal8")
_QUARTER: Final = 90
_TURN_TOLERANCE: Final = 1.0  # degrees; ffmpeg's own for turning by quarters
_SANE_ASPECT: Final = (Fraction(1, 10), Fraction(10))  # beyond it the header is taken for damaged
_UNSTATED: Final = frozenset({"unknown", "unspecified", "reserved"})


def describe(
    header: dict[str, Any], scan: PacketScan, silent: Collection[int] = ()
) -> Source | None:
    """Return the description of a file, or ``None`` if there is no picture in it.

    Parameters
    ----------
    header
        ffprobe's JSON: ``format`` and ``streams``.
    scan
        The packets of the same file.
    silent
        Indices of sound tracks that are silent.
    """
    streams: list[dict[str, Any]] = header.get("streams", [])
    container: dict[str, Any] = header.get("format", {})
    video = choose_picture(streams, scan)
    if video is None:
        return None
    audio = choose_sound(sound_tracks(streams, scan), silent)
    origin = seconds(container.get("start_time")) or 0.0
    picture = scan.streams[video["index"]]
    sound = scan.streams[audio["index"]] if audio else None
    rotation = _rotation(video)
    aspect = _sample_aspect(video.get("sample_aspect_ratio"))
    times = tuple(sorted(time - origin for time in picture.times))
    return Source(
        container="webm" if "webm" in container.get("format_name", "") else "mp4",
        duration_s=max(picture.end, sound.end if sound else -math.inf) - origin,
        video_index=video["index"],
        video_start_s=max(0.0, picture.first - origin),
        video_end_s=picture.end - origin,
        coded_width=video["width"],
        coded_height=video["height"],
        sample_aspect=aspect,
        rotation=rotation,
        fps=typical_rate(times, _stated_rates(video)),
        frame_times=times,
        video_codec=video["codec_name"],
        pix_fmt=video.get("pix_fmt", ""),
        has_alpha=_has_alpha(video),
        color_transfer=_stated(video, "color_transfer") or dolby_vision.base_transfer(video),
        audio_index=audio["index"] if audio else None,
        audio_start_s=max(0.0, sound.first - origin) if sound else None,
        audio_end_s=sound.end - origin if sound else None,
        audio_channels=audio["channels"] if audio else None,
        metadata_json=_metadata(container, video, audio),
        color_space=_stated(video, "color_space"),
        color_primaries=_stated(video, "color_primaries"),
        color_range=_stated(video, "color_range"),
        field_order=_stated(video, "field_order"),
        video_profile=_stated(video, "profile"),
        has_display_matrix=any("rotation" in data for data in video.get("side_data_list", [])),
        audio_codec=audio["codec_name"] if audio else None,
        audio_profile=_stated(audio, "profile") if audio else None,
        origin_s=origin,
        picture_packets=picture,
        sound_packets=sound,
        hidden_pictures=scan.hidden[video["index"]],
        hidden_sounds=scan.hidden[audio["index"]] if audio else 0,
        undecodable_dolby_vision_profile=dolby_vision.undecodable_profile(video),
    )


def seconds(value: object) -> float | None:
    """Return one of ffprobe's times as a number; ``None`` if it is absent or no number."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


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


def _stated_rates(video: dict[str, Any]) -> list[Fraction]:
    """Return the rates that the header claims; WebM often none, or that of its clock (1000)."""
    rates = (_ratio(video.get(name), "/") for name in ("r_frame_rate", "avg_frame_rate"))
    return [rate for rate in rates if rate]


def _ratio(text: object, separator: str) -> Fraction | None:
    above, _, below = str(text).partition(separator)
    if not (above.isdigit() and below.isdigit()) or int(above) == 0 or int(below) == 0:
        return None
    return Fraction(int(above), int(below))


def _stated(video: dict[str, Any], name: str) -> str | None:
    value = video.get(name)
    return None if value in _UNSTATED else value


def _has_alpha(video: dict[str, Any]) -> bool:
    tags = {name.lower(): value for name, value in video.get("tags", {}).items()}
    return tags.get("alpha_mode") == "1" or video.get("pix_fmt", "").startswith(_ALPHA_FORMATS)


def _metadata(
    container: dict[str, Any], video: dict[str, Any], audio: dict[str, Any] | None
) -> str:
    streams = [video, audio] if audio else [video]
    return json.dumps({"format": container, "streams": streams}, separators=(",", ":"))
