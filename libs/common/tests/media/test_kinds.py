"""A file of another kind is named, with the kinds that are accepted, wherever it is refused."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import NO_VIDEO, container_of, inspect, refusal_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Clip = Callable[[str], Path]

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
OTHERS = {
    "AVI": b"RIFF\x24\x10\x00\x00AVI LIST",
    "WAV": b"RIFF\x24\x10\x00\x00WAVEfmt ",
    "WEBP": b"RIFF\x24\x10\x00\x00WEBPVP8 ",
    "FLV": b"FLV\x01\x05\0\0\0\x09",
    "OGG": b"OggS\0\x02" + bytes(20),
    "WMV (ASF)": ASF,
    "GIF": b"GIF89a\x40\x01",
    "MP3": b"ID3\x04\0\0\0\0\0\x23",
    "AAC": b"\xff\xf1\x50\x80",
    "FLAC": b"fLaC\0\0\0\x22",
    "MPEG": b"\0\0\x01\xba\x44\0\x04",
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0mif1avif",
    "PDF": b"%PDF-1.7\n",
    "ZIP": b"PK\x03\x04\x14\0",
    "MPEG-TS": (b"\x47" + bytes(187)) * 4,
}
CAMCORDER = (bytes(4) + b"\x47" + bytes(187)) * 4


def padded(head: bytes) -> bytes:
    return head.ljust(600, b"\0")


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_are_named_with_the_accepted_ones(kind: str) -> None:
    head = padded(OTHERS[kind])
    assert container_of(head) is None
    text = refusal_text(head)
    assert text.startswith(NO_VIDEO)
    assert f" {kind} " in text
    for accepted in ("MP4", "MOV", "3GP", "WebM", "Matroska"):
        assert accepted in text
    assert "export the video as MP4." in text


def test_a_camcorders_stream_is_named() -> None:
    assert "MPEG-TS" in refusal_text(CAMCORDER)


@pytest.mark.parametrize("head", [b"just text, no container", bytes(600), b""])
def test_what_is_not_known_gets_the_accepted_kinds_too(head: bytes) -> None:
    assert container_of(head) is None
    assert "WebM and Matroska" in refusal_text(head)


@pytest.mark.parametrize("kind", [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"])
def test_old_quicktime_beginnings_are_accepted(kind: bytes) -> None:
    assert container_of(struct.pack(">I4s", 20, kind) + bytes(56)) == "mp4"


@pytest.mark.parametrize("kind", ["pnot", "wide", "skip", "free"])
def test_an_old_quicktime_film_is_read(clip: Clip, tmp_path: Path, kind: str) -> None:
    content = clip("phone.mov").read_bytes()
    assert content[4:8] == b"ftyp"
    # As long as what it replaces, so that everything else stays where it is.
    length = struct.unpack(">I", content[:4])[0]
    old = struct.pack(">I4s", length, kind.encode()) + bytes(length - 8) + content[length:]
    path = tmp_path / "old.mov"
    path.write_bytes(old)
    assert container_of(old) == "mp4"
    assert asyncio.run(inspect(path)).duration_s == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("kind", ["AVI", "PDF", "HEIC"])
@pytest.mark.usefixtures("ffmpeg")
def test_the_gate_says_the_same_as_the_api(tmp_path: Path, kind: str) -> None:
    head = padded(OTHERS[kind])
    path = tmp_path / "answer.mp4"
    path.write_bytes(head)
    with pytest.raises(PermanentError) as refused:
        asyncio.run(inspect(path))
    assert refused.value.code == "not_a_video"
    assert refused.value.reason == refusal_text(head)


def test_a_damaged_file_of_an_accepted_kind_is_called_damaged(clip: Clip) -> None:
    text = refusal_text(clip("plain.mp4").read_bytes()[:500])
    assert text.startswith(NO_VIDEO)
    assert "damaged" in text
    assert "not accepted" not in text
