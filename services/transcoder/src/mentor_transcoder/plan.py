"""Plan of the renditions of one source."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from mentor_common.media import within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mentor_common.media import Channel, Source, Span
    from mentor_transcoder.complexity import Quality
    from mentor_transcoder.geometry import Frame
    from mentor_transcoder.job import Profile
    from mentor_transcoder.standard import Copy

RenditionName = Literal["web", "mobile"]

MAX_FPS: Final = Fraction(30)
MIN_FPS: Final = Fraction(15)
_ABOUT_MIN: Final = MIN_FPS * Fraction(19, 20)
_REGULAR: Final = 0.5  # length of the mean of the frames' phases: 1 for a constant rate
_MIN_SOUND_S: Final = 0.1  # less than this may come out as no packet at all
# ffmpeg's own decoders of these drop the transparency; those of libvpx keep it.
_ALPHA_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


@dataclass(frozen=True)
class Plan:
    """Plan of the renditions of one source.

    Parameters
    ----------
    span
        The part to show.
    frames
        Crop and size of each rendition.
    transparent
        Make a WebM with transparency beside each MP4.
    channel
        The one channel of the sound that goes on both sides; ``None`` to take them as they are.
    thumbnail_at_s
        Moment of the thumbnail, seconds of the span; ``None`` while it is open.
    copy
        The stored pictures that are the web rendition; ``None`` to encode it.
    web_quality
        How to encode the web rendition; ``None`` for the profile's own setting.
    """

    path: Path
    source: Source
    span: Span
    frames: Mapping[RenditionName, Frame]
    profile: Profile
    transparent: bool = False
    channel: Channel | None = None
    thumbnail_at_s: float | None = None
    copy: Copy | None = None
    web_quality: Quality | None = None

    @property
    def fps(self) -> Fraction:
        """Constant frame rate of the renditions: the source's within the span, at most 30.

        A slower source has each frame repeated equally often, up to at least 15 a second: a trim
        then ends where it should, and a slow stretch before or after a fast one loses nothing.
        """
        rate = self.source.rate_within(self.span)
        if rate < _ABOUT_MIN:
            return rate * math.ceil(MIN_FPS / rate)
        return min(MAX_FPS, max(MIN_FPS, rate))

    @property
    def picture_shift_s(self) -> float:
        """Seconds by which the constant rate makes the picture late; at most half a frame.

        Frames that come regularly, but between the ticks of the constant rate, are all moved the
        same way. The sound has to be moved along. 0 where they come at any moment.
        """
        times = within(self.source.frame_times, self.span.start, self.span.end)
        rate = float(self.fps)
        turns = (cmath.rect(1, math.tau * rate * (time - self.span.start)) for time in times)
        mean = sum(turns, 0j) / max(1, len(times))
        return -cmath.phase(mean) / math.tau / rate if abs(mean) > _REGULAR else 0.0

    @property
    def has_sound(self) -> bool:
        """True if the renditions get a sound track: the source's reaches into the span."""
        start, end = self.source.audio_start_s, self.source.audio_end_s
        return (
            start is not None and end is not None and self.span.overlap(start, end) > _MIN_SOUND_S
        )

    @property
    def picture_s(self) -> float:
        """Seconds of a rendition in which it has a picture.

        Where the sound begins first, the first picture stands until its time has come.
        """
        return self.span.overlap(0.0, self.source.video_end_s)

    @property
    def length_s(self) -> float:
        """Seconds a rendition should last: to the end of picture or sound within the span."""
        end = self.source.video_end_s
        if self.has_sound and self.source.audio_end_s is not None:
            end = max(end, self.source.audio_end_s)
        return min(end, self.span.end) - self.span.start

    def without_sound(self) -> Plan:
        """Return the same plan for a source whose sound is of no use."""
        mute = replace(
            self.source,
            audio_index=None,
            audio_start_s=None,
            audio_end_s=None,
            audio_channels=None,
            sound_damaged=True,
        )
        return replace(self, source=mute)

    @property
    def decoder(self) -> str | None:
        """Name of the decoder that must be used; ``None`` leaves it to ffmpeg."""
        if self.transparent and self.source.has_alpha:
            return _ALPHA_DECODERS.get(self.source.video_codec)
        return None


def wants_transparent(source: Source, *, is_vbg_video: bool) -> bool:
    """Return whether a source gets WebM renditions with transparency beside the MP4 ones.

    What the bytes hold decides. A recording before a virtual background is VP9 and is shown by
    players as such even where this take of it happens to be opaque.
    """
    if source.video_codec not in _ALPHA_DECODERS:
        return False
    return source.has_alpha or (is_vbg_video and source.video_codec == "vp9")
