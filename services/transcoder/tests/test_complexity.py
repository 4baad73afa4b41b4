from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import inspect
from mentor_transcoder.complexity import (
    Quality,
    build_look,
    look,
    parse_look,
    web_quality,
)
from mentor_transcoder.encode import plan_of
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_transcoder.plan import Plan
    from real_clips import ClipMaker

STILL = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=3,loop=-1:1,trim=end=3")
MOVING = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=3,scroll=h=0.02")
_PAGE = "color=white:s=640x360:r=30:d=3,drawgrid=w=9:h=13:c=black"
SCROLLED = ("-f", "lavfi", "-i", f"{_PAGE},scroll=v=0.02,format=yuv420p")
NOISY = (*STILL[:-1], f"{STILL[-1]},noise=c0s=40:c0f=t")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M", "-g", "30")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-g", "30", "-pix_fmt", "yuv444p")


CHEAP, THOROUGH = Quality("superfast", 17, "mbtree=1:rc-lookahead=10"), Quality("faster", 20)


@pytest.mark.parametrize(
    ("bit_rate", "quality"),
    [(None, THOROUGH), (0.0, CHEAP), (6_000_000, CHEAP), (6_000_001, THOROUGH)],
)
def test_what_does_not_fit_into_the_cap_has_the_better_preset(
    bit_rate: float | None, quality: Quality
) -> None:
    assert web_quality(bit_rate) == quality


def test_a_quality_is_said_to_ffmpeg_by_stream() -> None:
    plain = ["-preset:v:1", "faster", "-crf:v:1", "20"]
    assert THOROUGH.options(1) == plain
    ahead = ["-x264-params:v:0", "mbtree=1:rc-lookahead=10"]
    assert CHEAP.options(0) == ["-preset:v:0", "superfast", "-crf:v:0", "17", *ahead]


def printed(*sizes: int) -> str:
    packets = (
        f"0, {number - 2:10}, {number:10},        1, {size:8}, 0x1b10cd9f, F=0x0, S=1, 8, 0x8\n"
        for number, size in enumerate(sizes)
    )
    return "".join(("#software: Lavf\n#dimensions 0: 1280x720\n", *packets))


def test_the_key_frame_of_each_piece_does_not_count() -> None:
    piece = [90_000, *[2_000] * 3, *[7_000] * 2]
    assert parse_look(printed(*piece, *piece), Fraction(25)) == 8 * 4_000 * 25


@pytest.mark.parametrize("text", ["", "garbage", printed(9_000)])
def test_packets_that_say_nothing_are_none(text: str) -> None:
    assert parse_look(text, Fraction(30)) is None


def planned(path: Path, job: EncodeJob) -> Plan:
    return plan_of(path, asyncio.run(inspect(path)), job)


@pytest.fixture
def looked(ffmpeg: str) -> Callable[..., float | None]:
    """Return a function that looks at a file with this ffmpeg."""

    def work(path: Path, job: EncodeJob, program: str = ffmpeg) -> float | None:
        return asyncio.run(look(planned(path, job), ffmpeg=program, timings=[]))

    return work


@pytest.mark.parametrize("trim", [None, (0.5, 2.9)])
def test_noise_is_told_from_motion_and_from_a_screen(
    clip_maker: ClipMaker,
    looked: Callable[..., float],
    trim: tuple[float, float] | None,
) -> None:
    job = EncodeJob(trim=trim)
    still = looked(clip_maker("still.webm", *STILL, *VP9), job)
    moving = looked(clip_maker("moving.webm", *MOVING, *VP9), job)
    scrolled = looked(clip_maker("scrolled.webm", *SCROLLED, *VP9), job)
    noisy = looked(clip_maker("noisy.mp4", *NOISY, *X264), job)
    assert [web_quality(each) for each in (still, moving, scrolled)] == [CHEAP] * 3
    assert still < moving
    assert web_quality(noisy) == THOROUGH


def test_one_look_sees_about_the_bit_rate_of_the_rendition(
    clip_maker: ClipMaker, looked: Callable[..., float], encode: Callable[[Path, EncodeJob], Any]
) -> None:
    path = clip_maker("moving.webm", *MOVING, *VP9)
    seen = looked(path, EncodeJob())
    result = encode(path, EncodeJob())
    assert [run.tool for run in result.timings].count("look") == 1
    web = result.encoded.web
    real = 8000 * web.size_bytes / web.duration_ms
    assert real / 3 < seen < 3 * real


def test_a_look_costs_few_frames(clip: Callable[[str], Path]) -> None:
    plan = planned(clip("counted.mp4"), EncodeJob())
    for length, pieces in ((6, 1), (45, 2), (1200, 3)):
        argv = build_look("ffmpeg", replace(plan, span=replace(plan.span, length=length)))
        assert argv.count("-i") == argv.count("-codec_whitelist") == pieces
        (graph,) = [part for part in argv if "concat" in part]
        assert graph.count("trim=end_frame=6") == pieces


def test_short_spans_are_not_looked_at(
    clip: Callable[[str], Path], looked: Callable[..., float | None]
) -> None:
    assert looked(clip("counted.mp4"), EncodeJob(trim=(1, 2.9))) is None
    assert looked(clip("counted.mp4"), EncodeJob()) is not None


@pytest.mark.parametrize("program", ["/usr/bin/false", "/nowhere/ffmpeg"])
def test_a_look_that_fails_is_none(
    clip: Callable[[str], Path], looked: Callable[..., float | None], program: str
) -> None:
    assert looked(clip("counted.mp4"), EncodeJob(), program) is None


def test_a_look_that_does_not_end_is_none(
    clip: Callable[[str], Path],
    looked: Callable[..., float | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mentor_transcoder.complexity._TIMEOUT_S", 0.0)
    assert looked(clip("counted.mp4"), EncodeJob()) is None


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("counted.webm", Profile.COMPAT),
        ("copied.mp4", Profile.BALANCED),
    ],
)
def test_only_what_is_encoded_as_balanced_is_looked_at(
    clip: Callable[[str], Path],
    clip_maker: ClipMaker,
    encode: Callable[[Path, EncodeJob], Any],
    name: str,
    profile: Profile,
) -> None:
    moving = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=3")
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60")
    path = clip_maker(name, *moving, *x264) if name == "copied.mp4" else clip(name)
    result = encode(path, EncodeJob(profile=profile))
    assert isinstance(result.encoded.web, Rendition)
    assert [run.tool for run in result.timings].count("look") == 0


def test_no_upload_fails_for_want_of_a_look(
    clip: Callable[[str], Path],
    encode: Callable[[Path, EncodeJob], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = ["/usr/bin/false"]
    monkeypatch.setattr("mentor_transcoder.complexity.build_look", lambda *_: broken)
    encoded = encode(clip("counted.webm"), EncodeJob()).encoded
    assert isinstance(encoded.web, Rendition)
    assert isinstance(encoded.mobile, Rendition)
