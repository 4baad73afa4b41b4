"""Dolby Vision's configuration record: whether the picture underneath it can be shown alone.

Source: "Dolby Vision Streams Within the ISO Base Media File Format", version 2.2, section 3.1 (the
boxes ``dvcC``, ``dvvC`` and ``dvwC``), and "Dolby Vision Profiles and Levels", version 1.4.
"""

from __future__ import annotations

from typing import Any, Final

_ITSELF_ONLY: Final = frozenset({5})
# Newer profiles come in both kinds; the record's compatibility id says which.
_BY_COMPATIBILITY: Final = frozenset({10, 20})
_BASE_TRANSFERS: Final = {1: "smpte2084", 4: "arib-std-b67", 6: "smpte2084"}


def undecodable_profile(video: dict[str, Any]) -> int | None:
    """Return the profile of a picture that is nothing without Dolby Vision's own decoder.

    Its base layer is in IPT with the PQ curve, in a shape that changes from scene to scene: an
    ordinary decoder shows green and violet. ``None`` for profiles with a base layer in HDR10, HLG
    or SDR, and without Dolby Vision. ``video`` is a stream as ffprobe shows it.
    """
    profile, compatibility = _record(video)
    if profile in _ITSELF_ONLY or (profile in _BY_COMPATIBILITY and compatibility == 0):
        return profile
    return None


def base_transfer(video: dict[str, Any]) -> str | None:
    """Return the transfer curve that the record promises for the base layer.

    Some files leave it out of the picture's own labels. ``None`` for SDR and without a record.
    """
    _, compatibility = _record(video)
    return _BASE_TRANSFERS.get(compatibility or 0)


def _record(video: dict[str, Any]) -> tuple[int | None, int | None]:
    for data in video.get("side_data_list", []):
        if "dv_profile" in data:
            return int(data["dv_profile"]), int(data.get("dv_bl_signal_compatibility_id", 0))
    return None, None
