"""What is copied and why the rest is encoded, decided without a file."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import Channel, Span, StreamPackets
from mentor_transcoder import geometry
from mentor_transcoder.job import Profile
from mentor_transcoder.key_frames import KeyFrames, nal_units
from mentor_transcoder.plan import Plan
from mentor_transcoder.standard import decide
from sources import made_up_source

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP = 60
REORDERED = (0, 3, 1, 2)


def packets(times: Sequence[float], size: int = 8000, group: int = GROUP) -> StreamPackets:
    keys = range(0, len(times), group)
    return StreamPackets(
        count=len(times),
        times=array("d", times),
        sizes=array("q", [size] * len(times)),
        positions=array("q", range(len(times))),
        key_numbers=array("q", keys),
    )


def regular(count: int = 180, rate: int = 30) -> list[float]:
    return [number / rate for number in range(count)]


def standard(
    times: Sequence[float] | None = None,
    *,
    size: int = 8000,
    group: int = GROUP,
    **changes: Any,
) -> Plan:
    """Return the plan of six seconds of 720p that can be copied, or what ``changes`` make of it."""
    times = regular() if times is None else times
    fields: dict[str, Any] = {
        "video_end_s": 6.0,
        "coded_width": 1280,
        "coded_height": 720,
        "video_profile": "High",
        "field_order": "progressive",
        "frame_times": tuple(sorted(times)),
        "picture_packets": packets(times, size, group),
        "audio_codec": "aac",
        "audio_profile": "LC",
        "audio_channels": 2,
        "sound_packets": packets([number * 1024 / 48000 for number in range(280)]),
        "hidden_sounds": 1,
    }
    source = made_up_source(**fields | changes)
    shape = (source.coded_width, source.coded_height)
    frames = {"web": geometry.web(*shape), "mobile": geometry.mobile(*shape)}
    return Plan(Path("source"), source, Span(0, 6), frames, Profile.BALANCED)  # type: ignore[arg-type] # the keys are the literals


def closed(plan: Plan) -> KeyFrames:
    found = plan.source.picture_packets
    return KeyFrames((True,) * len(found.keys if found else ()))


def why(plan: Plan) -> str | None:
    return decide(plan, closed(plan))[1]


def test_standard_input_is_copied_with_its_sound() -> None:
    plan, reason = decide(standard(), closed(standard()))
    assert reason is None
    assert plan.copy is not None
    assert plan.copy.times == pytest.approx(regular())
    assert plan.copy.sound
    assert not plan.copy.ends_early


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("vp9", {"video_codec": "vp9"}),
        ("yuv420p10le", {"pix_fmt": "yuv420p10le"}),
        ("full range", {"pix_fmt": "yuvj420p"}),
        ("full range", {"color_range": "pc"}),
        ("profile Extended", {"video_profile": "Extended"}),
        ("interlaced", {"field_order": "tt"}),
        ("interlaced", {"field_order": None}),
        ("HDR", {"color_transfer": "arib-std-b67"}),
        ("wide gamut", {"color_primaries": "bt2020"}),
        ("colours", {"color_space": "ycgco"}),
        ("rotated", {"has_display_matrix": True}),
        ("pixels not square", {"sample_aspect": Fraction(4, 3)}),
        ("1080p", {"coded_width": 1920, "coded_height": 1080}),
        ("640x480", {"coded_width": 640, "coded_height": 480}),
        ("damaged", {"picture_packets": None}),
        ("hidden pictures", {"hidden_pictures": 2}),
        ("changing size", {"picture_packets": replace(packets(regular()), reconfigured=True)}),
        ("too many pictures", {"picture_packets": replace(packets(regular()), count=181)}),
        ("long groups", {"times": regular(330), "group": 330, "video_end_s": 11.0}),
        ("120 frames a second", {"times": regular(720, 120), "size": 1000, "fps": Fraction(120)}),
        ("gaps", {"times": [*regular(60), *(each + 2.6 for each in regular(100))]}),
        ("picture begins late", {"times": [each + 0.6 for each in regular(160)]}),
        ("two pictures at once", {"times": [*regular(100), *regular(180)[99:]]}),
        ("bit rate", {"size": 26000}),
    ],
)
def test_what_is_not_standard_says_why(reason: str, changes: dict[str, Any]) -> None:
    plan = standard(**changes)
    if "video_end_s" in changes:
        plan = replace(plan, span=Span(0, changes["video_end_s"]))
    assert why(plan) == reason


def test_a_burst_within_the_average_is_encoded() -> None:
    plan = standard()
    found = plan.source.picture_packets
    assert found is not None
    found.sizes[60:80] = array("q", [70_000] * 20)
    assert why(plan) == "peak bit rate"


def test_compat_and_transparency_are_always_encoded() -> None:
    assert why(replace(standard(), profile=Profile.COMPAT)) == "profile compat"
    assert why(replace(standard(), transparent=True)) == "transparency"


def test_a_group_is_closed_if_it_begins_anew_and_nothing_is_shown_before() -> None:
    plan = standard()
    assert decide(plan, KeyFrames((True, False, True)))[1] == "open groups"
    assert decide(plan, KeyFrames((True,) * 3, alike=False))[1] == "changing parameter sets"
    times = regular()
    times[60], times[61] = times[61], times[60]
    leading = standard(times)
    assert decide(leading, closed(leading))[1] == "open groups"


@pytest.mark.parametrize("start", [2.0, 2.02, 1.98])
def test_a_trim_at_a_key_frame_is_copied_and_its_sound_encoded(start: float) -> None:
    plan, reason = decide(replace(standard(), span=Span(start, 3.0)), closed(standard()))
    assert reason is None
    assert plan.copy is not None
    assert plan.span.start == pytest.approx(2.0)
    assert plan.span.end == pytest.approx(start + 3.0)
    assert plan.copy.times == pytest.approx(regular(len(plan.copy.times)))
    assert len(plan.copy.times) == pytest.approx(90, abs=1)
    assert plan.copy.ends_early
    assert not plan.copy.sound


def test_a_trim_elsewhere_is_encoded() -> None:
    assert why(replace(standard(), span=Span(1.5, 3))) == "trim begins between key frames"


def test_a_trim_ends_only_where_all_that_was_decoded_is_shown() -> None:
    times = [(each // 4 * 4 + REORDERED[each % 4]) / 30 for each in range(180)]
    whole = standard(times, video_end_s=6.0)
    assert why(replace(whole, span=Span(0, 4))) is None
    reordered = "trim ends between reordered pictures"
    assert why(replace(whole, span=Span(0, 4 + 2 / 30))) == reordered
    webm = standard(times, container="webm")
    why_webm = "trim of reordered pictures in Matroska"
    assert why(replace(webm, span=Span(2, 4))) == why_webm


@pytest.mark.parametrize(
    "changes",
    [
        {"container": "webm"},
        {"audio_codec": "opus"},
        {"audio_profile": "HE-AAC"},
        {"audio_channels": 6},
        {"hidden_sounds": 40},
        {"audio_start_s": 0.1},
        {"sound_packets": packets([*regular(60), *(each + 2.5 for each in regular(60))])},
    ],
)
def test_sound_that_is_not_a_renditions_is_encoded_alone(changes: dict[str, Any]) -> None:
    plan, reason = decide(standard(**changes), closed(standard()))
    assert reason is None
    assert plan.copy is not None
    assert not plan.copy.sound


def test_sound_of_which_a_channel_is_taken_is_encoded() -> None:
    plan, _ = decide(replace(standard(), channel=Channel(0)), closed(standard()))
    assert plan.copy is not None
    assert not plan.copy.sound


def test_nal_units_after_lengths_and_after_start_codes() -> None:
    assert [*nal_units(b"\0\0\0\2\x67a\0\0\0\x09\x65bcd")] == [b"\x67a", b"\x65bcd"]
    assert [*nal_units(b"\0\0\0\1\x67a\0\0\1\x65bcd")] == [b"\x67a", b"\x65bcd"]
    assert [*nal_units(b"\0\0\0\0\x67a")] == []
