"""Strong language is masked in all that people read, and nothing that only looks like it."""

from __future__ import annotations

import pytest

from mentor_common.captions import Word
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.profanity import masked, masked_text
from mentor_transcriber.speech import transcript_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What the fuck, Bullshit!", "What the f***, B*******!"),
        ("It was shitty and fucking cold.", "It was s***** and f****** cold."),
        ("Dick Scunthorpe, shiitake, matsushita", "Dick Scunthorpe, shiitake, matsushita"),
    ],
)
def test_of_a_strong_word_the_first_letter_is_left(text: str, expected: str) -> None:
    assert masked_text(text) == expected


def test_text_words_and_captions_are_masked() -> None:
    words = (Word("Oh", 0.0, 0.4, 0.9), Word("shit.", 0.5, 0.9, 0.9))
    transcript = masked(transcript_of(Recognition(words, "Oh shit."), "any", "en", 2.0))
    assert transcript.text == "Oh s***."
    assert [word.text for word in transcript.words] == ["Oh", "s***."]
    assert "Oh s***." in transcript.vtt
    assert "shit" not in transcript.to_json() + transcript.vtt
