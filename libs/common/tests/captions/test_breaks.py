"""Lines and cues end where grammar allows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Word, cues_from_words, retime
from mentor_common.captions.breaks import Break, breaks_between, ends_with_function_word
from mentor_common.captions.segments import columns


def spoken(text: str, rate: float = 0.35) -> list[Word]:
    """Words of ``rate`` seconds, without pauses."""
    return [Word(word, rate * i, rate * (i + 1), 1.0) for i, word in enumerate(text.split())]


def lines(text: str, language: str | None = None) -> list[str]:
    return [
        line for cue in cues_from_words(spoken(text), language) for line in cue.text.split("\n")
    ]


@pytest.mark.parametrize(
    ("before", "after", "language", "expected"),
    [
        ("left.", "Then", "en", Break.SENTENCE),
        ("U.S.", "Navy", "en", Break.BOUND),
        ("sea,", "and", "en", Break.CLAUSE),
        ("so,”", "he", "en", Break.CLAUSE),
        ("went", "to", "en", Break.PHRASE),
        ("old", "ship", "en", Break.WORD),
        ("grew", "up", "en", Break.WORD),
        ("the", "ship", "en", Break.FORBIDDEN),
        ("to", "London", "en", Break.FORBIDDEN),
        ("And", "then", "en", Break.FORBIDDEN),
        ("have", "been", "en", Break.FORBIDDEN),
        ("didn’t", "know", "en", Break.FORBIDDEN),
        ("I", "went", "en", Break.BOUND),
        ("my", "ship", "en-GB", Break.BOUND),
        ("Maria", "Gonzalez", "en", Break.BOUND),
        ("Lt.", "Smith", "en", Break.BOUND),
        ("No.", "5", "en", Break.BOUND),
        ("20", "years", "en", Break.BOUND),
        ("1970", "and", "en", Break.PHRASE),
        ("twenty", "years", "en", Break.BOUND),
        ("$3.5", "million", "en", Break.BOUND),
        ("so", "–", "en", Break.FORBIDDEN),
        ("–", "then", "en", Break.CLAUSE),
        ("die", "Schule", "de", Break.FORBIDDEN),
        ("ging", "zur", "de", Break.PHRASE),
        ("die", "young", "en", Break.WORD),
        ("para", "mí", "es", Break.FORBIDDEN),
        ("dans", "la", "fr", Break.FORBIDDEN),
        ("d’une", "école", "fr", Break.FORBIDDEN),
        ("l’école", "était", "fr", Break.PHRASE),
        ("va", "?", "fr", Break.FORBIDDEN),
        ("nella", "casa", "it", Break.FORBIDDEN),
        ("pela", "rua", "pt", Break.FORBIDDEN),
        ("het", "huis", "nl", Break.FORBIDDEN),
        ("'t", "huis", "nl", Break.FORBIDDEN),
        ("в", "Москве", "ru", Break.WORD),
        ("كبيرة،", "ثم", "ar", Break.CLAUSE),
    ],
)
def test_places_between_words(before: str, after: str, language: str, expected: Break) -> None:
    words = [*spoken(f"{before} {after}"), Word("end", 9.0, 9.5, 1.0)]

    assert breaks_between(words, language)[1] is expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            "I grew up in a small town near the river, where my father worked",
            None,
            ["I grew up in a small town near the river,", "where my father worked"],
        ),
        (
            "It was Commander Maria Gonzalez who was there",
            None,
            ["It was Commander Maria Gonzalez", "who was there"],
        ),
        (
            "We had been waiting there for some twenty years",
            None,
            ["We had been waiting there", "for some twenty years"],
        ),
        (
            "Ich bin in einer kleinen Stadt an der Elbe aufgewachsen",
            "de",
            ["Ich bin in einer kleinen Stadt", "an der Elbe aufgewachsen"],
        ),
        (
            "Trabajé durante muchos años en una empresa pequeña",
            "es",
            ["Trabajé durante muchos años", "en una empresa pequeña"],
        ),
    ],
)
def test_lines_end_at_grammar(text: str, language: str | None, expected: list[str]) -> None:
    assert lines(text, language) == expected


def test_the_upper_line_is_the_shorter_where_grammar_leaves_a_choice() -> None:
    upper, lower = lines("old dogs seldom learn quite entirely new tricks")

    assert columns(upper) <= columns(lower)


def test_a_line_ends_after_a_function_word_where_nothing_else_fits() -> None:
    text = f"{'a' * 39} of {'b' * 40}"

    assert lines(text) == [f"{'a' * 39} of", "b" * 40]


def test_a_sentence_is_divided_into_two_cues_rather_than_after_an_article() -> None:
    cues = cues_from_words(
        spoken("My name is Lt. Maria Gonzalez and I was an officer in the Navy.")
    )

    assert not any(ends_with_function_word(line, "en") for c in cues for line in c.text.split("\n"))


WORDS = st.sampled_from(
    [
        "the",
        "of",
        "and",
        "was",
        "ship",
        "river,",
        "engineer.",
        "I",
        "twenty",
        "Maria",
        "went",
        "5",
        "years",
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=80))
def test_no_better_line_break_was_passed_over(texts: list[str]) -> None:
    for cue in cues_from_words(spoken(" ".join(texts))):
        upper, _, lower = cue.text.partition("\n")
        words = cue.text.split()
        others = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
        fitting = [above for above, below in others if len(above) <= 42 and len(below) <= 42]
        if lower and ends_with_function_word(upper, "en"):
            assert all(ends_with_function_word(above, "en") for above in fitting)


@pytest.mark.parametrize("language", ["ko", "ar", "he"])
def test_languages_without_lists_break_between_words(language: str) -> None:
    text = {
        "ko": "저는 서울에서 태어났고 공학을 공부했습니다 그리고 학생들을 가르쳤습니다",
        "ar": "ولدت في مدينة صغيرة قرب النهر، ثم درست الهندسة في الجامعة سنوات طويلة",
        "he": "נולדתי בירושלים ולמדתי הנדסה במשך שנים רבות מאוד, ואחר כך עבדתי בחיפה",
    }[language]

    found = lines(text, language)

    assert " ".join(found).split() == text.split()
    assert all(columns(line) <= 42 for line in found)


def test_a_text_of_marks_alone_is_divided_too() -> None:
    found = cues_from_words(retime([], "– " * 100, (0.0, 60.0)))

    assert sum(len(cue.text.split()) for cue in found) == 100
