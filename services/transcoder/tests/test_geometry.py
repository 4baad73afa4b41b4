from __future__ import annotations

import re
import subprocess
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_transcoder.geometry import Frame, mobile, web

SIZES = st.tuples(st.integers(2, 8192), st.integers(2, 4320))


def sizes_after(size: tuple[int, int], *filters: str) -> list[tuple[int, int]]:
    """Return the sizes that ffmpeg gives to a frame by each of the filters."""
    source = f"color=s={size[0]}x{size[1]}:r=1:d=1,format=yuv420p"
    graph = ";".join(f"{source},{each}[out{number}]" for number, each in enumerate(filters))
    shown = ("-show_entries", "stream=width,height", "-of", "csv=p=0")
    command = ("ffprobe", "-v", "error", "-f", "lavfi", "-i", graph, *shown)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = (line.split(",") for line in done.stdout.split())
    return [(int(width), int(height)) for width, height in lines]


def first_sizes(size: tuple[int, int], *frames: Frame) -> list[tuple[int, int]]:
    """Return the sizes after the first filter of each frame: what is shown, or all of it scaled."""
    return sizes_after(size, *(re.split(r"(?<!\\),", frame.filters)[0] for frame in frames))


@pytest.mark.parametrize(
    ("source", "size", "part"),
    [
        ((1920, 1080), (1280, 720), (1920, 1080)),
        ((1280, 720), (1280, 720), (1280, 720)),
        ((640, 480), (640, 360), (640, 360)),
        ((480, 640), (480, 270), (480, 270)),
        ((1080, 1920), (1078, 606), (1080, 608)),
        ((360, 640), (360, 202), (360, 202)),
        ((2560, 1080), (1280, 720), (1920, 1080)),
        ((641, 361), (640, 360), (640, 360)),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_web_is_wide_and_never_enlarged(
    source: tuple[int, int], size: tuple[int, int], part: tuple[int, int]
) -> None:
    frame = web(*source)
    assert (frame.width, frame.height) == size
    assert first_sizes(source, frame) == [part]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ((1920, 1080), (810, 810)),
        ((640, 480), (360, 360)),
        ((480, 640), (480, 480)),
        ((500, 500), (500, 500)),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_mobile_is_a_square_of_480(source: tuple[int, int], part: tuple[int, int]) -> None:
    frame = mobile(*source)
    assert (frame.width, frame.height) == (480, 480)
    assert first_sizes(source, frame) == [part]


@pytest.mark.parametrize(
    ("source", "web_size", "mobile_size"),
    [
        ((1920, 1080), (1280, 720), (854, 480)),
        ((480, 640), (480, 640), (360, 480)),
        ((1080, 1920), (406, 720), (270, 480)),
        ((320, 240), (320, 240), (320, 240)),
        ((641, 361), (640, 360), (640, 360)),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_the_whole_picture_is_kept_on_demand_and_gets_no_bars(
    source: tuple[int, int], web_size: tuple[int, int], mobile_size: tuple[int, int]
) -> None:
    frames = [web(*source, keep_aspect=True), mobile(*source, keep_aspect=True)]
    assert [(frame.width, frame.height) for frame in frames] == [web_size, mobile_size]
    assert first_sizes(source, *frames) == [web_size, mobile_size]


@pytest.mark.parametrize(
    ("arrives", "wide", "square"),
    [
        ((640, 360), (640, 360), (270, 270)),
        ((160, 90), (160, 90), (68, 68)),
        ((360, 640), (360, 202), (360, 360)),
        ((640, 480), (640, 360), (360, 360)),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_each_frame_is_cropped_by_its_own_shape_and_never_squashed(
    arrives: tuple[int, int], wide: tuple[int, int], square: tuple[int, int]
) -> None:
    assert first_sizes(arrives, web(1280, 720), mobile(1280, 720)) == [wide, square]


@pytest.mark.parametrize(
    ("arrives", "inside"),
    [((640, 360), (640, 360)), ((360, 640), (202, 360)), ((640, 480), (480, 360))],
)
@pytest.mark.usefixtures("ffmpeg")
def test_a_whole_frame_of_another_shape_is_padded_and_never_squashed(
    arrives: tuple[int, int], inside: tuple[int, int]
) -> None:
    frame = web(640, 360, keep_aspect=True)
    assert first_sizes(arrives, frame) == [inside]
    assert sizes_after(arrives, frame.filters) == [(640, 360)]


@pytest.mark.usefixtures("ffmpeg")
def test_pixels_that_are_not_square_are_reckoned_with() -> None:
    aspect = Fraction(4, 3)  # 240 x 180 stored are 320 x 180 shown
    frames = [make(320, 180, pixel_aspect=aspect) for make in (web, mobile)]
    whole = web(320, 180, keep_aspect=True, pixel_aspect=aspect)
    sizes = first_sizes((240, 180), *frames, whole)
    assert sizes == [(240, 180), (100, 134), (320, 180)]


@given(size=SIZES, keep_aspect=st.booleans())
def test_every_size_is_even_and_inside_the_source(
    size: tuple[int, int], *, keep_aspect: bool
) -> None:
    width, height = size
    frame = web(width, height, keep_aspect=keep_aspect)
    assert frame.width % 2 == frame.height % 2 == 0
    assert frame.height <= 720
    assert 2 <= frame.width <= max(2, width)
    assert 2 <= frame.height <= max(2, height)
