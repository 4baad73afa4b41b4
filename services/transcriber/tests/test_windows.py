"""Short speech is encoded with a little padding, and with a whole window where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from faster_whisper.transcribe import Segment, Word

from mentor_transcriber.engines.whisper_worker import Model, _expect, _frames_of, _transcribe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATE = 16_000


def heard(
    text: str,
    *,
    compression: float = 1.2,
    logprob: float = -0.3,
    after_s: float = 0.0,
    words: Sequence[Word] = (),
) -> Segment:
    """Return a segment of a window that begins ``after_s``."""
    return Segment(
        id=1,
        seek=int(after_s * 100),
        start=0.0,
        end=1.0,
        text=text,
        tokens=[],
        avg_logprob=logprob,
        compression_ratio=compression,
        no_speech_prob=0.0,
        words=[*words],
        temperature=0.0,
    )


class Hears:
    """A model that hears one thing with some frames of a window, and another with all of them."""

    def __init__(self, *some: Segment) -> None:
        self.frames: int | None = None
        self.asked: list[tuple[int | None, object]] = []
        """Frames and temperature of each call; several temperatures are tried by default."""
        self._some = some

    def transcribe(self, _speech: Any, **how: Any) -> tuple[Iterator[Segment], None]:
        self.asked.append((self.frames, how.get("temperature", "several")))
        return iter(self._some if self.frames else [heard("all of it")]), None


def transcribed(model: Hears, seconds: float) -> list[str]:
    speech = np.zeros(int(seconds * RATE), np.float32)
    return [segment.text for segment in _transcribe(cast("Model", model), speech)]


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.5, 450), (12.0, 1600), (25.9, 2990), (26.0, None), (120.0, None)]
)
def test_so_much_of_a_window_is_encoded(seconds: float, frames: int | None) -> None:
    assert _frames_of(np.zeros(int(seconds * RATE), np.float32)) == frames


def test_what_is_heard_with_a_little_padding_is_enough() -> None:
    model = Hears(heard("a little"))
    assert transcribed(model, 12.0) == ["a little"]
    assert model.asked == [(1600, 0.0)]


@pytest.mark.parametrize(
    "doubtful",
    [heard("ask what you ask what you", compression=2.5), heard("mumble", logprob=-1.1)],
    ids=["repeats itself", "a guess"],
)
def test_what_fails_with_a_little_padding_is_listened_to_with_all_of_it(doubtful: Segment) -> None:
    model = Hears(doubtful)
    assert transcribed(model, 12.0) == ["all of it"]
    assert model.asked == [(1600, 0.0), (None, "several")]


@pytest.mark.parametrize(("after_s", "again"), [(11.5, False), (10.5, True), (0.0, True)])
def test_a_guess_at_what_follows_the_last_word_is_left_out(after_s: float, *, again: bool) -> None:
    model = Hears(heard("the last word."), heard(" you", logprob=-1.2, after_s=after_s))
    assert transcribed(model, 12.0) == (["all of it"] if again else ["the last word."])
    assert len(model.asked) == 1 + again


def test_a_likely_word_at_the_very_end_stays() -> None:
    model = Hears(heard("the last"), heard(" word.", after_s=11.5))
    assert transcribed(model, 12.0) == ["the last", " word."]


@pytest.mark.parametrize(
    ("again", "text"),
    [
        (heard(" Ximena", words=[Word(0.2, 1.2, " Ximena", 0.9)]), " Ximena"),
        (heard(" Ximena", logprob=-2.0, words=[Word(0.2, 1.2, " Ximena", 0.9)]), " Seamen a"),
    ],
    ids=["heard", "a guess"],
)
def test_it_listens_for_expected_words_once(again: Segment, text: str) -> None:
    model = Hears(again)
    pieces = [[" Seamen", 1.0, 1.6, 0.3], [" a", 1.6, 2.0, 0.3]]
    segment: dict[str, Any] = {"text": " Seamen a", "words": pieces}
    _expect(cast("Model", model), np.zeros(4 * RATE, np.float32), segment, "Ximena")
    assert segment["text"] == text
    assert [temperature for _, temperature in model.asked] == [0.0]


def test_speech_that_fills_a_window_is_heard_as_ever() -> None:
    model = Hears(heard("a little"))
    assert transcribed(model, 29.0) == ["all of it"]
    assert model.asked == [(None, "several")]


def test_an_encoder_is_given_so_many_frames_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, ...]] = []

    def encode(_self: object, features: Any) -> int:
        given.append(features.shape)
        return len(given)

    monkeypatch.setattr(Model.__base__, "encode", encode)
    model = Model.__new__(Model)
    window = np.ones((80, 3000), np.float32)
    model.frames = 1600
    assert [model.encode(window), model.encode(window)] == [1, 1]
    model.frames = None
    assert model.encode(window) == 2
    assert given == [(80, 1600), (80, 3000)]
