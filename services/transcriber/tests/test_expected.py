"""Expected words replace doubtful ones, and change nothing else."""

from __future__ import annotations

import pytest

from mentor_transcriber.engines.expected import with_expected

HINTS = "Xiomara Kowalczyk, Navy"


def pieces(text: str, doubtful: str = "") -> list[list[object]]:
    """Return words, one a second; those of ``doubtful`` are."""
    doubts = doubtful.split()
    words = text.split()
    return [
        [f" {word}", at, at + 1, 0.2 if word in doubts else 0.9] for at, word in enumerate(words)
    ]


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
