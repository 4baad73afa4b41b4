from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import inspect
from mentor_transcoder.complexity import (
    Complexity,
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

STILL = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6,loop=-1:1,trim=end=6")
MOVING = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6,scroll=h=0.02")
NOISY = (*STILL[:-1], f"{STILL[-1]},noise=c0s=40:c0f=t")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M", "-g", "30")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-g", "30", "-pix_fmt", "yuv444p")


@pytest.mark.parametrize(
    ("complexity", "quality"),
    [
        (None, Quality("faster", 20)),
        (Complexity(0.8, 0.35), Quality("veryfast", 17)),
        (Complexity(0.0, 0.0), Quality("veryfast", 17)),
        (Complexity(1.1, 1.9), Quality("faster", 20)),
        (Complexity(0.7, 0.5), Quality("faster", 20)),
        (Complexity(1.0, 0.8), Quality("faster", 20)),
        (Complexity(1.2, 0.8), Quality("veryfast", 17)),
        (Complexity(1.3, 0.2), Quality("superfast", 20)),
        (Complexity(8.0, 0.9), Quality("superfast", 20)),
        (Complexity(1.9, 1.2), Quality("faster", 20)),
    ],
)
def test_the_setting_follows_motion_and_noise(
    complexity: Complexity | None, quality: Quality
) -> None:
    assert web_quality(complexity) == quality


def printed(*figures: tuple[float, float]) -> str:
    return "".join(
        f"frame:{number}    pts:{number}       pts_time:{number / 30}\n"
        f"lavfi.signalstats.YMIN=16\nlavfi.signalstats.YDIF={difference}\n"
        f"lavfi.vmafmotion.score={motion:f}\n"
        for number, (motion, difference) in enumerate(figures)
    )


def test_the_first_frame_of_each_piece_does_not_count() -> None:
    piece = [(90.0, 95.0), *[(2.0, 2.5)] * 9]
    assert parse_look(printed(*piece, *piece)) == Complexity(2.0, 0.5)


@pytest.mark.parametrize("text", ["", "garbage", printed((9.0, 9.0))])
def test_figures_that_say_nothing_are_none(text: str) -> None:
    assert parse_look(text) is None


def planned(path: Path, job: EncodeJob) -> Plan:
    return plan_of(path, asyncio.run(inspect(path)), job)


@pytest.fixture
def looked(ffmpeg: str) -> Callable[..., Complexity | None]:
    """Return a function that looks at a file with this ffmpeg."""

    def work(path: Path, job: EncodeJob, program: str = ffmpeg) -> Complexity | None:
        return asyncio.run(look(planned(path, job), ffmpeg=program, timings=[]))

    return work


@pytest.mark.parametrize("trim", [None, (0.5, 5.9)])
def test_motion_and_noise_are_told_from_each_other(
    clip_maker: ClipMaker,
    looked: Callable[..., Complexity],
    trim: tuple[float, float] | None,
) -> None:
    job = EncodeJob(trim=trim)
    still = looked(clip_maker("still.webm", *STILL, *VP9), job)
    moving = looked(clip_maker("moving.webm", *MOVING, *VP9), job)
    noisy = looked(clip_maker("noisy.mp4", *NOISY, *X264), job)
    assert web_quality(still) == Quality("veryfast", 17)
    assert web_quality(moving) == Quality("superfast", 20)
    assert noisy.noise > still.noise + 0.5
    assert web_quality(noisy) == Quality("faster", 20)


def test_a_look_costs_few_frames(clip: Callable[[str], Path]) -> None:
    plan = planned(clip("counted.mp4"), EncodeJob())
    for length, pieces in ((6, 1), (45, 2), (1200, 3)):
        argv = build_look("ffmpeg", replace(plan, span=replace(plan.span, length=length)))
        assert argv.count("-i") == argv.count("-codec_whitelist") == pieces
        (graph,) = [part for part in argv if "concat" in part]
        assert graph.count("trim=end_frame=10") == pieces


def test_short_spans_are_not_looked_at(
    clip: Callable[[str], Path], looked: Callable[..., Complexity | None]
) -> None:
    assert looked(clip("counted.mp4"), EncodeJob(trim=(1, 5))) is None
    assert looked(clip("counted.mp4"), EncodeJob()) is not None


@pytest.mark.parametrize("program", ["/usr/bin/false", "/nowhere/ffmpeg"])
def test_a_look_that_fails_is_none(
    clip: Callable[[str], Path], looked: Callable[..., Complexity | None], program: str
) -> None:
    assert looked(clip("counted.mp4"), EncodeJob(), program) is None


def test_a_look_that_does_not_end_is_none(
    clip: Callable[[str], Path],
    looked: Callable[..., Complexity | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mentor_transcoder.complexity._TIMEOUT_S", 0.0)
    assert looked(clip("counted.mp4"), EncodeJob()) is None


@pytest.mark.parametrize(
    ("name", "profile", "looks"),
    [
        ("counted.webm", Profile.BALANCED, 1),
        ("counted.webm", Profile.FAST, 0),
        ("counted.webm", Profile.COMPAT, 0),
        ("copied.mp4", Profile.BALANCED, 0),
    ],
)
def test_only_what_is_encoded_as_balanced_is_looked_at(
    clip: Callable[[str], Path],
    clip_maker: ClipMaker,
    encode: Callable[[Path, EncodeJob], Any],
    name: str,
    profile: Profile,
    looks: int,
) -> None:
    moving = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=6")
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60")
    path = clip_maker(name, *moving, *x264) if name == "copied.mp4" else clip(name)
    result = encode(path, EncodeJob(profile=profile))
    assert isinstance(result.encoded.web, Rendition)
    assert [run.tool for run in result.timings].count("look") == looks


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
