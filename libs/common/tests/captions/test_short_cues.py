"""Cues that would flash by, keys of captions sent by hand, and the word-timing document."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import (
    Cue,
    TimedTranscript,
    Word,
    cues_from_words,
    is_manual_captions,
    manual_captions_key,
    retime,
    spread_short_cues,
)

MENTOR, QUESTION = "5ee0000000000000000000b1", "5ee0000000000000000000c1"


def test_cues_that_can_be_seen_stay_as_they_are() -> None:
    cues = [Cue(0.0, 1.0, "one"), Cue(1.0, 3.0, "two"), Cue(5.0, 5.3, "three")]
    assert spread_short_cues(cues, 9.0) == cues
    assert spread_short_cues([Cue(0.0, 3.0, "one")], 2.5) == [Cue(0.0, 2.5, "one")]


def test_a_cue_without_time_shares_that_of_its_neighbours_by_length() -> None:
    cues = [Cue(0.0, 2.0, "abcd"), Cue(2.0, 2.0, "abcdefgh"), Cue(2.0, 4.0, "abcd")]
    assert [(cue.start, cue.end) for cue in spread_short_cues(cues, 4.0)] == [
        (0, 1),
        (1, 3),
        (3, 4),
    ]


@given(
    st.lists(st.sampled_from(["well", "and", "then"]), min_size=1, max_size=12),
    st.lists(st.sampled_from(["xylophone", "quite", "unexpectedly"]), max_size=90),
    st.integers(0, 12),
)
def test_whatever_is_inserted_no_text_flashes_by_while_there_is_time(
    spoken: list[str], added: list[str], at: int
) -> None:
    words = [Word(text, 2.0 * i, 2.0 * i + 2.0, 0.9) for i, text in enumerate(spoken)]
    text = " ".join([*spoken[:at], *added, *spoken[at:]])
    end = 2.0 * len(spoken)
    cues = spread_short_cues(cues_from_words(retime(words, text, (0.0, end))), end)
    assert " ".join(cue.text for cue in cues).split() == text.split()
    assert all(cue.start < cue.end <= end for cue in cues)
    assert all(cue.end <= after.start for cue, after in pairwise(cues))


def test_captions_by_hand_are_known_by_their_key_and_their_url() -> None:
    key = manual_captions_key(MENTOR, QUESTION, "20260105T120000Z-0a1b")
    assert is_manual_captions(key)
    assert is_manual_captions(f"https://static.example.org/{key}")
    for other in (None, "", f"videos/{MENTOR}/{QUESTION}/en.vtt", f"{key}x", "captions/x/en.vtt"):
        assert not is_manual_captions(other)


def test_timings_are_cut_by_the_middle_of_words_and_keep_fields_they_do_not_know() -> None:
    words = [
        {"text": text, "start": start, "end": start + 0.8, "confidence": 0.5}
        for text, start in (("one", 0.0), ("two", 1.0), ("three", 2.0), ("four", 3.0))
    ]
    document = {"version": 1, "language": "en-US", "duration": 4.0, "text": "x", "words": words}
    part = json.loads(TimedTranscript.from_json(json.dumps(document)).trimmed(1.2, 3.3).to_json())
    assert [(w["text"], w["start"], w["end"]) for w in part["words"]] == [
        ("two", 0.0, 0.6),
        ("three", 0.8, 1.6),
    ]
    assert (part["duration"], part["text"]) == (2.1, "two three")
    assert (part["version"], part["language"]) == (1, "en-US")
    whole = TimedTranscript.from_json(json.dumps(document))
    assert whole.trimmed(0.0, 99.0).words == whole.words, "a trim beyond the end is clamped"


@pytest.mark.timeout(120)  # seconds when each word costs the same, hours when it costs all others
def test_captions_of_a_text_of_any_length_come_to_an_end() -> None:
    text = " ".join(["word"] * 100_000)  # most of what GraphQL would store
    cues = spread_short_cues(cues_from_words(retime([], text, (0.0, 900.0))), 900.0)
    assert sum(len(cue.text.split()) for cue in cues) == 100_000
