"""Sentences that nobody says, and those that people do say."""

from __future__ import annotations

import pytest

from mentor_common.captions import Word
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.phantoms import without_phantoms
from mentor_transcriber.speech import transcript_of


def recognised(text: str, confidence: float, *, after: float = 0.0) -> tuple[Word, ...]:
    return tuple(
        Word(word, after + at, after + at + 0.5, confidence) for at, word in enumerate(text.split())
    )


@pytest.mark.parametrize(
    "text",
    ["Thanks for watching!", "Thank you.", "you", "Subtitles by the Amara.org community"],
)
def test_a_known_sentence_that_is_a_guess_is_dropped(text: str) -> None:
    assert without_phantoms(Recognition(recognised(text, 0.4), text)) == Recognition((), "")


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("Thank you.", 0.95),
        ("I thank you", 0.4),
        ("Thanks for watching my children.", 0.4),
    ],
)
def test_what_people_say_is_kept(text: str, confidence: float) -> None:
    recognition = Recognition(recognised(text, confidence), text)
    assert without_phantoms(recognition) is recognition


def test_speech_before_a_phantom_is_kept_whichever_engine_wrote_it() -> None:
    words = (*recognised("I was a nurse.", 0.9), *recognised("Thanks for watching!", 0.3, after=20))
    recognition = Recognition(words, "I was a nurse. Thanks for watching!")
    assert transcript_of(recognition, "any", "en", 30.0).text == "I was a nurse."
