"""Expected words replace doubtful ones, and change nothing else."""

from __future__ import annotations

import pytest

from mentor_transcriber.engines.expected import may_hold_expected, with_expected

HINTS = "Xiomara Kowalczyk, Navy"


def pieces(text: str, doubtful: str = "") -> list[list[object]]:
    """Return words, one a second; those of ``doubtful`` are."""
    doubts = doubtful.split()
    words = text.split()
    return [
        [f" {word}", at, at + 1, 0.2 if word in doubts else 0.9] for at, word in enumerate(words)
    ]


@pytest.mark.parametrize(
    ("heard", "doubtful", "listens_again"),
    [
        ("My name is ZMR KALCHIK.", "ZMR KALCHIK.", True),
        ("I was in the nave.", "nave.", True),
        ("I was in the nave.", "", False),
        # Spelt right, though doubted: "Kowalczyk" and "Xiomara" share letters.
        ("My name is Xiomara Kowalczyk.", "Xiomara Kowalczyk.", False),
        ("My name is Xiomara, in the navy.", "Xiomara, navy.", False),
        # One is right, and another may be misheard.
        ("Xiomara Kowalchik was in the Navy.", "Kowalchik", True),
        ("Xiomara told me of the nave.", "Xiomara nave.", True),
        # Said twice.
        ("Xiomara Kowalczyk, or Siomar, Navy.", "Siomar,", True),
    ],
)
def test_it_listens_again_for_doubtful_words_that_are_none_of_the_expected_ones(
    heard: str, doubtful: str, *, listens_again: bool
) -> None:
    assert may_hold_expected(pieces(heard, doubtful), HINTS) == listens_again


@pytest.mark.parametrize(
    ("before", "doubtful", "again", "expected"),
    [
        (
            "My name is ZMR KALCHIK and I work.",
            "ZMR KALCHIK",
            "My name is Xiomara Kowalczyk and I work.",
            "My name is Xiomara Kowalczyk and I work.",
        ),
        # The model does not doubt it.
        ("It was cotton.", "", "It was Navy.", "It was cotton."),
        # No expected word.
        ("I was ill disposed.", "disposed.", "I was ild sposed.", "I was ill disposed."),
        # Speech that was left out, and words that were told and not spoken.
        ("I was in the nave, I think so.", "nave,", "I was so.", "I was in the nave, I think so."),
        ("I was there.", "there.", "Xiomara Kowalczyk, I was there.", "I was there."),
        ("I was there.", "there.", "", "I was there."),
        ("Call me.", "me.", "Call Navy Navy Navy Navy Navy.", "Call me."),
    ],
)
def test_only_expected_words_replace_only_doubtful_ones(
    before: str, doubtful: str, again: str, expected: str
) -> None:
    merged = with_expected(pieces(before, doubtful), pieces(again), HINTS)
    assert "".join(str(piece[0]) for piece in merged).strip() == expected
