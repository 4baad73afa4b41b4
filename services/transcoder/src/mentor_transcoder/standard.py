"""Whether a source is standard input: its stored pictures are the web rendition as they are.

Pure: everything is decided from what the probe has found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from mentor_common.media import Span
from mentor_transcoder import colour
from mentor_transcoder.complexity import WEB_CAP
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.media import Source, StreamPackets
    from mentor_transcoder.key_frames import KeyFrames
    from mentor_transcoder.plan import Plan

_PROFILES: Final = frozenset(
    {"Constrained Baseline", "Baseline", "Main", "High", "Constrained High", "Progressive High"}
)
_LONGEST_GROUP_S: Final = 10.0
_MAX_FPS: Final = Fraction(60)
_NEAR: Final = 1.01  # what rounding to milliseconds makes of a rate
_LONGEST_GAP_S: Final = 0.5
_PEAK_WINDOW_S: Final = 2.0  # as its ``bufsize``
_IN_SYNC_S: Final = 0.02
_SAME_MOMENT_S: Final = 0.002  # more than rounding to milliseconds makes, less than a frame lasts
_PRIMING_PACKETS: Final = 3  # an encoder's delay of 2112 samples at most (Apple, TN2258)
_STEREO: Final = 2
_SOUND_GAP_S: Final = 0.010  # as in `SOUND_IN_SYNC`


@dataclass(frozen=True)
class Copy:
    """The stored pictures that are the web rendition as they are.

    Parameters
    ----------
    times
        When each is shown, seconds of the span, in the order of decoding. The first one stands
        from the beginning.
    ends_early
        Whether pictures follow in the source that the span leaves out.
    sound
        Whether the sound is copied too.
    """

    times: tuple[float, ...]
    ends_early: bool = False
    sound: bool = False


class _NotStandardError(Exception):
    """The source has to be encoded; the text says why, in few words."""


def decide(plan: Plan, key_frames: KeyFrames | None) -> tuple[Plan, str | None]:
    """Return the plan, with the copy in it where one will do, or else why it is encoded.

    The span of a copy begins with its first picture.

    Parameters
    ----------
    plan
        A plan to encode, with its channel chosen.
    key_frames
        What `read_key_frames` returned; ``None`` where the picture is no H.264.

    Returns
    -------
    tuple of Plan and str or None
        Few words for people, as ``1080p`` or ``open groups``; ``None`` for a copy.
    """
    try:
        _check_profile(plan)
        _check_coding(plan.source)
        _check_shape(plan)
        packets = _whole_packets(plan.source)
        return _copying(plan, packets, key_frames), None
    except _NotStandardError as why:
        return plan, str(why)


def _check_profile(plan: Plan) -> None:
    if plan.profile is Profile.COMPAT:
        raise _NotStandardError("profile compat")
    if plan.transparent:
        raise _NotStandardError("transparency")


def _check_coding(source: Source) -> None:
    if source.video_codec != "h264":
        raise _NotStandardError(source.video_codec)
    if source.pix_fmt != "yuv420p":
        raise _NotStandardError("full range" if source.pix_fmt == "yuvj420p" else source.pix_fmt)
    if source.video_profile not in _PROFILES:
        raise _NotStandardError(f"profile {source.video_profile}")
    if source.field_order != "progressive":
        raise _NotStandardError("interlaced")
    if reason := colour.not_standard(source):
        raise _NotStandardError(reason)


def _whole_packets(source: Source) -> StreamPackets:
    """Return the packets of a picture that shows all that is stored, in one size."""
    packets = source.picture_packets
    if packets is None:
        raise _NotStandardError("damaged")
    if source.hidden_pictures:
        raise _NotStandardError("hidden pictures")
    if packets.reconfigured or len(source.sizes) > 1:
        raise _NotStandardError("changing size")
    if packets.count > len(packets.times):
        raise _NotStandardError("too many pictures")
    return packets


def _check_shape(plan: Plan) -> None:
    web, source = plan.frames["web"], plan.source
    if source.has_display_matrix or source.rotation:
        raise _NotStandardError("rotated")
    if source.sample_aspect != 1:
        raise _NotStandardError("pixels not square")
    if (web.width, web.height) == (source.coded_width, source.coded_height):
        return
    is_larger = source.coded_height > web.height
    size = f"{source.coded_width}x{source.coded_height}"
    raise _NotStandardError(f"{source.coded_height}p" if is_larger and _is_wide(source) else size)


def _is_wide(source: Source) -> bool:
    return abs(Fraction(source.coded_width, source.coded_height) - Fraction(16, 9)) < Fraction(
        1, 50
    )


def _copying(plan: Plan, packets: StreamPackets, key_frames: KeyFrames | None) -> Plan:
    origin = plan.source.origin_s
    times = [time - origin for time in packets.times]
    first, stop = _copied_packets(plan, times, packets)
    span = (
        Span(times[first], plan.span.end - times[first]) if first or plan.span.start else plan.span
    )
    shown = [time - span.start for time in times[first:stop]]
    if shown[0] > _LONGEST_GAP_S:
        raise _NotStandardError("picture begins late")
    _check_groups(shown, first, packets, key_frames, span.length)
    plan = replace(plan, span=span)
    _check_cadence(plan, shown)
    _check_bit_rate(shown, packets.sizes[first:stop])
    shown[0] = 0.0
    ends_early = stop < len(times)
    sound = plan.has_sound and span == Span(0.0, plan.source.duration_s) and copies_sound(plan)
    return replace(plan, copy=Copy(tuple(shown), ends_early=ends_early, sound=sound))


def _copied_packets(plan: Plan, times: Sequence[float], packets: StreamPackets) -> tuple[int, int]:
    """Return the first packet of the span and the one after its last, in the order of decoding."""
    span = plan.span
    frame_s = 1 / float(plan.source.rate_within(span))
    first = 0
    if span.start > 0:
        near = [
            number for number in packets.key_numbers if abs(times[number] - span.start) < frame_s
        ]
        if not near:
            raise _NotStandardError("trim begins between key frames")
        first = min(near, key=lambda number: abs(times[number] - span.start))
        # ffmpeg seeks in Matroska by the order of decoding, and lands on an earlier group.
        if plan.source.container == "webm" and list(times) != sorted(times):
            raise _NotStandardError("trim of reordered pictures in Matroska")
    elif 0 not in packets.key_numbers:
        raise _NotStandardError("begins without a key frame")
    ends = [
        number for number in range(first, len(times)) if times[number] >= span.end - _SAME_MOMENT_S
    ]
    stop = ends[0] if ends else len(times)
    if len(ends) != len(times) - stop:
        raise _NotStandardError("trim ends between reordered pictures")
    return first, stop


def _check_groups(
    shown: Sequence[float],
    first: int,
    packets: StreamPackets,
    key_frames: KeyFrames | None,
    length_s: float,
) -> None:
    if key_frames is None:
        raise _NotStandardError("unknown key frames")
    if not key_frames.alike:
        raise _NotStandardError("changing parameter sets")
    keys = {number - first for number in packets.key_numbers} & set(range(len(shown)))
    idr = dict(zip(packets.key_numbers, key_frames.idr, strict=True))
    if not all(idr[number + first] for number in keys) or _has_leading_pictures(shown, keys):
        raise _NotStandardError("open groups")
    begins = [*(shown[number] for number in sorted(keys)), length_s]
    if any(after - before > _LONGEST_GROUP_S * _NEAR for before, after in pairwise(begins)):
        raise _NotStandardError("long groups")


def _has_leading_pictures(shown: Sequence[float], keys: set[int]) -> bool:
    """Return whether a picture is decoded after a key frame and shown before it."""
    key_at = 0.0
    for number, at in enumerate(shown):
        if number in keys:
            key_at = at
        elif at < key_at:
            return True
    return False


def _check_cadence(plan: Plan, shown: Sequence[float]) -> None:
    rate = plan.source.rate_within(plan.span)
    if rate > _MAX_FPS * Fraction(_NEAR):
        raise _NotStandardError(f"{float(rate):.4g} frames a second")
    gaps = [after - before for before, after in pairwise(sorted(shown))]
    if any(gap <= 0 for gap in gaps):
        raise _NotStandardError("two pictures at once")
    if any(gap > _LONGEST_GAP_S for gap in gaps):
        raise _NotStandardError("gaps")
    # Mobile's sound is the same, and its picture is moved to a constant rate.
    if abs(plan.picture_shift_s) > _IN_SYNC_S:
        raise _NotStandardError("pictures between ticks")


def _check_bit_rate(shown: Sequence[float], sizes: Sequence[int]) -> None:
    length_s = max(max(shown) - min(shown), _LONGEST_GAP_S)
    if 8 * sum(sizes) > WEB_CAP * length_s * len(shown) / max(1, len(shown) - 1):
        raise _NotStandardError("bit rate")
    if 8 * max(_bytes_in_windows(shown, sizes)) > WEB_CAP * _PEAK_WINDOW_S:
        raise _NotStandardError("peak bit rate")


def _bytes_in_windows(shown: Sequence[float], sizes: Sequence[int]) -> Iterator[int]:
    """Yield the bytes of the window that ends with each picture, in the order of time."""
    ordered = sorted(zip(shown, sizes, strict=True))
    inside, oldest = 0, 0
    for at, size in ordered:
        inside += size
        while ordered[oldest][0] <= at - _PEAK_WINDOW_S:
            inside -= ordered[oldest][1]
            oldest += 1
        yield inside


def copies_sound(plan: Plan) -> bool:
    """Return whether the sound of a whole source is a rendition's as it is.

    Elsewhere it is encoded: frames of AAC reach over a trim, and only what MP4 stores has exact
    times.
    """
    source = plan.source
    packets, start = source.sound_packets, source.audio_start_s
    if packets is None or start is None or plan.channel is not None:
        return False
    if (source.container, source.audio_codec, source.audio_profile) != ("mp4", "aac", "LC"):
        return False
    if (source.audio_channels or 0) not in range(1, _STEREO + 1) or packets.reconfigured:
        return False
    gaps = [after - before for before, after in pairwise(packets.times)]
    usual = median(gaps) if gaps else 0.0
    return (
        start < _SAME_MOMENT_S
        and source.hidden_sounds <= _PRIMING_PACKETS
        and all(abs(gap - usual) < _SOUND_GAP_S for gap in gaps)
    )
