"""The figures that a benchmark takes of transcripts find what each is named for."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from bench.speech_figures import (
    Marks,
    WordErrors,
    errors_of,
    marks,
    marks_of,
    median_and_p90,
    share,
    start_errors_ms,
    summary,
    table,
    word_errors,
)

from mentor_common.captions import Word


@dataclass(frozen=True)
class Pair:
    """A spoken text and its transcript."""

    spoken: str
    written: str


@pytest.mark.parametrize(
    ("written", "errors", "examples"),
    [
        ("the first great sorrow", 0, ()),
        ("The FIRST great sorrow", 0, ()),
        ("the worst great sorrow", 1, ("first → worst",)),
        ("the great sorrow", 1, ("first → -",)),
        ("the very first great sorrow", 1, ("- → very",)),
        ("", 4, ("the first great sorrow → -",)),
    ],
)
def test_words_substituted_left_out_and_added_are_errors(
    written: str, errors: int, examples: tuple[str, ...]
) -> None:
    found = word_errors("the first great sorrow", written, str.lower)
    assert found == WordErrors(4, errors, examples)


def test_what_is_no_word_after_spelling_is_no_error() -> None:
    assert word_errors("it was natural", "it was natural .", str.lower).errors == 0


def test_a_rate_is_of_all_words_not_a_mean_of_rates() -> None:
    pairs = [Pair("one", "two"), Pair("a b c d e f g h i", "a b c d e f g h i")]
    assert errors_of(pairs, str.lower).rate == pytest.approx(0.1)


def test_marks_are_found_where_any_mark_stands_after_the_same_word() -> None:
    spoken = 'So, "my Americans": ask; not John.'
    assert marks(spoken, spoken) == Marks(4, 4, 3, 3)
    assert marks(spoken, "so my Americans, ask. Not, Jon.") == Marks(4, 2, 3, 1)
    assert marks_of([Pair("Yes.", "yes"), Pair("No.", "No.")]) == Marks(2, 1, 2, 1)


def test_starts_are_compared_of_words_that_are_right() -> None:
    truth = [Word("We", 0.0, 0.2, 1.0), Word("sail", 0.2, 0.5, 1.0), Word("home", 0.5, 1, 1.0)]
    words = [Word("we", 0.1, 0.2, 0.9), Word("fail", 0.4, 0.5, 0.9), Word("home.", 0.47, 1, 0.9)]
    assert start_errors_ms(truth, words) == pytest.approx([100, 30])


def test_a_percentile_needs_values() -> None:
    assert median_and_p90([float(value) for value in range(11)]) == (5, 9)
    assert median_and_p90([1.0]) is None


def test_a_share_of_nothing_is_a_dash() -> None:
    assert [share(1, 8), share(0, 0)] == ["12.5 %", "-"]


def test_a_table_is_markdown_with_columns_of_one_width() -> None:
    assert table([{"name": "base", "errors": "2.1 %"}, {"name": "tiny.en", "errors": "-"}]) == (
        "| name    | errors |\n| ------- | ------ |\n| base    | 2.1 %  |\n| tiny.en | -      |"
    )


def test_the_summary_is_one_line_of_json() -> None:
    line = summary("whisper", "base", 0.0190476, cpu_s_per_s=0.11111, peak_mb=433.9, clips=6)
    assert "\n" not in line
    assert json.loads(line) == {
        "engine": "whisper",
        "model": "base",
        "wer": 0.019,
        "cpu_s_per_s": 0.1111,
        "peak_mb": 433.9,
        "clips": 6,
    }
