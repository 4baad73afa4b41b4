"""What is kept of the segments that Whisper writes."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_transcriber.engines.whisper import recognition_of


def segment(*pieces: str, at: float = 0.0, certain: float = 0.9, **doubts: float) -> dict[str, Any]:
    """Return a segment whose pieces take a second each."""
    words = [[text, at + i, at + i + 1, certain] for i, text in enumerate(pieces)]
    return {"text": "".join(pieces), "no_speech": 0.01, "logprob": -0.3, "words": words} | doubts


CERTAIN = segment(" I", " was", " there.")


@pytest.mark.parametrize(
    ("doubtful", "kept"),
    [
        (segment(" Hm.", at=3, no_speech=0.9, logprob=-1.2), False),
        (segment(" Quietly.", at=3, no_speech=0.9, logprob=-0.4), True),
        (segment(" Loud", " noise.", at=3, logprob=-1.0), True),
        (segment(" ha", "P", " ha", at=3, logprob=-2.6), False),  # laughter
        (segment(" A", " guess.", at=3, certain=0.2), False),
        ({"text": " ...", "no_speech": 0.0, "logprob": -0.1, "words": []}, False),
    ],
)
def test_segments_that_whisper_itself_doubts_are_left_out(
    doubtful: dict[str, Any], kept: bool
) -> None:
    recognition = recognition_of([CERTAIN, doubtful], "en", "en")
    rest = doubtful["text"] if kept else ""
    assert recognition.text == f"I was there.{rest}"
    assert " ".join(word.text for word in recognition.words) == recognition.text


def test_a_piece_without_a_blank_belongs_to_the_word_before() -> None:
    recognition = recognition_of([segment(" real", "-time", " work")], "en", "en-GB")
    assert [(word.text, word.start, word.end) for word in recognition.words] == [
        ("real-time", 0, 2),
        ("work", 2, 3),
    ]
    assert recognition.language == "en-GB"


def test_languages_without_blanks_keep_their_words_apart() -> None:
    recognition = recognition_of([segment("東京", "の", "会社")], "ja", "ja")
    assert [word.text for word in recognition.words] == ["東京", "の", "会社"]
    assert recognition.text == "東京の会社"
