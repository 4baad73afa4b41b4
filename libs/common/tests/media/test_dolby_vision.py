"""Dolby Vision without a base layer that others can show is refused by name; the rest goes on."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import inspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Clip = Callable[[str], Path]

PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


def labelled(source: Path, target: Path, entry: bytes, profile: int, compatibility: int) -> Path:
    """Write an MP4 with Dolby Vision's configuration record in its picture's sample entry.

    The index has to lie behind the data, so that no offset changes.
    """
    content = bytearray(source.read_bytes())
    assert content.index(b"mdat") < content.index(b"moov")
    flags = profile << 9 | 3 << 3 | 0b101  # level 3; metadata and a base layer, no enhancement
    record = struct.pack(">BBHB", 1, 0, flags, compatibility << 4) + bytes(19)
    name = b"dvcC" if profile < 8 else b"dvvC"
    box = struct.pack(">I", 8 + len(record)) + name + record
    found = content.index(entry, content.index(b"stsd"))
    (size,) = struct.unpack_from(">I", content, found - 4)
    content[found - 4 + size : found - 4 + size] = box
    for outer in (*PARENTS, entry):
        at = content.rindex(outer, 0, found + 4) - 4
        (size,) = struct.unpack_from(">I", content, at)
        struct.pack_into(">I", content, at, size + len(box))
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(
    ("name", "entry", "profile", "compatibility"),
    [("hevc.mp4", b"hvc1", 5, 0), ("av1.mp4", b"av01", 10, 0)],
)
def test_dolby_vision_that_cannot_be_converted_is_refused_by_name(
    clip: Clip, tmp_path: Path, name: str, entry: bytes, profile: int, compatibility: int
) -> None:
    path = labelled(clip(name), tmp_path / name, entry, profile, compatibility)
    with pytest.raises(PermanentError) as refused:
        asyncio.run(inspect(path))
    assert refused.value.code == "dolby_vision"
    assert f"Dolby Vision profile {profile}" in refused.value.reason
    assert "Switch HDR video off" in refused.value.reason


@pytest.mark.parametrize(
    ("name", "entry", "profile", "compatibility", "transfer"),
    [
        ("hevc.mp4", b"hvc1", 8, 1, "smpte2084"),
        ("hevc.mp4", b"hvc1", 8, 2, None),
        ("hevc.mp4", b"hvc1", 8, 4, "arib-std-b67"),
        ("hevc.mp4", b"hvc1", 7, 6, "smpte2084"),
        ("av1.mp4", b"av01", 10, 1, "smpte2084"),
        ("av1.mp4", b"av01", 10, 4, "arib-std-b67"),
    ],
)
def test_dolby_vision_over_an_ordinary_base_layer_goes_on_as_that(
    clip: Clip,
    tmp_path: Path,
    name: str,
    entry: bytes,
    profile: int,
    compatibility: int,
    transfer: str | None,
) -> None:
    path = labelled(clip(name), tmp_path / name, entry, profile, compatibility)
    assert asyncio.run(inspect(path)).color_transfer == transfer
