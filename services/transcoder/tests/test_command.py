from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from mentor_common.media import GUARD_FLAGS, Source, Span
from mentor_transcoder import geometry
from mentor_transcoder.command import Ffmpeg, build
from mentor_transcoder.complexity import Quality
from mentor_transcoder.job import Profile
from mentor_transcoder.plan import Plan


@pytest.fixture
def plan(source: Source) -> Plan:
    frames = {"web": geometry.web(1920, 1080), "mobile": geometry.mobile(1920, 1080)}
    return Plan(Path("/in/a name.mp4"), source, Span(2, 10), frames, Profile.BALANCED)  # type: ignore[arg-type] # the keys are the literals


def following(argv: tuple[str, ...], option: str) -> list[str]:
    return [argv[index + 1] for index, part in enumerate(argv) if part == option]


def test_one_guarded_input_feeds_everything(plan: Plan) -> None:
    argv = build("ffmpeg", plan, ("web", "mobile"), thumbnail=True).argv
    assert following(argv, "-i") == ["file:/in/a name.mp4"]
    at = argv.index("-protocol_whitelist")
    assert argv[at : at + len(GUARD_FLAGS)] == GUARD_FLAGS
    assert at + len(GUARD_FLAGS) <= argv.index("-ss") < argv.index("-i")
    assert following(argv, "-ss") == ["2.000000"]
    # What stands at the start of the span may have come before it.
    assert argv.index("-noaccurate_seek") < argv.index("-i")


def test_every_output_is_cut_and_stripped(plan: Plan) -> None:
    argv = build("ffmpeg", plan, ("web", "mobile"), thumbnail=True).argv
    assert following(argv, "-t") == ["10.000000"] * 3
    assert following(argv, "-map_metadata") == ["-1", "-1"]
    assert argv[-1] == "thumbnail.jpg"


def test_the_sound_is_encoded_once_for_both_files(plan: Plan) -> None:
    argv = build("ffmpeg", plan, ("web", "mobile"), thumbnail=False).argv
    assert following(argv, "-c:a") == ["aac"]
    assert following(argv, "-f") == ["tee"]
    assert r"select=\'v:0,a\']web.mp4|" in argv[-1]
    assert argv[-1].endswith(r"select=\'v:1,a\']mobile.mp4")


def test_a_single_rendition_is_written_directly(plan: Plan) -> None:
    argv = build("ffmpeg", plan, ("mobile",), thumbnail=False).argv
    assert following(argv, "-f") == ["mp4"]
    assert argv[-1] == "mobile.mp4"


@pytest.mark.parametrize(
    ("profile", "presets", "crfs", "audio", "caps"),
    [
        (Profile.BALANCED, ["faster", "ultrafast"], ["20", "21"], "160k", ["6M", "3M"]),
        (Profile.FAST, ["veryfast", "veryfast"], ["16", "16"], "160k", ["6M", "3M"]),
        (Profile.COMPAT, ["medium", "medium"], ["10", "10"], "320k", []),
    ],
)
def test_a_profile_sets_the_encoder(
    plan: Plan,
    profile: Profile,
    presets: list[str],
    crfs: list[str],
    audio: str,
    caps: list[str],
) -> None:
    plan = replace(plan, profile=profile)
    argv = build("ffmpeg", plan, ("web", "mobile"), thumbnail=False).argv
    assert [*following(argv, "-preset:v:0"), *following(argv, "-preset:v:1")] == presets
    assert [*following(argv, "-crf:v:0"), *following(argv, "-crf:v:1")] == crfs
    assert following(argv, "-b:a") == [audio]
    assert [*following(argv, "-maxrate:v:0"), *following(argv, "-maxrate:v:1")] == caps


def test_a_look_at_the_source_sets_the_web_rendition_alone(plan: Plan) -> None:
    plan = replace(plan, web_quality=Quality("veryfast", 17, "rc-lookahead=5"))
    argv = build("ffmpeg", plan, ("web", "mobile"), thumbnail=False).argv
    assert (following(argv, "-preset:v:0"), following(argv, "-crf:v:0")) == (["veryfast"], ["17"])
    assert (following(argv, "-preset:v:1"), following(argv, "-crf:v:1")) == (["ultrafast"], ["21"])
    assert following(argv, "-maxrate:v:0") == ["6M"]
    assert following(argv, "-x264-params:v:0") == ["rc-lookahead=5"]


@pytest.mark.parametrize(
    ("profile", "refined"), [(Profile.BALANCED, 1), (Profile.FAST, 0), (Profile.COMPAT, 0)]
)
def test_balanced_brings_back_to_mobile_alone_what_the_preset_leaves_out(
    plan: Plan, profile: Profile, refined: int
) -> None:
    plan = replace(plan, profile=profile)
    both = build("ffmpeg", plan, ("web", "mobile"), thumbnail=False).argv
    alone = build("ffmpeg", plan, ("mobile",), thumbnail=False).argv
    added = "subme=1:bframes=1:b-adapt=0:deblock=0,0"
    assert following(both, "-x264-params:v:0") == []
    assert following(both, "-x264-params:v:1") == [added] * refined
    assert following(alone, "-x264-params:v:0") == [added] * refined


@pytest.mark.parametrize(
    ("fps", "graph"),
    [
        (Fraction(60), "fps=30,"),
        (Fraction(30000, 1001), "fps=30000/1001,"),
        (Fraction(15), "fps=15,"),
    ],
)
def test_the_rate_is_constant_and_not_raised_from_15_on(
    plan: Plan, fps: Fraction, graph: str
) -> None:
    plan = replace(plan, source=replace(plan.source, fps=fps))
    argv = build("ffmpeg", plan, ("web",), thumbnail=False).argv
    (filters,) = following(argv, "-filter_complex")
    assert f",{graph}" in filters


def test_sound_that_ends_before_the_span_is_left_out(plan: Plan) -> None:
    assert plan.has_sound
    late = replace(plan, span=Span(9, 10))
    assert not late.has_sound
    argv = build("ffmpeg", late, ("web", "mobile"), thumbnail=False).argv
    assert "-c:a" not in argv
    assert r"select=\'v:0\'" in argv[-1]


def test_a_rendition_lasts_to_the_end_of_picture_or_sound(plan: Plan) -> None:
    longer_sound = replace(plan.source, video_end_s=7.0)
    assert replace(plan, source=longer_sound).length_s == pytest.approx(6)
    assert replace(plan, source=longer_sound).picture_s == pytest.approx(5)
    assert plan.length_s == pytest.approx(10)


def test_ffmpy_leaves_spaces_and_quotes_of_options_alone() -> None:
    argv = Ffmpeg(
        "/opt/my tools/ffmpeg", ["-y"], {"file:/a b's.mp4": ["-x", "c 'd'"]}, {"o ut": ["e f"]}
    ).argv
    expected = ("-y", "-x", "c 'd'", "-i", "file:/a b's.mp4", "e f", "o ut")
    assert argv == ("/opt/my tools/ffmpeg", *expected)
