"""The thumbnail shows the first frame near one second that is neither black nor blank."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from mentor_local.corpus.colours import BT709
from mentor_transcoder.job import EncodeJob, Profile
from mentor_transcoder.thumbnail import Sample, choose_moment, parse_samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]

JOB: Final = EncodeJob(profile=Profile.FAST, thumbnail=True)
# A scene whose lower edge shows the time: its brightness is 40 more with each second.
CLOCK: Final = "color=black:s=320x20:r=20:d=4,format=yuv420p,geq=lum=30+40*T:cb=128:cr=128"
SCENE: Final = (
    f"{CLOCK}[clock];testsrc2=s=320x180:r=20:d=4[room];[room][clock]overlay=y=160,format=yuv420p"
)


def make(path: Path, picture: str, *encoder: str) -> Path:
    encoder = (*(encoder or ("-c:v", "libx264", "-preset", "ultrafast")), *BT709)
    source = ("-f", "lavfi", "-i", picture)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *source, *encoder, str(path)], check=True)
    return path


def clock(thumbnail: Path) -> float:
    """Return at which second of `SCENE` a picture was taken, to a tenth or so."""
    crop = "crop=200:8:60:168,scale=out_range=tv,format=yuv444p,scale=1:1:flags=area"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(thumbnail), "-vf", crop]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    return (raw[0] - 30) / 40


def covered(start: float, end: float, colour: str) -> str:
    """Return the scene with one colour all over it from ``start`` to ``end``."""
    return f"{SCENE},drawbox=c={colour}:t=fill:enable='gte(t,{start})*lt(t,{end})'"


@pytest.mark.parametrize(
    ("picture", "trim", "at"),
    [
        (covered(0, 2.4, "black"), None, 2.5),
        (covered(0, 2.4, "gray"), None, 2.5),
        (covered(0, 1.8, "0x2040c0"), None, 2.0),
        (covered(0.95, 1.25, "white"), None, 1.3),
        # A third faded in at 1.3 s the clock reads 0.2; at 1.0 s it would read -0.2.
        (f"{SCENE},fade=t=in:st=0.9:d=1.2", None, 0.2),
        (covered(0, 2.4, "black"), (1, 4), 2.5),
        (covered(0.6, 4, "black"), None, 0.5),
    ],
    ids=[
        "begins black",
        "begins grey",
        "begins in one colour",
        "white flash",
        "fade-in",
        "trim begins black",
        "black from there on",
    ],
)
def test_the_thumbnail_is_the_first_frame_that_is_neither_black_nor_blank(
    picture: str, trim: tuple[float, float] | None, at: float, tmp_path: Path, encode: Encode
) -> None:
    encoded = encode(make(tmp_path / "clip.mp4", picture), replace(JOB, trim=trim)).encoded
    assert clock(encoded.thumbnail) == pytest.approx(at, abs=0.15)


def test_a_transparent_video_that_begins_black_is_treated_alike(
    tmp_path: Path, encode: Encode
) -> None:
    picture = f"{covered(0, 1.8, 'black')},format=yuva420p"
    vp8 = (
        *("-c:v", "libvpx"),
        *("-auto-alt-ref", "0", "-deadline", "realtime", "-cpu-used", "8", "-threads", "1"),
    )
    encoded = encode(make(tmp_path / "clip.webm", picture, *vp8, "-b:v", "4M"), JOB).encoded
    assert encoded.web.transparent is not None
    assert clock(encoded.thumbnail) == pytest.approx(2.0, abs=0.15)


def test_a_good_first_frame_is_taken_without_a_second_run(tmp_path: Path, encode: Encode) -> None:
    result = encode(make(tmp_path / "clip.mp4", SCENE), JOB)
    assert clock(result.encoded.thumbnail) == pytest.approx(1.0, abs=0.15)
    assert [run.tool for run in result.timings].count("ffmpeg") == 1


def samples(*details: float) -> list[Sample]:
    return [Sample(at / 2, detail) for at, detail in enumerate(details)]


@pytest.mark.parametrize(
    ("details", "at"),
    [
        ((90, 90, 90, 90), None),
        ((0, 0, 0, 90, 90), 1.5),
        ((0, 0, 10, 60, 90, 90, 90), 1.5),  # a fade-in
        ((12, 12, 11, 13, 12), None),  # somebody in a dark room
        ((15, 15, 15, 15, 15, 15, 50, 50), None),  # who then lights a lamp
        ((0, 0, 0, 0), None),  # black throughout
        ((0, 0, 1, 0, 4, 5, 2), 2.0),  # so dark that nothing counts as shown: nearly the best
        ((90, 50, 0, 0, 0), 0.5),  # black from there on
        ((), None),
    ],
)
def test_the_moment_by_the_detail_of_the_frames(
    details: tuple[float, ...], at: float | None
) -> None:
    assert choose_moment(samples(*details), 1.0) == at


def test_measurements_cut_short_are_left_out() -> None:
    values = {"YLOW": 20, "YHIGH": 90, "ULOW": 120, "UHIGH": 130, "VLOW": 128, "VHIGH": 133}
    lines = ["frame:0    pts:15      pts_time:0.5"]
    lines += [f"lavfi.signalstats.{name}={value}" for name, value in values.items()]
    cut = ["frame:1    pts:30      pts_time:1", "lavfi.signalstats.YLOW=20"]
    assert parse_samples("\n".join([*lines, *cut])) == [Sample(0.5, 85)]
