"""Input options for every file that ffmpeg or ffprobe opens.

A mentor's file is hostile until shown otherwise: a playlist named ``.mp4`` makes an unguarded
ffmpeg fetch the addresses inside it, 200 kB of H.264 can ask for gigabytes of pictures, and a
stream can ask for any of hundreds of decoders, most of which nobody has looked at for years.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIXELS: Final = 35_389_440
"""The largest picture that is decoded: 8192 x 4320."""

_PICTURE: Final = (
    *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d", "libaom-av1"),
    *("mpeg4", "h263", "mjpeg", "mpeg2video"),  # phones and cameras of before 2010
    *("prores", "dnxhd", "cfhd", "qtrle", "dvvideo"),  # editors
    "png",  # covers
)
_SOUND: Final = (
    *("aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "libvorbis", "flac", "alac"),
    *("ac3", "eac3", "mp2", "mp2float"),
    *("amrnb", "libopencore_amrnb", "amrwb", "libopencore_amrwb"),  # 3GP
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"),
    *("pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_mulaw", "pcm_alaw", "adpcm_ima_qt"),
)
_TEXT: Final = ("mov_text", "subrip", "srt", "webvtt", "ass", "ssa", "text")

DECODERS: Final = (*_PICTURE, *_SOUND, *_TEXT)
"""ffmpeg's names of the decoders that a file may ask for: what browsers, phones and the usual
editors write into MP4, QuickTime, WebM and Matroska. Of text streams none is decoded, but ffprobe
opens the decoder of each stream and gives up on the file where it may not."""

GUARD_FLAGS: Final[tuple[str, ...]] = (
    "-protocol_whitelist",
    "file,pipe",
    "-format_whitelist",
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "-codec_whitelist",
    ",".join(DECODERS),
    "-max_pixels",
    str(MAX_PIXELS),
)
"""Input options: put them before the ``-i`` (or ffprobe's file) they guard."""


def input_url(path: Path) -> str:
    """Return the name under which a tool opens ``path``.

    The explicit protocol keeps a name with a colon or a leading dash from being read as an address
    or as an option.
    """
    return f"file:{path.resolve()}"


_UNLISTED: Final = re.compile(r"Codec \(([\w-]+)\) not on whitelist")


def unlisted_decoder(stderr: str) -> str | None:
    """Return the decoder that a file asked for and may not have, by a tool's messages."""
    found = _UNLISTED.findall(stderr)
    return found[-1] if found else None
