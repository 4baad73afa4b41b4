"""Words to expect: names, and nothing that a recogniser would go on from."""

from __future__ import annotations

import pytest

from mentor_common.events import Hints
from mentor_transcriber.hints import expected_words


@pytest.mark.parametrize(
    ("mentor", "question", "expected"),
    [
        ("Xiomara Kowalczyk", None, "Xiomara Kowalczyk"),
        (None, "What do you do for a living?", None),
        ("Clint Anderson", "How did you get into the Navy?", "Clint Anderson, Navy"),
        (
            None,
            "Why did you leave San Diego, Boston and the US Navy? What is MIT to you?",
            "San Diego, Boston, US Navy, MIT",
        ),
        (None, "When I was at Amazon, I'd learn. Would you?", "Amazon"),
        ("José Ñuñez", "¿Qué hiciste en Perú?", "José Ñuñez, Perú"),
        ("Navy", "Why the Navy?", "Navy"),
        (None, "", None),
    ],
)
def test_names_are_expected(mentor: str | None, question: str | None, expected: str | None) -> None:
    assert expected_words(Hints(mentor=mentor, question=question)) == expected


def test_an_upload_of_an_earlier_release_has_no_hints() -> None:
    assert expected_words(None) is None
