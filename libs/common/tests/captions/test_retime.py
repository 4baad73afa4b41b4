"""AC64: an edited transcript keeps the times of what was not edited."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Word, retime

SPAN = (0.0, 60.0)


def heard(text: str) -> list[Word]:
    """One word a second, each 0.6 s long, from 10 s on."""
    return [Word(word, 10.0 + i, 10.6 + i, 0.5) for i, word in enumerate(text.split())]


def times(words: list[Word]) -> dict[str, tuple[float, float]]:
    return {word.text: (word.start, word.end) for word in words}


texts = st.lists(st.sampled_from(["so", "I", "went", "home,", "Home", "—", "x" * 30]), max_size=25)


@st.composite
def speech(draw: st.DrawFn) -> list[Word]:
    now, words = 0.0, []
    for text in draw(texts):
        now += draw(st.floats(-0.5, 3.0))  # recognisers do overlap words by a hair
        length = draw(st.floats(0.0, 2.0))
        words.append(Word(text, now, now + length, 0.5))
        now += length
    return words


@given(speech(), texts, st.floats(0, 20), st.floats(0, 30))
def test_any_edit_keeps_the_text_in_order_within_the_span(
    words: list[Word], edited: list[str], start: float, length: float
) -> None:
    span = (start, start + length)
    timed = retime(words, "\n".join(edited), span)

    assert [word.text for word in timed] == edited
    assert all(span[0] <= word.start <= word.end <= span[1] for word in timed)
    assert all(word.end <= follower.start for word, follower in pairwise(timed))


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=30), st.data())
def test_words_around_one_changed_run_keep_their_times(
    words: list[str], data: st.DataObject
) -> None:
    spoken = heard(" ".join(words))
    first = data.draw(st.integers(0, len(words)))
    last = data.draw(st.integers(first, len(words)))
    new = data.draw(st.lists(st.text("xyz", min_size=1, max_size=9), min_size=1, max_size=5))
    timed = retime(spoken, " ".join([*words[:first], *new, *words[last:]]), SPAN)

    assert timed[:first] == spoken[:first]
    assert timed[len(timed) - len(words) + last :] == spoken[last:]


def test_deleted_words_leave_the_others_their_times() -> None:
    timed = retime(heard("well um we went um home"), "we went home", SPAN)
    assert [(word.text, word.start) for word in timed] == [("we", 12), ("went", 13), ("home", 15)]


def test_case_and_punctuation_are_no_change_of_the_word() -> None:
    timed = retime(heard("well i went home"), "Well, I went home!", SPAN)
    assert [word.text for word in timed] == ["Well,", "I", "went", "home!"]
    assert [(word.start, word.end) for word in timed] == [
        (word.start, word.end) for word in heard("well i went home")
    ]


def test_a_replaced_run_takes_the_time_of_what_it_replaces_by_length() -> None:
    timed = times(
        retime(heard("we bought new hats today"), "we wore grandmother's hats today", SPAN)
    )
    assert timed["wore"][0] == 11.0
    assert timed["grandmother's"][1] == 12.6
    assert timed["wore"][1] == timed["grandmother's"][0] == pytest.approx(11 + 1.6 * 4 / 17)


def test_a_run_too_long_for_what_it_replaces_takes_the_pauses_around_it() -> None:
    timed = retime(heard("we sold it"), "we unfortunately sacrificed it", SPAN)
    assert (timed[1].start, timed[2].end) == (10.6, 12.0)


def test_an_inserted_run_lies_between_its_neighbours_also_where_nobody_paused() -> None:
    timed = times(retime(heard("we went"), "we then went", SPAN))
    assert timed["then"] == (10.6, 11.0)
    close = [Word("we", 1.0, 1.5, 0.9), Word("went", 1.5, 2.0, 0.9)]
    assert times(retime(close, "we then went", SPAN))["then"] == (1.5, 1.5)


def test_additions_at_both_ends_reach_to_the_edges_of_the_span() -> None:
    timed = times(retime(heard("we went"), "yesterday we went home", SPAN))
    assert timed["yesterday"] == (0.0, 10.0)
    assert timed["home"] == (11.6, 60.0)


def test_without_heard_words_the_text_is_spread_evenly_over_the_span() -> None:
    timed = retime([], "ab cdef gh", (4.0, 12.0))
    assert [(word.start, word.end) for word in timed] == [(4.0, 6.0), (6.0, 10.0), (10.0, 12.0)]


def test_an_empty_text_has_no_words() -> None:
    assert retime(heard("we went"), " \n", SPAN) == []


def test_hours_of_words_are_compared_in_seconds() -> None:
    words = heard(" ".join(f"{'the' if i % 2 else i}" for i in range(6000)))
    changed = [word.text for word in words]
    changed[3000:3001] = ["another", "thought"]
    timed = retime(words, " ".join(changed), (0.0, 7200.0))
    assert timed[:3000] == words[:3000]
    assert timed[3002:] == words[3001:]


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        retime([], "x", (2.0, 1.0))
