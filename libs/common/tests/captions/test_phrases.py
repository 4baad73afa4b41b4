"""Lines of languages without spaces end between phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Word, cues_from_words, join_words, retime
from mentor_common.captions.phrases import phrase_ends
from mentor_common.captions.segments import columns, segments


def lines(text: str, language: str | None) -> list[str]:
    """Return the lines of captions of a text that is spoken at six characters a second."""
    cues = cues_from_words(retime([], text, (0.0, len(text) / 6)), language)
    return [line for cue in cues for line in cue.text.split("\n")]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", ["東京の会社で10年間ソフトウェアを", "開発していました。"]),
        (
            "zh",
            ["我在海军服役了整整二十年以后才", "终于成为一名软件工程师和大学老师。"],
        ),
        (
            "zh-TW",
            ["離開海軍之後我在台北的一家公司裡", "開發了十年的應用程式與作業系統。"],
        ),
        (
            "th",
            [
                "หลังจากนั้นผมทำงานในบริษัทเล็กๆเป็นเวลา",
                "สิบปีและเรียนวิศวกรรมศาสตร์ที่มหาวิทยาลัย",
                "ในกรุงเทพแล้วก็ย้ายไปอยู่ต่างประเทศ",
            ],
        ),
    ],
)
def test_lines_end_between_phrases(language: str, expected: list[str]) -> None:
    assert lines("".join(expected), language) == expected


def test_a_language_without_a_model_ends_lines_where_its_script_allows_it() -> None:
    text = "東京の会社で10年間ソフトウェアを開発していました。"

    assert phrase_ends(text, None) is None
    assert phrase_ends(text, "ko") is None
    assert lines(text, None) == ["東京の会社で10年間ソフト", "ウェアを開発していました。"]


def test_sentences_that_a_model_takes_for_one_phrase_are_divided() -> None:
    text = "本当にそうです！え？"

    assert [word.text for word in segments([Word(text, 0.0, 3.0, 1.0)], "ja")][-1] == "え？"


@given(
    st.lists(
        st.text("私はエンジニアッー「」。、กิ์ๆเแ中国，a1", min_size=1, max_size=30), max_size=5
    ),
    st.sampled_from(["ja", "th", "zh", "zh-Hant", "yue"]),
)
def test_phrases_are_places_where_the_script_allows_a_line_to_end(
    texts: list[str], language: str
) -> None:
    words = [
        Word(text, i, i + 1.0, 1.0, no_space_before=bool(i % 2)) for i, text in enumerate(texts)
    ]

    cut = segments(words, language)

    assert join_words(cut) == join_words(words)
    finest = {word.start for word in segments(words, finest=True)}
    assert {word.start for word in cut} <= finest
    assert all(columns(word.text) <= 42 for word in cut)
