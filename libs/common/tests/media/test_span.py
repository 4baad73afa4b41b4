from __future__ import annotations

import math
from fractions import Fraction

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import Source, Span, Trim, clip


@pytest.fixture
def source() -> Source:
    return Source(
        container="mp4",
        duration_s=6.0,
        video_index=0,
        video_start_s=0.0,
        video_end_s=5.0,
        coded_width=320,
        coded_height=180,
        sample_aspect=Fraction(1),
        rotation=0,
        display_width=320,
        display_height=180,
        fps=Fraction(30),
        video_codec="h264",
        pix_fmt="yuv420p",
        has_alpha=False,
        color_transfer=None,
        audio_index=1,
        audio_start_s=0.0,
        audio_end_s=6.0,
        metadata_json="{}",
    )


@pytest.mark.parametrize(
    ("trim", "start", "end"),
    [
        (None, 0, 6),
        (Trim(2, 5), 2, 5),
        (Trim(3, 99), 3, 6),
        (Trim(-4, 2), 0, 2),
        (Trim(1, 1.9995), 1, 1.9995),
    ],
)
def test_the_span_lies_inside_the_source(
    source: Source, trim: Trim | None, start: float, end: float
) -> None:
    span = clip(source, trim)
    assert (span.start, span.end) == pytest.approx((start, end))


@pytest.mark.parametrize("trim", [Trim(2, 2.9), Trim(4, 3), Trim(7, 9), Trim(4.5, 6)])
def test_less_than_a_second_of_picture_is_refused(source: Source, trim: Trim) -> None:
    with pytest.raises(PermanentError) as refused:
        clip(source, trim)
    assert refused.value.code == "trim_too_short"
    assert "longer part" in refused.value.reason


@pytest.mark.parametrize("trim", [Trim(math.nan, 3), Trim(0, math.inf)])
def test_what_is_no_number_is_refused(source: Source, trim: Trim) -> None:
    with pytest.raises(PermanentError) as refused:
        clip(source, trim)
    assert refused.value.code == "trim_invalid"


def test_overlap_is_never_negative() -> None:
    assert Span(2, 3).overlap(0, 3) == 1
    assert Span(2, 3).overlap(6, 9) == 0
