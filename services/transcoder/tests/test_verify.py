from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from mentor_common.media import Span, inspect
from mentor_transcoder import geometry
from mentor_transcoder.geometry import Frame
from mentor_transcoder.job import Profile, Rendition
from mentor_transcoder.plan import Plan
from mentor_transcoder.verify import VerificationError, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Clip = Callable[[str], Path]

# The clips are 4:2:0 H.264 with AAC, so each is a correct rendition of itself.
ITSELF = Frame(320, 180, "null")


@pytest.fixture
def plan(clip: Clip) -> Plan:
    path = clip("counted.mp4")
    source = asyncio.run(inspect(path))
    return Plan(path, source, Span(0, 3), {"web": geometry.web(320, 180)}, Profile.FAST)


def check(path: Path, plan: Plan, frame: Frame = ITSELF) -> Rendition:
    return asyncio.run(verify(path, plan, frame, ffprobe="ffprobe", timeout_s=30, timings=None))


def test_what_was_asked_for_passes(plan: Plan) -> None:
    rendition = check(plan.path, plan)
    assert rendition.duration_ms == pytest.approx(3000, abs=30)
    assert rendition.size_bytes == plan.path.stat().st_size


def test_another_size_is_seen(plan: Plan) -> None:
    with pytest.raises(VerificationError, match="320, 180"):
        check(plan.path, plan, replace(ITSELF, width=322))


def test_other_colour_labels_are_seen(plan: Plan, clip: Clip, tmp_path: Path) -> None:
    other = tmp_path / "web.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(clip("counted.mp4")), "-c", "copy"]
    relabel = "h264_metadata=matrix_coefficients=6:video_full_range_flag=1"
    subprocess.run([*command, "-bsf:v", relabel, str(other)], check=True)
    with pytest.raises(VerificationError, match=r"colours .*'pc'.*'smpte170m'"):
        check(other, plan)


def test_another_length_is_seen(plan: Plan) -> None:
    with pytest.raises(VerificationError, match=r"expected 2\.000"):
        check(plan.path, replace(plan, span=Span(0, 2)))


def test_missing_frames_are_seen(plan: Plan) -> None:
    denser = replace(plan, source=replace(plan.source, fps=Fraction(24), frame_times=()))
    with pytest.raises(VerificationError, match="90 frames, expected about 72"):
        check(plan.path, denser)


def test_a_missing_and_an_unexpected_stream_are_seen(plan: Plan, clip: Clip) -> None:
    with pytest.raises(VerificationError, match="streams"):
        check(clip("silent.mp4"), plan)
    silent = replace(plan, source=replace(plan.source, audio_start_s=None, audio_end_s=None))
    with pytest.raises(VerificationError, match="streams"):
        check(plan.path, silent)


def test_a_file_without_an_end_is_seen(plan: Plan, tmp_path: Path) -> None:
    part = tmp_path / "web.mp4"
    part.write_bytes(plan.path.read_bytes()[:20_000])
    with pytest.raises(VerificationError, match="cannot be read"):
        check(part, plan)
