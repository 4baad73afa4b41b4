"""The sound of a rendition is in time to 20 ms and comes from both sides."""

from __future__ import annotations

import math
import subprocess
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from mentor_local.corpus.colours import BT709
from mentor_local.corpus.measure import beeps
from mentor_local.corpus.sound import SOUND_CLIPS, SoundClip
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]

JOB: Final = EncodeJob(profile=Profile.FAST)
SYNC_S: Final = 0.020


@pytest.mark.parametrize("recording", SOUND_CLIPS, ids=lambda recording: recording.name)
def test_holes_and_overlaps_do_not_shift_the_sound(
    recording: SoundClip, tmp_path: Path, encode: Encode
) -> None:
    web = encode(recording.make(tmp_path), JOB).encoded.web
    assert isinstance(web, Rendition)
    assert beeps(web.path) == pytest.approx(recording.beeps, abs=SYNC_S)


def test_holes_do_not_shift_the_sound_after_a_trim(tmp_path: Path, encode: Encode) -> None:
    recording = next(each for each in SOUND_CLIPS if each.name.startswith("holes"))
    web = encode(recording.make(tmp_path), replace(JOB, trim=(0.7, 2.9))).encoded.web
    assert isinstance(web, Rendition)
    assert beeps(web.path) == pytest.approx((0.3, 0.8, 1.3, 1.8), abs=SYNC_S)


# A voice: three syllables a second.
VOICE: Final = "0.3*sin(2*PI*300*t)*gt(sin(2*PI*3*t)\\,0)"
DIFFERENT: Final = "0.3*sin(2*PI*700*t)*gt(sin(2*PI*2*t)\\,0)"


def levels(path: Path) -> tuple[float, ...]:
    """Return RMS of left, right, and of their mean as a phone's one loudspeaker plays it."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    samples = array("h", subprocess.run(command, check=True, capture_output=True).stdout)
    left, right = samples[0::2], samples[1::2]
    mono = [(one + other) / 2 for one, other in zip(left, right, strict=True)]
    return tuple(math.sqrt(sum(v * v for v in each) / len(each)) for each in (left, right, mono))


@pytest.mark.parametrize(
    ("left", "right"),
    [("0", VOICE), (VOICE, "0"), (VOICE, f"-{VOICE}")],
    ids=["left is dead", "right is dead", "opposite phase"],
)
def test_a_dead_or_inverted_channel_is_replaced_by_the_living_one(
    left: str, right: str, tmp_path: Path, encode: Encode
) -> None:
    path = stereo(tmp_path / "stereo.mkv", left, right)
    living = max(levels(path)[:2])
    web = encode(path, JOB).encoded.web
    assert isinstance(web, Rendition)
    assert levels(web.path) == pytest.approx((living, living, living), rel=0.1)


def test_channels_that_differ_stay_apart(tmp_path: Path, encode: Encode) -> None:
    path = stereo(tmp_path / "stereo.mkv", VOICE, DIFFERENT)
    web = encode(path, JOB).encoded.web
    assert isinstance(web, Rendition)
    assert levels(web.path) == pytest.approx(levels(path), rel=0.1)


def stereo(path: Path, left: str, right: str) -> Path:
    """Write three seconds with a channel on each side."""
    picture = ("-f", "lavfi", "-i", "color=gray:s=320x180:r=10:d=3")
    sound = ("-f", "lavfi", "-i", f"aevalsrc={left}|{right}:s=16000:d=3")
    encoders = ("-c:v", "libx264", "-preset", "ultrafast", *BT709, "-c:a", "pcm_s16le")
    command = ["ffmpeg", "-nostdin", "-v", "error", *picture, *sound, *encoders, str(path)]
    subprocess.run(command, check=True)
    return path
