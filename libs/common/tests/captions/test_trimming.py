"""Captions of an edited transcript are cut to a trim by word, not by cue."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import (
    Cue,
    TimedTranscript,
    Word,
    cues_from_words,
    format_vtt,
    parse_vtt,
    retime,
    spread_short_cues,
    trim_captions,
)

SAID = "I grew up in a small town near the sea and later I moved to the city to study physics"


def heard(text: str = SAID) -> list[Word]:
    """A word each half second."""
    return [Word(word, i / 2, i / 2 + 0.4, 0.9) for i, word in enumerate(text.split())]


def captions(text: str = SAID) -> list[Cue]:
    """Captions made anew from an edited transcript, as they are stored."""
    cues = spread_short_cues(cues_from_words(retime(heard(), text, (0.0, 10.0))), 10.0)
    return parse_vtt(format_vtt(cues))


def text_of(cues: list[Cue]) -> str:
    return " ".join(" ".join(cue.text for cue in cues).split())


@given(st.floats(0.0, 4.5), st.floats(5.0, 10.0))
def test_only_words_whose_middle_lies_in_the_trim_are_in_any_cue(start: float, end: float) -> None:
    kept = [word.text for word in heard() if start <= (word.start + word.end) / 2 < end]

    cues = trim_captions(captions(), heard(), start, end)

    assert text_of(cues).split() == kept
    assert all(0 <= cue.start < cue.end <= end - start + 0.001 for cue in cues)


def test_words_that_a_person_changed_go_with_what_they_replaced() -> None:
    edited = SAID.replace("small town", "tiny village").replace("moved", "went off")

    cues = trim_captions(captions(edited), heard(), 2.4, 7.0)

    assert text_of(cues) == "tiny village near the sea and later I went off"


def test_a_trim_of_a_trim_cuts_by_word_again() -> None:
    whole = TimedTranscript(tuple(heard()), 10.0, {})
    first = trim_captions(captions(), whole.words, 1.9, 9.0)

    cues = trim_captions(parse_vtt(format_vtt(first)), whole.trimmed(1.9, 9.0).words, 1.0, 5.1)

    assert text_of(cues) == "town near the sea and later I moved"


def test_a_cue_whose_words_were_all_said_before_the_trim_is_left_out() -> None:
    cues = [Cue(0.0, 3.0, "I grew up"), Cue(3.0, 5.0, "town near the sea")]

    assert trim_captions(cues, heard(), 2.0, 9.0) == [Cue(1.0, 3.0, "town near the sea")]


def test_captions_by_hand_lose_the_words_that_were_heard_and_keep_their_lines() -> None:
    cues = [Cue(0.0, 4.9, "ANNA: I grew up in a small town,\nnear the sea.")]

    assert trim_captions(cues, heard(), 1.4, 4.3) == [Cue(0.0, 2.9, "in a small town,\nnear the")]
    assert trim_captions(cues, heard(), 3.4, 9.0) == [Cue(0.0, 1.5, "near the sea.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [("Crecí en un pueblo pequeño", heard()), ("I grew up in a small town", [])],
    ids=["another language", "no word timings"],
)
def test_a_cue_of_which_no_word_was_heard_stays_whole(text: str, words: list[Word]) -> None:
    """A word too many is better than a person's words cut by guess."""
    assert trim_captions([Cue(0.0, 3.4, text)], words, 1.4, 9.0) == [Cue(0.0, 2.0, text)]


def test_cues_that_the_trim_leaves_whole_are_not_touched() -> None:
    odd = Cue(2.0, 4.0, "  [music]\n\n<i>sea</i> ")

    assert trim_captions([odd], heard(), 1.0, 5.0) == [Cue(1.0, 3.0, odd.text)]


def test_japanese_captions_are_cut_by_character() -> None:
    text = "私は東京で生まれ、大阪で学びました。"
    words = [
        Word(char, i / 2, (i + 1) / 2, 0.9, no_space_before=i > 0) for i, char in enumerate(text)
    ]
    cues = cues_from_words(words)

    assert "".join(cue.text for cue in trim_captions(cues, words, 2.0, 6.0)).replace("\n", "") == (
        "で生まれ、大阪で"
    )


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        SAID.replace("I grew", "We grew"),  # changed in what is not said any more
        "town near the sea and later I moved",  # what was cut off is deleted
    ],
)
def test_captions_regenerated_after_a_trim_hold_only_what_is_said(text: str) -> None:
    """The transcript stays as the person wrote it, also what a trim of the video has cut off."""
    whole = TimedTranscript(tuple(heard()), 10.0, {"version": 1})
    cut = TimedTranscript.from_json(whole.trimmed(1.4, 9.0).trimmed(1.4, 5.6).to_json())

    words = cut.retimed(text)

    assert " ".join(word.text for word in words) == "town near the sea and later I moved"
    assert [word.start for word in words] == pytest.approx([0.2 + i / 2 for i in range(8)])


def test_words_added_after_a_trim_are_never_left_out() -> None:
    cut = TimedTranscript(tuple(heard()), 10.0, {}).trimmed(2.8, 7.0)

    words = cut.retimed("Hello, town near the sea and later I moved. Goodbye!")

    assert words[0].text == "Hello,"
    assert words[-1].text == "Goodbye!"
    assert all(0 <= word.start <= word.end <= 4.2 for word in words)


def test_a_document_without_what_was_cut_off_is_read_as_before() -> None:
    """Those of earlier releases, which have no ``outside``."""
    cut = TimedTranscript(tuple(heard()), 10.0, {}).trimmed(2.8, 7.0)
    document = json.loads(cut.to_json())
    assert [word["text"] for word in document.pop("outside")][:2] == ["I", "grew"]

    read = TimedTranscript.from_json(json.dumps(document))

    assert (read.words, read.outside) == (cut.words, ())
    assert read.retimed(SAID)[0].text == "I"
    assert "outside" not in json.loads(read.to_json())
