"""The size of a picture that changes: the largest that lasts, within the span."""

from __future__ import annotations

import asyncio
import subprocess
from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mentor_common.media import Limits, Source, Span, ToolRun, inspect
from mentor_common.media.sizes import (
    PictureSize,
    lasting_size,
    measure_sizes,
    picture_sizes,
    read_sizes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Clip = Callable[[str], Path]

VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-threads", "1")
X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def size(since: float, width: int, height: int) -> PictureSize:
    return PictureSize(since, width, height)


BROWSER = [size(0.0, 160, 90), size(1.0, 640, 360), size(20.0, 320, 180)]


@pytest.mark.parametrize(
    ("sizes", "start", "end", "expected"),
    [
        (BROWSER, 0, 30, (640, 360)),
        (BROWSER, 0, 1, (160, 90)),
        (BROWSER, 21, 30, (320, 180)),
        (BROWSER, 19.5, 30, (320, 180)),  # half a second of a larger one does not last
        (BROWSER, 19.5, 21.5, (640, 360)),  # but is a tenth of two seconds
        ([size(0.3, 640, 360), size(3.0, 360, 640)], 0, 5, (640, 360)),
        ([size(0.3, 640, 360), size(2.0, 360, 640)], 0, 5, (360, 640)),
        ([size(n / 100, 160 + n, 90) for n in range(50)], 0, 30, (209, 90)),
    ],
)
def test_the_largest_size_that_lasts_counts(
    sizes: list[PictureSize], start: float, end: float, expected: tuple[int, int]
) -> None:
    found = lasting_size(sizes, start, end)
    assert found is not None
    assert (found.width, found.height) == expected


def test_without_sizes_the_headers_stands(make_source: Callable[[], Source]) -> None:
    assert lasting_size([], 0, 6) is None
    assert make_source().display_size(Span(0, 6)) == (320, 180)


def test_the_size_shown_is_turned_and_of_square_pixels(make_source: Callable[[], Source]) -> None:
    turned = replace(
        make_source(), sizes=(size(0, 480, 360),), rotation=90, sample_aspect=Fraction(4, 3)
    )
    assert turned.display_size(Span(0, 6)) == (360, 640)
    assert turned.pixel_aspect == Fraction(3, 4)


def join(folder: Path, name: str, sizes: list[str], *encoder: str) -> Path:
    """Return a file whose picture has each of the sizes for a second."""
    listing = folder / "parts.txt"
    quiet = ("ffmpeg", "-nostdin", "-v", "error")
    inputs: list[str] = []
    outputs: list[str] = []
    for number, each in enumerate(sizes):
        inputs += ("-f", "lavfi", "-i", f"testsrc2=s={each}:r=10:d=1")
        outputs += ("-map", str(number), *encoder, str(folder / f"{number}-{name}"))
    subprocess.run([*quiet, *inputs, *outputs], check=True)
    listing.write_text("".join(f"file {number}-{name}\n" for number in range(len(sizes))))
    path = folder / name
    parts = ("-f", "concat", "-i", str(listing), "-c", "copy")
    subprocess.run([*quiet, *parts, str(path)], check=True)
    return path


@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("vp8.webm", VP8),
        ("vp9.webm", ("-c:v", "libvpx-vp9", *VP8[2:])),
        ("h264.mkv", X264),
        ("h264.mp4", X264),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_the_gate_sees_the_picture_change_its_size(
    tmp_path: Path, name: str, encoder: tuple[str, ...]
) -> None:
    source = asyncio.run(inspect(join(tmp_path, name, ["160x90", "640x360", "90x160"], *encoder)))
    assert (source.coded_width, source.coded_height) == (160, 90)
    found = [(each.width, each.height) for each in source.sizes]
    assert found == [(160, 90), (640, 360), (90, 160)]
    assert [each.since for each in source.sizes] == pytest.approx([0, 1, 2], abs=0.1)
    assert source.display_size(Span(0, 3)) == (640, 360)


@pytest.mark.usefixtures("ffmpeg")
def test_a_later_picture_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = join(tmp_path, "grows.webm", ["160x90", "640x360"], *VP8)
    with pytest.raises(Exception, match="too large"):
        asyncio.run(inspect(path, limits=Limits(max_pixels=640 * 360 - 1)))


def test_what_cannot_change_its_size_is_not_decoded(clip: Clip) -> None:
    timings: list[ToolRun] = []
    assert asyncio.run(inspect(clip("plain.mp4"), timings=timings)).sizes == ()
    (only,) = asyncio.run(inspect(clip("one-second.webm"), timings=timings)).sizes
    assert (only.width, only.height) == (320, 180)
    assert [run.tool for run in timings] == ["ffprobe"] * 2


def decoded(path: Path, source: Source) -> tuple[PictureSize, ...]:
    return asyncio.run(measure_sizes(path, source, ffprobe="ffprobe", timings=None))


@pytest.mark.usefixtures("ffmpeg")
def test_a_size_that_changes_between_key_frames_is_seen() -> None:
    """`resized.webm` is libvpx's: one key frame, then sizes that its rate control chose.

    vpxenc --codec=vp9 --rt --cpu-used=8 --end-usage=cbr --target-bitrate=8 --resize-allowed=1
    """
    timings: list[ToolRun] = []
    path = Path(__file__).with_name("resized.webm")
    source = asyncio.run(inspect(path, timings=timings))
    assert [run.tool for run in timings] == ["ffprobe"]
    assert source.sizes == (size(0, 640, 360), size(3, 480, 270), size(5, 320, 180))
    assert source.sizes == decoded(path, source)


@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("vp8.webm", VP8),
        ("vp9.webm", ("-c:v", "libvpx-vp9", *VP8[2:])),
        ("ahead.webm", ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-b:v", "1M")),
        ("vp9.mp4", ("-c:v", "libvpx-vp9", *VP8[2:])),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_headers_say_what_a_decoder_says(
    tmp_path: Path, name: str, encoder: tuple[str, ...]
) -> None:
    path = join(tmp_path, name, ["160x90", "640x360", "90x160"], *encoder)
    source = asyncio.run(inspect(path))
    assert read_sizes(path, source) == source.sizes == decoded(path, source)


@pytest.mark.usefixtures("ffmpeg")
def test_what_headers_do_not_say_is_decoded(tmp_path: Path) -> None:
    path = join(tmp_path, "vp8.webm", ["160x90", "640x360"], *VP8)
    source = asyncio.run(inspect(path))
    packets = source.picture_packets
    assert packets is not None
    unplaced = replace(packets, positions=array("q", [-1] * packets.count))
    for blind in (
        replace(source, hidden_pictures=1),
        replace(source, picture_packets=unplaced),
        replace(source, picture_packets=replace(packets, count=packets.count + 1)),
        replace(source, container="mp4"),  # so the headers of its blocks are taken for frames
    ):
        assert read_sizes(path, blind) is None
        found = asyncio.run(picture_sizes(path, blind, ffprobe="ffprobe", timings=None))
        assert found == source.sizes
