"""Words that a recogniser writes where the sound is digitally silent."""

from __future__ import annotations

import array
import random
from typing import TYPE_CHECKING

import pytest

from mentor_common.captions import Word
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.silence import without_words_in_silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RATE = 16_000


def noise(seconds: float, loudest: int) -> bytes:
    """Return noise of samples up to a size."""
    drawn = random.Random(1)  # noqa: S311 -- the same each time
    count = int(seconds * RATE)
    return array.array("h", (drawn.randint(-loudest, loudest) for _ in range(count))).tobytes()


def test_words_in_silence_are_dropped_and_all_others_stay(
    write_wav: Callable[[str, bytes], Path],
) -> None:
    wav = write_wav("sound.wav", noise(2, 100) + bytes(2 * RATE * 4) + noise(2, 100))
    times = [("a", 0, 1), ("late", 2.2, 2.4), ("phantom", 3, 4), ("soon", 5.6, 5.8), ("b", 7, 9)]
    words = tuple(Word(text, start, end, 0.5) for text, start, end in times)
    recognition = Recognition(words, "a late phantom soon b", "en")
    kept = without_words_in_silence(recognition, wav)
    assert (kept.text, kept.language) == ("a late soon b", "en")
    assert [word.text for word in kept.words] == ["a", "late", "soon", "b"]
    assert without_words_in_silence(kept, wav) is kept


@pytest.mark.parametrize(("loudest", "words"), [(0, 0), (32, 0), (33, 1)])
def test_silence_is_sixty_decibels_below_full_scale(
    loudest: int, words: int, write_wav: Callable[[str, bytes], Path]
) -> None:
    wav = write_wav("sound.wav", noise(2, loudest))
    recognition = Recognition((Word("so", 0.5, 3.0, 0.9),), "so")
    assert len(without_words_in_silence(recognition, wav).words) == words


def test_a_word_after_the_end_of_the_sound_is_in_silence(
    write_wav: Callable[[str, bytes], Path],
) -> None:
    wav = write_wav("sound.wav", noise(1, 3000))
    recognition = Recognition((Word("so", 2.0, 2.5, 0.9),), "so")
    assert without_words_in_silence(recognition, wav).words == ()
