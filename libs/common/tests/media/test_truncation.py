"""A file is incomplete if bytes of it are missing, whatever durations its header claims."""

from __future__ import annotations

import asyncio
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import inspect
from mentor_common.media.truncation import is_truncated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Clip = Callable[[str], Path]

FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"


def box(kind: bytes, content: bytes = b"", *, claims: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if claims is None else claims, kind) + content


def remux(source: Path, target: Path, *options: str) -> Path:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(source), *options, "-c", "copy"]
    subprocess.run([*command, str(target)], check=True)
    return target


def cut(path: Path, target: Path, share: float) -> Path:
    content = path.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def claim(path: Path, target: Path, seconds: float) -> Path:
    """Write another duration into every header that has one."""
    content = bytearray(path.read_bytes())
    for kind, scale, place in ((b"mvhd", 16, 20), (b"mdhd", 16, 20), (b"tkhd", None, 24)):
        at = content.find(kind)
        while at >= 0:
            units = 1000 if scale is None else struct.unpack_from(">I", content, at + scale)[0]
            struct.pack_into(">I", content, at + place, int(seconds * units))
            at = content.find(kind, at + 4)
    webm = content.find(b"\x44\x89\x88")
    if webm >= 0:
        struct.pack_into(">d", content, webm + 3, seconds * 1000)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("name", ["plain.mp4", "faststart.mp4", "plain.webm"])
@pytest.mark.parametrize("seconds", [26.0, 1.5])
def test_the_packets_say_how_long_a_video_is_and_not_its_header(
    clip: Clip, tmp_path: Path, name: str, seconds: float
) -> None:
    """A paused recording's header says 26 s of 6 s."""
    source = asyncio.run(inspect(claim(clip(name), tmp_path / name, seconds)))
    assert source.duration_s == pytest.approx(6, abs=0.05)
    assert source.video_end_s == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize("name", ["plain.mp4", "plain.webm"])
def test_chapters_that_are_longer_than_the_video_do_not_count(
    clip: Clip, tmp_path: Path, name: str
) -> None:
    chapters = tmp_path / "chapters.txt"
    times = "TIMEBASE=1/1000\nSTART={}\nEND={}\ntitle=a\n"
    text = "".join(f"[CHAPTER]\n{times.format(*span)}" for span in ((0, 2000), (2000, 30000)))
    chapters.write_text(f";FFMETADATA1\n{text}")
    longer = ("-i", str(chapters), "-map_chapters", "1")
    source = asyncio.run(inspect(remux(clip(name), tmp_path / name, *longer)))
    assert source.duration_s == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize("name", ["faststart.mp4", "plain.webm", "fragments.mp4"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_a_file_is_refused_as_incomplete(
    clip: Clip, tmp_path: Path, name: str, share: float
) -> None:
    if name == "fragments.mp4":
        whole = remux(clip("plain.mp4"), tmp_path / name, "-movflags", FRAGMENTS)
    else:
        whole = clip(name)
    assert not is_truncated(whole)
    with pytest.raises(PermanentError) as refused:
        asyncio.run(inspect(cut(whole, tmp_path / f"part-{name}", share)))
    assert refused.value.code == "truncated"
    assert refused.value.reason.startswith("The upload is incomplete: ")
    assert refused.value.reason.endswith(" Upload the file again.")


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_what_a_crash_leaves_of_a_live_recording_is_a_whole_video(
    clip: Clip, tmp_path: Path, share: float
) -> None:
    source = asyncio.run(inspect(cut(clip("live.webm"), tmp_path / "crash.webm", share)))
    assert 2 < source.duration_s < 6


def test_a_missing_index_at_the_end_of_a_webm_is_no_missing_media(
    clip: Clip, tmp_path: Path
) -> None:
    part = tmp_path / "part.webm"
    part.write_bytes(clip("plain.webm").read_bytes()[:-5])
    assert asyncio.run(inspect(part)).duration_s == pytest.approx(6, abs=0.05)


def test_samples_beyond_the_end_are_missing_even_where_no_box_is_cut(
    clip: Clip, tmp_path: Path
) -> None:
    """A media box may say that it ends with the file, wherever that is."""
    content = bytearray(clip("faststart.mp4").read_bytes())
    length = content.index(b"mdat") - 4
    struct.pack_into(">I", content, length, 0)
    open_ended = tmp_path / "open.mp4"
    open_ended.write_bytes(content)
    assert not is_truncated(open_ended)
    assert is_truncated(cut(open_ended, tmp_path / "part.mp4", 0.9))


def test_a_media_box_that_is_longer_than_its_samples_is_whole(clip: Clip, tmp_path: Path) -> None:
    content = bytearray(clip("faststart.mp4").read_bytes())
    at = content.index(b"mdat") - 4
    struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + 5000)
    path = tmp_path / "longer.mp4"
    path.write_bytes(content)
    assert asyncio.run(inspect(path)).duration_s == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (b"", False),
        (b"Hello, I am a text.\n" * 9, False),
        (box(b"ftyp") + box(b"mdat", bytes(50)), False),
        (box(b"ftyp") + box(b"mdat", bytes(50), claims=99), True),
        (box(b"ftyp") + box(b"mdat", bytes(50), claims=0), False),
        (box(b"ftyp") + box(b"mdat", struct.pack(">Q", 1 << 40), claims=1), True),
        (box(b"ftyp") + box(b"mdat", struct.pack(">Q", 20) + b"four", claims=1), False),
        (box(b"ftyp") + box(b"mdat") + box(b"free", b"", claims=99), False),
        (box(b"ftyp") + box(b"mdat") + b"\0\0\0", False),
        (box(b"ftyp") + box(b"moof") + box(b"mdat") + box(b"moof", bytes(9)), True),
        (box(b"ftyp") + box(b"moof") + box(b"mdat") + box(b"mfra", bytes(9)), False),
        (box(b"ftyp") + box(b"moov", box(b"trak", bytes(20))) + box(b"mdat"), False),
        (b"\x1a\x45\xdf\xa3", False),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x84abc", True),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x88\x1f\x43\xb6\x75\x83ab", True),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x88\x1c\x53\xbb\x6b\x83ab", False),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\x83ab", False),
    ],
)
def test_the_structure_says_whether_bytes_are_missing(
    tmp_path: Path, content: bytes, *, missing: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert is_truncated(path) is missing
