"""Labels of colour for pictures that are made for a test."""

from __future__ import annotations

from typing import Final

BT709: Final = (
    *("-color_range", "tv", "-colorspace", "bt709"),
    *("-color_primaries", "bt709", "-color_trc", "bt709"),
)
"""ffmpeg's output options for a picture in the colours of the renditions.

Without them a small picture counts as BT.601, and the conversion of its pixels takes two thirds of
its encoding.
"""
