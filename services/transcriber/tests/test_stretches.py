"""A recording is worked through in stretches of about the same length, each for one window."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import pytest
from faster_whisper.transcribe import Segment, Word

from mentor_transcriber.engines.whisper_worker import Model, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

RATE = 16_000
PADDED_S = 26.0
"""Speech that fits a window of Whisper's, with padding."""


class LastWords:
    """A model that hears one word, at the end of what it is given; voices are found for real."""

    def __init__(self) -> None:
        self.lengths: list[float] = []
        """Seconds of each piece of speech."""

    def transcribe(self, speech: Sequence[float], **_: Any) -> tuple[Iterator[Segment], None]:
        end = len(speech) / RATE
        self.lengths.append(end)
        word = Word(start=end - 0.5, end=end - 0.1, word=" word", probability=0.9)
        segment = Segment(
            id=1,
            seek=0,
            start=0.0,
            end=end,
            text=" word",
            tokens=[],
            avg_logprob=-0.2,
            compression_ratio=1.0,
            no_speech_prob=0.0,
            words=[word],
            temperature=0.0,
        )
        return iter([segment]), None


def test_three_minutes_are_worked_through_in_stretches_that_end_at_pauses(
    story: Path, pcm: Callable[[Path], bytes], write_wav: Callable[[str, bytes], Path]
) -> None:
    # The voice itself makes no pause.
    spoken = (pcm(story)[: 7 * 2 * RATE] + bytes(2 * RATE)) * 23
    seconds = len(spoken) / (2 * RATE)
    assert seconds > 180
    model = LastWords()
    found = recognise(cast("Model", model), str(write_wav("long.wav", spoken)), ("en",), 1, None)
    assert max(model.lengths) < PADDED_S
    assert min(model.lengths) > max(model.lengths) / 3
    assert sum(model.lengths) == pytest.approx(seconds, rel=0.25)
    words = [word for segment in found["segments"] for word in segment["words"]]
    starts = [word[1] for word in words]
    assert all(before < after for before, after in pairwise(starts))
    assert starts[0] == pytest.approx(model.lengths[0], rel=0.25)
    assert seconds - 4 < starts[-1] < seconds
