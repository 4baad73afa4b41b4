"""The frame rate of a rendition is that of the moving picture inside the span."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import Span
from mentor_local.corpus.colours import BT709
from mentor_local.corpus.measure import play, streams
from mentor_transcoder import geometry
from mentor_transcoder.job import EncodeJob, Profile, Rendition
from mentor_transcoder.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.media import Source

    Encode = Callable[[Path, EncodeJob], Any]

JOB = EncodeJob(profile=Profile.FAST)
X264 = ("-c:v", "libx264", "-preset", "ultrafast", *BT709)
GREY = "color=0x707070:s=320x180:r={rate}:d={seconds}"


def record(path: Path, rate: int, seconds: int, filters: str = "null") -> Path:
    source = ("-f", "lavfi", "-i", GREY.format(rate=rate, seconds=seconds), "-vf", filters)
    command = ("ffmpeg", "-nostdin", "-v", "error", *source, "-vsync", "vfr", *X264, str(path))
    subprocess.run(command, check=True)
    return path


def web_of(encoded: Any) -> tuple[Path, Fraction, int, float]:
    """Return the file of the web rendition, its rate, its frames and its seconds."""
    assert isinstance(encoded.web, Rendition), encoded.web
    video = streams(encoded.web.path)[0]
    rate, frames = Fraction(video["avg_frame_rate"]), int(video["nb_read_packets"])
    return encoded.web.path, rate, frames, encoded.web.duration_ms / 1000


def steady(rate: float, seconds: float, start: float = 0.0) -> list[float]:
    return [start + n / rate for n in range(round(rate * seconds))]


@pytest.mark.parametrize(
    ("rate", "fps"),
    [
        (60, Fraction(30)),
        (30, Fraction(30)),
        (30000 / 1001, Fraction(30000, 1001)),
        (25, Fraction(25)),
        (15, Fraction(15)),
        (14.9, Fraction(15)),
        (12, Fraction(24)),
        (10, Fraction(20)),
        (5, Fraction(15)),
        (1, Fraction(15)),
    ],
)
def test_a_slow_picture_is_repeated_evenly_up_to_15_and_a_fast_one_thinned_to_30(
    source: Source, rate: float, fps: Fraction
) -> None:
    source = replace(source, frame_times=steady(rate, 20))
    assert plan_of(source, Span(0, 20)).fps == fps


def plan_of(source: Source, span: Span) -> Plan:
    frames = {"web": geometry.web(1920, 1080), "mobile": geometry.mobile(1920, 1080)}
    return Plan(Path("/in.mp4"), source, span, frames, Profile.FAST)  # type: ignore[arg-type] # the keys are the literals


def test_the_rate_is_that_inside_the_span(source: Source) -> None:
    times = steady(30, 4) + steady(0.5, 6, 4.0) + steady(24, 10, 10.0)
    source = replace(source, frame_times=times)
    assert plan_of(source, Span(0, 20)).fps == 30
    assert plan_of(source, Span(0, 4)).fps == 30
    assert plan_of(source, Span(4, 6)).fps == 15
    assert plan_of(source, Span(10, 10)).fps == 24


def test_motion_before_a_still_keeps_its_events(tmp_path: Path, encode: Encode) -> None:
    """30 frames a second for 4 s and then a still: 6.4 on average, with events lost."""
    seen = (0.5, 0.6, 0.7, 1.5, 1.6, 3.5)
    flash = "+".join(f"between(t,{time - 0.01},{time + 0.025})" for time in seen)
    picture = f"drawbox=color=white:t=fill:enable='{flash}',select='lt(t,4)+not(mod(n,60))'"
    path = record(tmp_path / "still.mp4", 30, 16, picture)
    web, rate, frames, seconds = web_of(encode(path, JOB).encoded)
    assert rate == 30
    assert seconds == pytest.approx(14.033, abs=0.04)
    assert frames == pytest.approx(421, abs=1)
    # A flash of one frame every three: none is lost.
    (shown,) = play(web)
    assert [round(time, 1) for time in shown.flashes] == [0.5, 1.5, 3.5]


@pytest.mark.parametrize(("start", "end"), [(1.3, 4.8), (2.5, 5.0)])
def test_a_trim_of_one_frame_a_second_is_exact_to_a_frame(
    tmp_path: Path, encode: Encode, start: float, end: float
) -> None:
    """The slide that stands at the start of the trim is shown until the next one's time."""
    white = "drawbox=color=white:t=fill:enable='between(t,2.9,3.1)'"
    path = record(tmp_path / "slides.mp4", 1, 6, white)
    encoded = encode(path, replace(JOB, trim=(start, end))).encoded
    web, rate, frames, seconds = web_of(encoded)
    assert seconds == pytest.approx(end - start, abs=float(1 / rate))
    assert frames == pytest.approx((end - start) * rate, abs=1)
    (shown,) = play(web)
    assert shown.flashes == pytest.approx([3.0 - start], abs=float(1 / rate))
