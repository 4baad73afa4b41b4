"""Which channel stands for all: stereo in opposite phase, a dead channel, one of constant noise."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import pytest

from mentor_common.media import Source, Span, ToolRun
from mentor_common.media.channels import (
    Channel,
    Levels,
    choose_channel,
    choose_uncancelled,
    pick_channel,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEFT, RIGHT = Channel(0), Channel(1)
# Swelling and fading as speech does, with nothing in common but that.
VOICE = "0.4*sin(2*PI*440*t)*pow(sin(2*PI*0.7*t),4)"
OTHER = "0.4*sin(2*PI*620*t)*pow(cos(2*PI*0.5*t),4)"
TONE = "0.3*sin(2*PI*330*t)"
NOISE = "0.1*(random(1)-0.5)"
# One is measured here as if there might be more, for it to be seen that nothing is ever chosen.
CHANNELS = {"mono": None, "stereo": 2, "5.1": 6}


@pytest.fixture
def source(make_source: Callable[[], Source]) -> Source:
    return replace(make_source(), video_index=1, audio_index=0)


def sound(path: Path, expressions: str, layout: str, seconds: float) -> None:
    made = f"aevalsrc='{expressions}':s=16000:d={seconds}:c={layout}"
    source = ["-f", "lavfi", "-i", made]
    coded = ["-c:a", "pcm_s16le", str(path)]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *source, *coded], check=True)


@pytest.mark.parametrize(
    ("layout", "expressions", "channel"),
    [
        ("mono", VOICE, None),
        ("stereo", f"{VOICE}|{VOICE}", None),  # dual mono
        ("stereo", f"{VOICE}|0.3*{VOICE}", None),  # spoken beside the middle
        ("stereo", f"{VOICE}|{OTHER}", None),  # two microphones, two speakers
        ("stereo", f"{VOICE}|{TONE}*lt(mod(t,3),1)", None),  # music between sentences
        ("stereo", "0|0", None),
        ("stereo", f"{VOICE}|-1*{VOICE}", LEFT),  # opposite phase
        ("stereo", f"0.6*{VOICE}|-1*{VOICE}", RIGHT),  # the same, one side louder
        ("stereo", f"{VOICE}|{VOICE}*if(lt(t,3),1,-1)", LEFT),  # for a part of the time
        ("stereo", f"{VOICE}+0.1*{TONE}|-1*{VOICE}+0.1*{TONE}", LEFT),  # the voice alone
        ("stereo", f"{VOICE}|0", LEFT),  # dead channels
        ("stereo", f"0|{VOICE}", RIGHT),
        ("stereo", f"0.001*{VOICE}|{VOICE}", RIGHT),  # crosstalk
        ("stereo", f"0.2|{VOICE}", RIGHT),  # nothing but an offset
        ("stereo", f"0.1*sin(2*PI*50*t)|{VOICE}", RIGHT),  # hum
        ("stereo", f"{VOICE}|{NOISE}", LEFT),
        ("stereo", f"3*{NOISE}|{VOICE}", RIGHT),  # noise as loud as the voice
        ("5.1", f"0|0|{VOICE}|0.2*sin(2*PI*40*t)|0.1*{OTHER}|0.1*{OTHER}", None),
        ("5.1", f"{VOICE}|-1*{VOICE}|0|0|0|0", LEFT),
        ("5.1", f"{VOICE}|{VOICE}|-1.4142*{VOICE}|0|0|0", Channel(2, folded=False)),
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_the_channel_is_chosen_by_what_is_heard(
    layout: str, expressions: str, channel: Channel | None, source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "sound.mov"
    sound(path, expressions, layout, 6)
    described = replace(source, audio_channels=CHANNELS[layout])

    assert asyncio.run(pick_channel(path, described, Span(0.0, 6.0))) == channel


@pytest.mark.parametrize(
    ("layout", "expressions", "channels", "runs"),
    [
        ("mono", VOICE, 1, 0),  # nothing to choose from
        ("stereo", f"{VOICE}|0", 2, 1),
        ("stereo", "0|0", 2, 1),  # a fold-down of two cancels nothing
        ("5.1", f"{VOICE}|{VOICE}|0|0|0|0", 6, 1),
        ("5.1", "0|0|0|0|0|0", 6, 2),
        ("stereo", "0|0", None, 2),  # there may be more than the two
    ],
)
@pytest.mark.usefixtures("ffmpeg")
def test_no_more_is_measured_than_there_is_to_choose_from(
    layout: str,
    expressions: str,
    channels: int | None,
    runs: int,
    source: Source,
    tmp_path: Path,
) -> None:
    path = tmp_path / "sound.mov"
    sound(path, expressions, layout, 1)
    timings: list[ToolRun] = []
    described = replace(source, audio_channels=channels)

    asyncio.run(pick_channel(path, described, Span(0.0, 1.0), timings=timings))

    assert len(timings) == runs


@pytest.mark.usefixtures("ffmpeg")
def test_only_the_span_is_measured(source: Source, tmp_path: Path) -> None:
    """Opposite phase before the trim says nothing about the part that is kept."""
    path = tmp_path / "sound.mov"
    sound(path, f"{VOICE}|{VOICE}*if(lt(t,3),-1,1)", "stereo", 6)

    assert asyncio.run(pick_channel(path, source, Span(3.2, 2.8))) is None
    assert asyncio.run(pick_channel(path, source, Span(0.0, 2.8))) == LEFT


def test_without_sound_nothing_is_run(source: Source, tmp_path: Path) -> None:
    timings: list[ToolRun] = []
    silent = Source(**(vars(source) | {"audio_index": None}))

    picked = pick_channel(tmp_path / "none.mp4", silent, Span(0.0, 6.0), timings=timings)

    assert asyncio.run(picked) is None
    assert timings == []


@pytest.mark.usefixtures("ffmpeg")
def test_a_sound_that_cannot_be_read_is_mixed_as_usual(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no media")

    assert asyncio.run(pick_channel(path, source, Span(0.0, 6.0))) is None


def test_the_filters_fill_every_output_from_the_channel() -> None:
    folded = "aformat=channel_layouts=stereo,"

    assert LEFT.filters("mono") == f"{folded}pan=mono|c0=c0"
    assert RIGHT.filters("stereo") == f"{folded}pan=stereo|c0=c1|c1=c1"
    assert Channel(2, folded=False).filters("stereo") == "pan=stereo|c0=c2|c1=c2"


def test_a_few_clicks_do_not_make_a_dead_channel_alive() -> None:
    spoken = [Levels(-20.0 - index % 13, -inf, -26.0 - index % 13) for index in range(400)]
    clicks = [Levels(-30.0, -20.0, -26.0)] * 2
    word = [Levels(-60.0, -25.0, -31.0)] * 5

    assert choose_channel([*spoken, *clicks]) == LEFT
    assert choose_channel([*spoken, *word]) is None


def test_silence_between_words_does_not_count() -> None:
    cancelled = [Levels(-20.0, -20.0, -60.0)] * 3

    assert choose_channel([*[Levels(-70.0, -71.0, -70.5)] * 500, *cancelled]) == LEFT


def test_a_short_sound_is_not_taken_for_noise() -> None:
    """A vowel of one second has a constant level, too."""
    assert choose_channel([Levels(-20.0, -20.0 - 3 * index, -23.0) for index in range(5)]) is None


def test_a_fold_down_that_is_only_quieter_is_used() -> None:
    """ffmpeg gives a side channel of 7.1 a share of -13 dB."""
    channels = [[-inf, -20.0, -inf]] * 9

    assert choose_uncancelled(channels, [Levels(-33.0, -inf, -39.0)] * 9) is None
    assert choose_uncancelled(channels, [Levels(-70.0, -inf, -76.0)] * 9) == Channel(
        1, folded=False
    )
    assert choose_uncancelled([], []) is None
