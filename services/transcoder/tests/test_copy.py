"""Standard input through the encoder: the web rendition is what was stored."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from real_clips import ClipMaker

    Encode = Callable[[Path, EncodeJob], Any]
    Probe = Callable[[Path], list[dict[str, Any]]]

JOB = EncodeJob(profile=Profile.FAST)
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=3", "-f", "lavfi", "-i", "sine=d=3")
X264 = (
    *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
    *("-g", "30", "-keyint_min", "30", "-c:a", "aac"),
)
TAGS = ("-metadata", "location=+48.1+002.3/")
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})


def frames(path: Path, *options: str) -> list[str]:
    """Return the hash of each decoded frame."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", *options]
    command += ["-f", "framemd5", "-"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.rpartition(",")[2] for line in shown.splitlines() if not line.startswith("#")]


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes of an MP4, those inside others after these: ISO/IEC 14496-12 §4.2."""
    at = 0
    while at < len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        yield kind, content[at + 8 : at + length]
        if kind in _CONTAINERS:
            yield from boxes(content[at + 8 : at + length])
        at += length


def entries(table: bytes, count_at: int, width: int, columns: int) -> list[tuple[int, ...]]:
    count = int.from_bytes(table[count_at : count_at + 4])
    numbers = [
        int.from_bytes(table[at : at + width], signed=True)
        for at in range(count_at + 4, count_at + 4 + count * width * columns, width)
    ]
    return [*zip(*[iter(numbers)] * columns, strict=True)]


def check_conformance(path: Path) -> None:
    """Assert that index and media stand in order, that times rise, and that nothing is hidden."""
    content = path.read_bytes()
    found = [*boxes(content)]
    kinds = [kind for kind, _ in found]
    assert kinds[0] == b"ftyp"
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    tracks = [dict(boxes(box)) for kind, box in found if kind == b"trak"]
    stored = 0
    for track in tracks:
        durations = entries(track[b"stts"], 4, 4, 2)
        assert all(duration > 0 for _, duration in durations)
        count = sum(repeated for repeated, _ in durations)
        offsets = [
            offset
            for repeated, offset in entries(track.get(b"ctts", bytes(8)), 4, 4, 2)
            for _ in range(repeated)
        ]
        assert len(offsets) in {0, count}
        sizes = entries(track[b"stsz"], 8, 4, 1)
        assert len(sizes) == count
        stored += sum(size for (size,) in sizes)
        if b"vmhd" in track:
            # The only edit makes up for the order of decoding, and leaves nothing out.
            ((_, begins, rate),) = entries(track.get(b"elst", bytes(8)), 4, 4, 3)
            decoded, at = [], 0
            for repeated, duration in durations:
                for _ in range(repeated):
                    decoded.append(at)
                    at += duration
            composed = [
                when + off for when, off in zip(decoded, offsets or [0] * count, strict=True)
            ]
            assert (begins, rate) == (min(composed), 1 << 16)
            assert all(before < after for before, after in pairwise(sorted(composed)))
    (media,) = [box for kind, box in found if kind == b"mdat"]
    assert len(media) == stored


@pytest.fixture
def standard(clip_maker: ClipMaker) -> Path:
    """Three seconds with reordered pictures, a key frame each second, and a phone's tags."""
    return clip_maker("standard.mp4", *PICTURE, *X264, *TAGS)


def test_the_copy_shows_the_very_frames_in_a_sound_mp4(
    standard: Path, encode: Encode, probe: Probe
) -> None:
    result = encode(standard, replace(JOB, thumbnail=True))
    encoded = result.encoded
    assert encoded.web_rendition == "copied"
    assert frames(encoded.web.path) == frames(standard)
    check_conformance(encoded.web.path)
    assert b"+48.1" not in encoded.web.path.read_bytes()
    assert [float(stream["start_time"]) for stream in probe(encoded.web.path)] == [0.0, 0.0]
    assert (encoded.mobile.width, encoded.mobile.height) == (480, 480)
    assert encoded.thumbnail is not None
    assert [run.tool for run in result.timings].count("ffmpeg") == 1
    assert result.percents[-1] == 100


def test_a_trim_at_a_key_frame_leaves_nothing_else_in_the_file(
    standard: Path, encode: Encode
) -> None:
    encoded = encode(standard, replace(JOB, trim=(1, 2))).encoded
    assert encoded.web_rendition == "copied"
    assert frames(encoded.web.path) == frames(standard)[30:60]
    check_conformance(encoded.web.path)
    assert encoded.web.duration_ms == pytest.approx(1000, abs=20)


def test_matroska_with_late_pictures_starts_at_0(
    clip_maker: ClipMaker, standard: Path, encode: Encode
) -> None:
    late = clip_maker("late.mkv", "-i", str(standard), *("-c:v", "copy", "-c:a", "libopus"))
    encoded = encode(late, JOB).encoded
    assert encoded.web_rendition == "copied"
    assert frames(encoded.web.path) == frames(standard)
    check_conformance(encoded.web.path)


@pytest.mark.parametrize(
    ("options", "job", "reason"),
    [
        (("-x264-params", "open-gop=1:bframes=2:keyint=15:scenecut=0"), JOB, "open groups"),
        ((), replace(JOB, trim=(0.5, 2)), "trim begins between key frames"),
        ((), replace(JOB, copies=False), "copying is off"),
    ],
)
def test_what_is_not_copied_says_why(
    clip_maker: ClipMaker, encode: Encode, options: tuple[str, ...], job: EncodeJob, reason: str
) -> None:
    encoded = encode(clip_maker("standard.mp4", *PICTURE, *X264, *TAGS, *options), job).encoded
    assert isinstance(encoded.web, Rendition)
    assert encoded.web_rendition == f"encoded: {reason}"


def test_a_damaged_source_is_encoded(standard: Path, encode: Encode, tmp_path: Path) -> None:
    """A browser stops where a decoder of ours makes do."""
    content = bytearray(standard.read_bytes())
    at = content.index(b"mdat") + 12_000
    content[at : at + 400] = bytes(400)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    result = encode(damaged, JOB)
    assert isinstance(result.encoded.web, Rendition)
    assert result.encoded.web_rendition == "encoded: copy not verified"
    assert sorted(result.made) == ["mobile.mp4"] * 2 + ["web.mp4"] * 2
