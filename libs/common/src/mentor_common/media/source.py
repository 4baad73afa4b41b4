"""Description of a video that has passed the gate, and the limits it has to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from mentor_common.errors import PermanentError
from mentor_common.media.cadence import typical_rate, within
from mentor_common.media.guard import MAX_PIXELS
from mentor_common.media.sizes import PictureSize, lasting_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from mentor_common.media.packets import StreamPackets
    from mentor_common.media.span import Span

_QUARTER: Final = 90


@dataclass(frozen=True)
class Limits:
    """Limits on size and length of an upload.

    Parameters
    ----------
    max_pixels
        Largest coded picture, width x height. Cannot be raised above ``guard.MAX_PIXELS``, which
        the tools enforce themselves.
    max_duration_s, min_duration_s
        Longest upload and shortest picture, seconds.
    max_bytes
        Largest file.
    """

    max_pixels: int = MAX_PIXELS
    max_duration_s: float = 1200.0
    min_duration_s: float = 1.0
    max_bytes: int = 4 << 30

    def admit(self, size_bytes: int) -> None:
        """Refuse a file that is too large, before it is fetched.

        Raises
        ------
        PermanentError
            ``too_large``.
        """
        if size_bytes > self.max_bytes:
            raise PermanentError(
                "too_large",
                f"The file has {size_bytes >> 20} MB; at most {self.max_bytes >> 20} MB are"
                " allowed. Export the video smaller, or record a shorter one.",
                megabytes=size_bytes >> 20,
                most=self.max_bytes >> 20,
            )


@dataclass(frozen=True)
class Source:
    """An upload that has passed the gate. All times are seconds from where its playback begins.

    Parameters
    ----------
    container
        The file name extension it is to be stored with.
    duration_s
        End of its last packet, of picture or of sound; measured, not what the header says.
    video_index
        Absolute index of the picture's stream (``0:<index>`` for ffmpeg).
    video_start_s, video_end_s
        When there is a picture.
    coded_width, coded_height
        Size of the stored picture, pixels.
    sample_aspect
        Width of a stored pixel divided by its height.
    rotation
        Degrees by which ffmpeg's display matrix turns the picture: 0, 90, 180 or 270 (counted
        anticlockwise; a turn that is not one of these counts as 0).
    sizes
        Sizes of the stored picture from some moment on, where it changes; empty where it does not,
        or where that is not known.
    fps
        Frames per second while the picture moves.
    frame_times
        When each frame is shown, ascending.
    video_codec, pix_fmt
        ffmpeg's names; ``pix_fmt`` is empty where ffprobe does not know it.
    field_order
        ffmpeg's name of how fields make up the frames: ``progressive``, or interlaced ``tt``,
        ``bb``, ``tb`` or ``bt`` (first letter: which field is of the earlier moment, top or
        bottom); ``None`` if not stated.
    has_alpha
        Whether the picture carries transparency.
    color_transfer, color_space, color_primaries, color_range
        ffmpeg's names of transfer curve, matrix, primaries and range (``bt709``, ``smpte2084``,
        ``tv`` …), each ``None`` if not stated.
    video_profile
        ffmpeg's name of the profile that the picture is encoded to; ``None`` if not stated.
    has_display_matrix
        Whether the file has the picture turned or mirrored.
    audio_codec, audio_profile
        ffmpeg's names; ``None`` without any sound, or where not stated.
    origin_s
        When playback begins, seconds of the file's own time: what its packets are counted in.
    picture_packets, sound_packets
        The packets that are shown; ``None`` where these cannot be had from the file itself.
    hidden_pictures, hidden_sounds
        How many packets of these streams are not shown.
    undecodable_dolby_vision_profile
        Dolby Vision's profile if its picture cannot be shown without Dolby Vision's own decoder,
        ``None`` for all other pictures.
    audio_index
        Absolute index of the sound's stream; ``None`` without any sound.
    audio_start_s, audio_end_s
        When there is sound; ``None`` without any.
    audio_channels
        Of that sound; ``None`` without any, or where it is not known.
    sound_damaged
        There is sound that cannot be decoded; the ``audio_`` fields are then ``None``.
    metadata_json
        Compact JSON of ffprobe's view of container, picture and sound. Without tags, so without
        the place where it was filmed.
    """

    container: Literal["mp4", "webm"]
    duration_s: float
    video_index: int
    video_start_s: float
    video_end_s: float
    coded_width: int
    coded_height: int
    sample_aspect: Fraction
    rotation: int
    fps: Fraction
    video_codec: str
    pix_fmt: str
    has_alpha: bool
    color_transfer: str | None
    audio_index: int | None
    audio_start_s: float | None
    audio_end_s: float | None
    metadata_json: str
    audio_channels: int | None = None
    sound_damaged: bool = False
    frame_times: Sequence[float] = field(default=(), repr=False)
    sizes: tuple[PictureSize, ...] = ()
    color_space: str | None = None
    color_primaries: str | None = None
    color_range: str | None = None
    field_order: str | None = None
    video_profile: str | None = None
    has_display_matrix: bool = False
    audio_codec: str | None = None
    audio_profile: str | None = None
    origin_s: float = 0.0
    picture_packets: StreamPackets | None = field(default=None, repr=False)
    sound_packets: StreamPackets | None = field(default=None, repr=False)
    hidden_pictures: int = 0
    hidden_sounds: int = 0
    undecodable_dolby_vision_profile: int | None = None

    @property
    def pixel_aspect(self) -> Fraction:
        """Width of a pixel divided by its height, once the picture is turned upright."""
        return 1 / self.sample_aspect if self._is_sideways else self.sample_aspect

    @property
    def _is_sideways(self) -> bool:
        return self.rotation % 180 == _QUARTER

    def display_size(self, span: Span) -> tuple[int, int]:
        """Return width and height as a person sees them: square pixels, turned upright.

        Of a picture that changes its size this is the largest that lasts within ``span``.
        """
        size = lasting_size(self.sizes, span.start, min(span.end, self.video_end_s))
        width, height = self.coded_width, self.coded_height
        if size is not None:
            width, height = size.width, size.height
        width = max(1, round(width * self.sample_aspect))
        return (height, width) if self._is_sideways else (width, height)

    def rate_within(self, span: Span) -> Fraction:
        """Return the frames per second while the picture moves within ``span``."""
        times = within(self.frame_times, span.start, span.end)
        return typical_rate(times, [self.fps]) if len(times) > 1 else self.fps
