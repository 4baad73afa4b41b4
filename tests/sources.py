"""A probed recording without a file behind it, for tests of what is decided from one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mentor_common.media import Source


def made_up_source(**changes: Any) -> Source:
    """Return six seconds of sound with five of picture, or what ``changes`` make of that."""
    fields: dict[str, Any] = {
        "container": "mp4",
        "duration_s": 6.0,
        "video_index": 0,
        "video_start_s": 0.0,
        "video_end_s": 5.0,
        "coded_width": 320,
        "coded_height": 180,
        "sample_aspect": Fraction(1),
        "rotation": 0,
        "fps": Fraction(30),
        "video_codec": "h264",
        "pix_fmt": "yuv420p",
        "has_alpha": False,
        "color_transfer": None,
        "audio_index": 1,
        "audio_start_s": 0.0,
        "audio_end_s": 6.0,
        "metadata_json": "{}",
    }
    return Source(**fields | changes)
