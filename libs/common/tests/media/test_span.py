from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import Source, Span, trimmed_span

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def source(make_source: Callable[[], Source]) -> Source:
    return make_source()


@pytest.mark.parametrize(
    ("trim", "start", "end"),
    [
        (None, 0, 6),
        ((2, 5), 2, 5),
        ((3, 99), 3, 6),
        ((-4, 2), 0, 2),
        ((1, 1.9995), 1, 1.9995),
    ],
)
def test_the_span_lies_inside_the_source(
    source: Source, trim: tuple[float, float] | None, start: float, end: float
) -> None:
    span = trimmed_span(source, trim)
    assert (span.start, span.end) == pytest.approx((start, end))


@pytest.mark.parametrize("trim", [(2, 2.9), (4, 3), (7, 9), (4.5, 6)])
def test_less_than_a_second_of_picture_is_refused(
    source: Source, trim: tuple[float, float]
) -> None:
    with pytest.raises(PermanentError) as refused:
        trimmed_span(source, trim)
    assert refused.value.code == "trim_too_short"
    assert "longer part" in refused.value.reason


@pytest.mark.parametrize("trim", [(math.nan, 3), (0, math.inf)])
def test_what_is_no_number_is_refused(source: Source, trim: tuple[float, float]) -> None:
    with pytest.raises(PermanentError) as refused:
        trimmed_span(source, trim)
    assert refused.value.code == "trim_invalid"


def test_overlap_is_never_negative() -> None:
    assert Span(2, 3).overlap(0, 3) == 1
    assert Span(2, 3).overlap(6, 9) == 0


def test_the_first_picture_fills_the_time_before_it(source: Source) -> None:
    """The picture begins 0.8 s after the sound: a trim to its beginning is long enough."""
    late = replace(source, video_start_s=0.8)
    assert trimmed_span(late, (0.2, 1.5)) == Span(0.2, 1.3)
