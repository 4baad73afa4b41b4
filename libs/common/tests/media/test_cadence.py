"""The frame rate is the typical one inside the span, not an average over the whole file."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.media import Source, Span
from mentor_common.media.cadence import SLOWEST, typical_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def steady(rate: float, seconds: float, start: float = 0.0) -> list[float]:
    return [start + n / rate for n in range(round(rate * seconds))]


def in_milliseconds(times: Sequence[float]) -> list[float]:
    return [round(time, 3) for time in times]


@pytest.mark.parametrize("rate", [1, 5, 12, 15, 24, 25, 29.97002997, 30, 50, 60])
def test_a_constant_rate_is_found_through_the_milliseconds_of_webm(rate: float) -> None:
    times = in_milliseconds(steady(rate, 20))
    assert float(typical_rate(times)) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        # Motion, then a still that is sent every two seconds.
        (steady(30, 4) + steady(0.5, 16, 4.0), 30),
        # A pause of 20 s in the recording.
        (steady(30, 3) + steady(30, 3, 23.0), 30),
        # A second of motion before a minute of slides: more slides than frames of motion.
        (steady(30, 1) + steady(1, 60, 1.0), 30),
        # A phone's rate goes down where it is dark.
        (steady(30, 4) + steady(24, 4, 4.0), 30),
        # Every tenth frame lost on the way.
        ([time for n, time in enumerate(steady(30, 10)) if n % 10], 30),
        # A camera that wavers by 10 ms.
        ([time + 0.01 * (n % 3 - 1) for n, time in enumerate(steady(25, 10))], 25),
        # Slides.
        (steady(1, 20), 1),
    ],
)
def test_the_rate_is_that_of_the_moving_picture(times: list[float], rate: float) -> None:
    assert float(typical_rate(times)) == pytest.approx(rate, rel=0.01)


def test_times_that_are_the_same_twice_count_once() -> None:
    times = sorted(steady(25, 4) + [time + 0.001 for time in steady(25, 4)])
    assert typical_rate(times) == 25


@pytest.mark.parametrize("times", [[], [0.0], [1.0, 1.0]])
def test_without_two_frames_there_is_no_rate(times: list[float]) -> None:
    assert typical_rate(times) == SLOWEST


@pytest.mark.parametrize(
    ("rate", "stated", "found"),
    [
        (29.97, [Fraction(30000, 1001)], Fraction(30000, 1001)),
        (29.7, [Fraction(1000), Fraction(30)], Fraction(30)),
        (20.0, [Fraction(1000), Fraction(30)], Fraction(20)),
    ],
)
def test_a_headers_exact_rate_counts_where_the_frames_bear_it_out(
    rate: float, stated: list[Fraction], found: Fraction
) -> None:
    assert typical_rate(in_milliseconds(steady(rate, 10)), stated) == found


@given(intervals=st.lists(st.floats(0.0, 30.0), max_size=60))
def test_whatever_the_times_there_is_a_rate(intervals: list[float]) -> None:
    assert typical_rate(list(accumulate(intervals, initial=0.0))) > 0


@pytest.mark.parametrize(
    ("span", "rate"),
    [(Span(0, 8), 30), (Span(0, 4), 30), (Span(4, 4), 24), (Span(8.5, 1.0), 30)],
)
def test_the_rate_of_a_trim_is_that_inside_it(
    make_source: Callable[[], Source], span: Span, rate: int
) -> None:
    times = steady(30, 4) + steady(24, 4, 4.0) + [20.0]
    source = replace(make_source(), frame_times=times, fps=Fraction(30))
    assert source.rate_within(span) == rate
