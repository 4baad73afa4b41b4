"""Cues stay until they can be read, where the next one allows it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Cue, spread_short_cues
from mentor_common.captions.cue_times import extend_cues

SHORT = "x" * 10
FAST = "x" * 60  # three seconds' reading


@st.composite
def spoken_cues(draw: st.DrawFn) -> list[Cue]:
    """Cues from first to last word, as they come out of any speech, on milliseconds or between."""
    now, cues = 0.0, []
    for width in draw(st.lists(st.integers(1, 84), max_size=12)):
        now += draw(st.sampled_from([0.0, 0.0004, 0.02, 0.079, 0.08, 0.3, 0.4999, 0.5, 0.9, 3.0]))
        length = draw(st.floats(0.01, 7.0))
        cues.append(Cue(now, now + length, "x" * width))
        now += length
    return cues


@pytest.mark.parametrize(
    ("text", "until", "following", "expected"),
    [
        (SHORT, 2.0, 9.0, 2.0),
        (SHORT, 0.3, 9.0, 1.0),  # a second at least
        (FAST, 2.8, 9.0, 3.0),  # as long as reading takes,
        (FAST, 2.0, 9.0, 2.5),  # if that is half a second at most,
        (FAST, 2.0, 2.3, 2.3),  # and until the next
        (SHORT, 2.0, 2.4, 2.4),  # a flicker is closed
        (SHORT, 2.0, 2.5, 2.0),  # a gap stays
        (FAST, 2.0, 2.9, 2.9),  # nor does reading time leave a flicker
        (SHORT, 7.0, 7.3, 7.0),  # seven seconds at most
        (SHORT, 7.0, 7.05, 6.97),  # and two frames before the next where there is a gap
        (SHORT, 7.0, 7.0, 7.0),
    ],
)
def test_how_long_a_cue_stays(text: str, until: float, following: float, expected: float) -> None:
    cues = extend_cues([Cue(0.0, until, text), Cue(following, following + 2.0, SHORT)])

    assert cues[0] == Cue(0.0, expected, text)


@given(spoken_cues())
def test_the_rules_hold_for_any_speech(spoken: list[Cue]) -> None:
    cues = extend_cues(spoken)

    assert [cue.text for cue in cues] == [cue.text for cue in spoken]
    assert [cue.start for cue in cues] == [round(cue.start, 3) for cue in spoken]
    followers = [*(cue.start for cue in cues), 1e9][1:]
    for before, cue, following in zip(spoken, cues, followers, strict=True):
        gap = round(following - cue.end, 3)
        shown = cue.end - cue.start
        assert gap >= 0
        assert shown <= 7.0005
        assert gap == 0 or gap >= 0.08
        assert gap == 0 or gap >= 0.5 or following - cue.start > 7
        assert gap == 0 or shown >= 0.9995
        too_fast = len(cue.text) > 20 * (shown + 0.0015)
        assert gap == 0 or not too_fast or cue.end >= before.end + 0.4985 or shown >= 6.9


@given(spoken_cues())
def test_cues_that_share_their_time_stay_within_seven_seconds(spoken: list[Cue]) -> None:
    end = spoken[-1].end if spoken else 0.0
    without_time = [replace(c, end=c.start) if len(c.text) < 9 else c for c in extend_cues(spoken)]

    cues = spread_short_cues(without_time, end)

    assert [cue.text for cue in cues] == [cue.text for cue in spoken]
    assert all(cue.end - cue.start <= 7.001 for cue in cues)
    assert all(cue.end <= following.start for cue, following in pairwise(cues))
