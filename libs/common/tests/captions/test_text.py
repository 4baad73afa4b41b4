"""Captions as running text, and a transcript that keeps its paragraphs and markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Cue, rewritten, text_of

REWRITTEN = {
    "a word": ("I grew up in a town.", "I grew up in a city.", "I grew up in a city."),
    "nothing": ("# Me\n\nI grew **up**", "Me I grew up", "# Me\n\nI grew **up**"),
    "a marked word": ("a **tiny** town", "a small town", "a small town"),
    "a word beside a marked one": ("one **two** three", "won **two** three", "won **two** three"),
    "half of what is marked": ("a **tiny old** town", "a small old town", "a small old town"),
    "a link's text": ("see [my site](http://x) now", "see my page now", "see my page now"),
    "the first word of a paragraph": ("one.\n\ntwo three", "one. too three", "one.\n\ntoo three"),
    "words before a paragraph": ("one two\n\nthree", "one two and three", "one two and\n\nthree"),
    "an entry of a list": ("Do:\n\n- a\n- b\n- c", "Do: a c", "Do:\n\n- a\n- c"),
    "a dialogue": ("- Hi - Hello", "- Hi - Bye", "- Hi - Bye"),
    "all of it": ("one **two**", "three four five", "three four five"),
    "what had no text": ("", "hello you", "hello you"),
    "what has no spaces": ("東京の会社で働いた。", "大阪の会社で働いた。", "大阪の会社で働いた。"),
}  # fmt: skip


@pytest.mark.parametrize("changed", REWRITTEN)
def test_a_transcript_keeps_what_stands_around_words_that_stay(changed: str) -> None:
    transcript, text, expected = REWRITTEN[changed]
    assert rewritten(transcript, text.replace("*", "")) == expected
    assert rewritten(expected, text.replace("*", "")) == expected, "the same again changes nothing"


@given(
    st.lists(st.sampled_from(["a", "b", "c", "*c*", "**d", "e**", "\n\n-", "#", "[f](g)", "\n"])),
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "-", "snake_case"])),
)
def test_a_transcript_says_the_text_whatever_it_was(old: list[str], new: list[str]) -> None:
    found = rewritten(" ".join(old), " ".join(new))
    unmarked = re.sub(r"(?m)^\s*(?:#|-)(?=\s|$)|\*|\[|\]\(g\)", "", found).split()
    assert new in (unmarked, found.split())


def test_a_transcript_of_a_megabyte_is_compared_no_further_than_where_both_differ() -> None:
    old, new = "# It\n\n" + "**a** b " * 100_000, "It" + " b a" * 100_000
    assert rewritten(old, new) == f"# It\n\n{new[3:]}"


def test_lines_and_cues_are_joined_as_their_script_does() -> None:
    texts = ["I grew\nup  in", " ", "東京の会社で\n十年", "働いた。", "\u200fPython\nنعم"]
    cues = [Cue(n, n + 1, text) for n, text in enumerate(texts)]
    assert text_of(cues) == "I grew up in東京の会社で十年働いた。Python نعم"
    assert text_of([]) == ""
