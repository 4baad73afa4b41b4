"""Right-to-left captions: a mark stands where browsers would lay a line out wrongly, only there."""

from __future__ import annotations

import pytest

from mentor_common.captions import Cue, format_vtt, parse_vtt
from mentor_common.captions.direction import is_right_to_left, with_direction_marks

HEBREW = "למדתי הנדסה במשך שנים."
ARABIC = "درست الهندسة في الجامعة."
RLM, LRM = "\u200f", "\u200e"


@pytest.mark.parametrize(
    ("line", "right_to_left", "mark"),
    [
        (HEBREW, True, ""),
        (ARABIC, True, ""),
        (f"Python, {HEBREW}", True, RLM),
        (f"«NASA» {ARABIC}", True, RLM),
        (f"2019 Python {ARABIC}", True, RLM),
        (f"2019, {ARABIC}", True, ""),
        (f"{HEBREW} Python.", True, ""),
        ("Hello, world.", True, ""),  # a line of the other direction alone is right by itself
        (f"{RLM}Python, {HEBREW}", True, ""),  # marked before
        ("I said shalom.", False, ""),
        ("שלום means hello.", False, LRM),
        ("Hello means שלום.", False, ""),
        ("2019?", True, ""),
        ("", True, ""),
    ],
)
def test_a_line_that_begins_in_the_other_direction_gets_a_mark(
    line: str, right_to_left: bool, mark: str
) -> None:
    assert with_direction_marks(line, right_to_left=right_to_left) == f"{mark}{line}"


def test_the_direction_is_that_of_most_letters() -> None:
    assert is_right_to_left([HEBREW, "Python"])
    assert not is_right_to_left(["Hello, dear world", "שלום"])
    assert not is_right_to_left(["2019", ""])
    assert not is_right_to_left([])


def test_each_line_of_captions_is_judged_by_the_direction_of_all() -> None:
    cues = [Cue(0, 1, HEBREW), Cue(1, 2, f"Python\n{HEBREW}"), Cue(2, 3, f"{HEBREW}\nC++ {HEBREW}")]

    text = format_vtt(cues)

    assert [cue.text for cue in parse_vtt(text)] == [
        HEBREW,
        f"Python\n{HEBREW}",
        f"{HEBREW}\n{RLM}C++ {HEBREW}",
    ]
    assert format_vtt(parse_vtt(text)) == text
