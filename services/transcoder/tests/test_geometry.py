from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_transcoder.geometry import mobile, web

SIZES = st.tuples(st.integers(2, 8192), st.integers(2, 4320))


@pytest.mark.parametrize(
    ("source", "size", "kept"),
    [
        ((1920, 1080), (1280, 720), (1920, 1080)),
        ((1280, 720), (1280, 720), (1280, 720)),
        ((640, 360), (640, 360), (640, 360)),
        ((640, 480), (640, 360), (640, 360)),
        ((480, 640), (480, 270), (480, 270)),
        ((1080, 1920), (1078, 606), (1080, 607.5)),
        ((360, 640), (360, 202), (360, 202.5)),
        ((2560, 1080), (1280, 720), (1920, 1080)),
        ((641, 361), (640, 360), (641, 360.5625)),
    ],
)
def test_web_is_wide_and_never_enlarged(
    source: tuple[int, int], size: tuple[int, int], kept: tuple[float, float]
) -> None:
    frame = web(*source)
    assert (frame.width, frame.height) == size
    assert (frame.keep_width * source[0], frame.keep_height * source[1]) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ((1920, 1080), (810, 810)),
        ((640, 480), (360, 360)),
        ((480, 640), (480, 480)),
        ((500, 500), (500, 500)),
    ],
)
def test_mobile_is_a_square_of_480(source: tuple[int, int], kept: tuple[int, int]) -> None:
    frame = mobile(*source)
    assert (frame.width, frame.height) == (480, 480)
    assert [frame.keep_width * source[0], frame.keep_height * source[1]] == [*kept]


@pytest.mark.parametrize(
    ("source", "web_size", "mobile_size"),
    [
        ((1920, 1080), (1280, 720), (854, 480)),
        ((480, 640), (480, 640), (360, 480)),
        ((1080, 1920), (406, 720), (270, 480)),
        ((320, 240), (320, 240), (320, 240)),
    ],
)
def test_the_whole_picture_is_kept_on_demand(
    source: tuple[int, int], web_size: tuple[int, int], mobile_size: tuple[int, int]
) -> None:
    frames = web(*source, keep_aspect=True), mobile(*source, keep_aspect=True)
    assert [(frame.width, frame.height) for frame in frames] == [web_size, mobile_size]
    assert {frame.keep_width for frame in frames} == {frame.keep_height for frame in frames} == {1}


def test_a_crop_is_a_fraction_of_whatever_arrives() -> None:
    assert mobile(1920, 1080).filters.startswith("crop=w=iw*27/64:h=ih*3/4,scale=480:480:")
    assert web(1280, 720).filters.startswith("scale=1280:720:")


@given(size=SIZES, keep_aspect=st.booleans())
def test_every_size_is_even_inside_the_source_and_as_wide_as_asked(
    size: tuple[int, int], *, keep_aspect: bool
) -> None:
    width, height = size
    frame = web(width, height, keep_aspect=keep_aspect)
    assert frame.width % 2 == frame.height % 2 == 0
    assert frame.height <= 720
    assert 2 <= frame.width <= max(Fraction(2), frame.keep_width * width)
    assert 2 <= frame.height <= max(Fraction(2), frame.keep_height * height)
    assert 0 < frame.keep_width <= 1
    assert 0 < frame.keep_height <= 1
    if not keep_aspect:
        assert frame.keep_width * width / (frame.keep_height * height) == Fraction(16, 9)


@given(size=SIZES)
def test_the_mobile_crop_is_a_square_inside_the_source(size: tuple[int, int]) -> None:
    frame = mobile(*size)
    assert frame.keep_width * size[0] == frame.keep_height * size[1]
    assert 0 < frame.keep_width <= 1
    assert 0 < frame.keep_height <= 1
