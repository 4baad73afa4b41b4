"""Sound that keeps to its own times, the same for renditions and captions."""

from __future__ import annotations

from typing import Final

SOUND_IN_SYNC: Final = "aresample=async=1:min_hard_comp=0.010:first_pts=0"
"""ffmpeg's filter after which a sample's place is its time.

It puts silence before sound that comes late and into gaps, and drops what overlaps, wherever 10 ms
or more have come together; by itself it would take 100 ms. Less is left alone: times are rounded
to milliseconds in Matroska.
"""
