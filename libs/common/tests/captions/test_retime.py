"""An edited transcript keeps the times of what was not edited."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mentor_common.captions import Word, retime

SPAN = (0.0, 120.0)


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
    kept = len(words) - last + first
    assume(2 * kept >= max(len(words), kept + len(new)))
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
    assert timed["home"] == (11.6, 120.0)


def test_without_heard_words_the_text_is_spread_evenly_over_the_span() -> None:
    timed = retime([], "ab cdef gh", (4.0, 12.0))
    assert [(word.start, word.end) for word in timed] == [(4.0, 6.0), (6.0, 10.0), (10.0, 12.0)]


def test_an_empty_text_has_no_words() -> None:
    assert retime(heard("we went"), " \n", SPAN) == []


LONG = (
    "I grew up on a farm in the north and when the war came we all had to move to the city"
    " where my father found work in a mill and I went to a school of a thousand children"
)


@pytest.mark.parametrize(
    "text",
    [
        "The harbour opens before dawn for fishing boats",
        "Nobody told me that I should become an engineer of bridges",
        "Physics is the language which describes how things fall",
        "I love the sea",
    ],
)
def test_a_rewritten_text_that_shares_a_word_by_accident_is_spread_evenly(text: str) -> None:
    spoken = heard(LONG)

    timed = retime(spoken, text, SPAN)

    assert timed == retime([], text, (spoken[0].start, spoken[-1].end))


def test_a_rewritten_paragraph_is_not_torn_apart_by_the_words_it_shares() -> None:
    rewritten = "What nobody knows about the bridges is how a wind may topple them"
    spoken = heard(f"{LONG} so {LONG}")
    kept = len(LONG.split())

    timed = retime(spoken, f"{LONG} {rewritten}", SPAN)

    assert timed[:kept] == spoken[:kept]
    assert timed[kept:] == retime([], rewritten, (spoken[kept].start, spoken[-1].end))


@pytest.mark.parametrize("changed", [0, 1, 17, 38, 39])
def test_all_words_but_the_replaced_one_keep_their_times(changed: int) -> None:
    words = LONG.split()
    timed = retime(heard(LONG), " ".join([*words[:changed], "xyz", *words[changed + 1 :]]), SPAN)

    others = [word for index, word in enumerate(timed) if index != changed]
    assert others == [word for index, word in enumerate(heard(LONG)) if index != changed]


def test_every_third_word_may_be_another_one() -> None:
    words = [f"xy{i}" if i % 3 == 2 else word for i, word in enumerate(LONG.split())]
    timed = retime(heard(LONG), " ".join(words), SPAN)

    assert [w for i, w in enumerate(timed) if i % 3 != 2] == [
        w for i, w in enumerate(heard(LONG)) if i % 3 != 2
    ]


@pytest.mark.parametrize("text", ["yes", "yes indeed", "yes of course", "no no no"])
def test_a_short_text_that_was_not_changed_keeps_its_times(text: str) -> None:
    assert retime(heard(text), text, SPAN) == heard(text)


def test_repeated_words_stay_with_their_own_neighbours() -> None:
    said = "the dog saw the cat and the cat saw the dog and then the dog ran off"
    timed = retime(heard(said), said.replace("then", "suddenly"), SPAN)

    assert [word for word in timed if word.text != "suddenly"] == [
        word for word in heard(said) if word.text != "then"
    ]


def test_of_two_paragraphs_that_changed_places_one_keeps_its_times() -> None:
    first, second = LONG[:85], "then came better years in which I learned to sail a boat"
    timed = retime(heard(f"{first} {second}"), f"{second} {first}", SPAN)

    moved = len(second.split())
    assert [(word.text, word.start) for word in timed[moved:]] == [
        (word.text, word.start) for word in heard(first)
    ]
    assert timed[0].start == 0.0
    assert timed[moved - 1].end <= 10.0


JAPANESE = "\u79c1\u306f\u6771\u4eac\u3067\u751f\u307e\u308c\u307e\u3057\u305f\u3002"


def japanese(text: str) -> list[Word]:
    """A character every half second, as recognisers give them."""
    return [Word(c, i / 2, (i + 1) / 2, 0.5, no_space_before=i > 0) for i, c in enumerate(text)]


def test_a_text_without_spaces_shares_the_time_among_its_characters() -> None:
    timed = retime([], JAPANESE, (0.0, 12.0))

    assert "".join(word.text for word in timed) == JAPANESE
    assert all(word.end - word.start == pytest.approx(len(word.text)) for word in timed)
    assert [word.no_space_before for word in timed] == [False, *[True] * (len(timed) - 1)]


def test_in_a_text_without_spaces_what_was_not_changed_keeps_its_times() -> None:
    changed = JAPANESE.replace("\u6771\u4eac", "\u5927\u962a")  # another city
    timed = retime(japanese(JAPANESE), changed, SPAN)

    assert "".join(word.text for word in timed) == changed
    assert [(w.start, w.end) for w in timed] == [
        (w.start, w.end) for w in retime(japanese(JAPANESE), JAPANESE, SPAN)
    ]
    assert timed[-1].end == 6.0


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
