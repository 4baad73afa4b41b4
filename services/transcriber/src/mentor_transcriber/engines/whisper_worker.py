"""The recogniser's process: ``python -m mentor_transcriber.engines.whisper_worker JSON``.

The argument is a JSON object, the keyword arguments of :func:`load`. The process loads the model,
prints ``{"languages": ["en", …]}``, and then answers each line of standard input, a JSON object of
keyword arguments of :func:`recognise`, by a line of standard output, until the input ends. It ends
at a request that fails: what ran out of memory is not trusted with the next one.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import wave
from itertools import accumulate, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import restore_speech_timestamps
from faster_whisper.vad import VadOptions, get_speech_timestamps

from mentor_transcriber.engines.expected import may_hold_expected, with_expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from faster_whisper.transcribe import Segment

    Sound = np.ndarray[Any, np.dtype[np.float32]]

_RATE: Final = 16_000
_FORMAT: Final = (1, 2, _RATE)  # channels, bytes of a sample, samples per second
_FULL_SCALE: Final = 32_768.0
VAD: Final = VadOptions(min_silence_duration_ms=500, speech_pad_ms=200)
_STRETCH: Final = 15 * _RATE
"""Samples of speech that are listened to at once, about: the encoder's work grows faster than their
number, and what fits a window with padding is encoded once. Shorter ones lack context."""
_MARGIN_S: Final = 0.2
_FRAMES_PER_S: Final = 100
_WINDOW_FRAMES: Final = 30 * _FRAMES_PER_S
_PADDING_S: Final = 4.0
"""Silence after speech without which Whisper repeats its last words."""
_REMAINDER_S: Final = 1.0
"""What is shorter and follows the last word of a stretch has no other: it is the end of that word,
padding, or a word that was cut off."""
_REPETITIVE: Final = 2.4
_GUESSED: Final = -1.0
"""Compression ratio and mean log probability at which faster-whisper tries again itself."""


class Model(WhisperModel):  # type: ignore[misc]  # it has no types
    """Whisper that encodes a window once, and no more of it than is asked for."""

    frames: int | None = None
    """How many of a window's frames it listens to; ``None`` for all 30 s."""
    _encoded: tuple[Sound, Any] | None = None

    def encode(self, features: Sound) -> Any:
        """Return what the encoder makes of a window of sound: most of the work on a short one."""
        features = np.ascontiguousarray(features[..., : self.frames])
        if self._encoded is None or not np.array_equal(self._encoded[0], features):
            self._encoded = features, super().encode(features)
        return self._encoded[1]


def load(model: str, device: str, compute_type: str, threads: int) -> Model:
    """Return the model of a local directory; nothing is downloaded."""
    return Model(
        model,
        device=device,
        compute_type=compute_type,
        cpu_threads=threads,
        local_files_only=True,
    )


def recognise(
    whisper: Model,
    wav: str,
    languages: Sequence[str],
    beam: int,
    hints: str | None,
    task: str = "transcribe",
) -> dict[str, Any]:
    """Return what is said in a 16 kHz mono 16 bit WAV file.

    Parameters
    ----------
    whisper
        The model.
    wav
        Path of the file.
    languages
        Those it may be in, as the model names them; the only one, or the likeliest. None for any.
    beam
        Width of the search.
    hints
        Words to expect.
    task
        ``transcribe``, or ``translate`` to have it in English.

    Returns
    -------
    dict
        ``language``, ``None`` where nobody speaks; ``segments`` with ``text``, ``no_speech`` and
        ``logprob`` as the model doubts them, and ``words``: ``[text, start, end, probability]``,
        seconds, where a leading blank begins a new word.
    """
    sound = _read(wav)
    language: str | None = None
    segments: list[dict[str, Any]] = []
    for chunks in _stretches(get_speech_timestamps(sound, VAD)):
        speech = np.concatenate([sound[each["start"] : each["end"]] for each in chunks])
        whisper.frames = _frames_of(speech)
        language = language or _language(whisper, speech, languages)
        found = _transcribe(whisper, speech, language=language, task=task, beam_size=beam)
        for segment in map(_segment, restore_speech_timestamps(found, chunks, _RATE)):
            if hints and may_hold_expected(segment["words"], hints):
                _expect(whisper, sound, segment, hints, language=language, task=task)
            segments.append(segment)
    return {"language": language, "segments": segments}


def _expect(whisper: Model, sound: Sound, segment: dict[str, Any], hints: str, **how: Any) -> None:
    """Listen to a segment once more for expected words, and put those in it that are there.

    Where that fails by Whisper's own measures the segment stays as it was heard.
    """
    words = segment["words"]
    start = max(int((words[0][1] - _MARGIN_S) * _RATE), 0)
    end = int((words[-1][2] + _MARGIN_S) * _RATE)
    found = _listen(whisper, sound[start:end], 0.0, hotwords=hints, beam_size=1, **how)
    again = [
        [text, begun + start / _RATE, ended + start / _RATE, probability]
        for each in map(_segment, itertools.filterfalse(_failed, found))
        for text, begun, ended, probability in each["words"]
    ]
    segment["words"] = with_expected(words, again, hints)
    segment["text"] = "".join(word[0] for word in segment["words"])


def _transcribe(whisper: Model, speech: Sound, **how: Any) -> Sequence[Segment]:
    """Return what is said; speech that is shorter than a window is padded by a little first.

    Whisper was taught with windows of 30 s, and the encoder's work grows with their length. Padded
    by a few seconds it writes about the same. Where it fails by its own measures, which padding by
    less makes more likely, it listens again to the whole window, at several temperatures. Not for a
    guess at what is left after the last word: that is left out, as the whole window would do.
    """
    if _frames_of(speech):
        found = _listen(whisper, speech, 0.0, **how)
        heard = [segment for segment in found if not _failed(segment)]
        if all(_is_remainder(segment, speech) for segment in found if _failed(segment)):
            return heard
    return _listen(whisper, speech, **how)


def _listen(
    whisper: Model, speech: Sound, temperature: float | None = None, **how: Any
) -> Sequence[Segment]:
    """Return what is heard in padded speech at a temperature, or in whole windows at several."""
    whisper.frames = None if temperature is None else _frames_of(speech)
    if temperature is not None:
        how["temperature"] = temperature
    # Else words from before a silence are hallucinated into what follows it.
    how |= {"word_timestamps": True, "condition_on_previous_text": False}
    return list(whisper.transcribe(speech, **how)[0])


def _frames_of(speech: Sound) -> int | None:
    """Return how many frames hold speech and some padding; ``None`` where a window has no more."""
    frames = int((len(speech) / _RATE + _PADDING_S) * _FRAMES_PER_S)
    return frames if frames < _WINDOW_FRAMES else None


def _failed(segment: Segment) -> bool:
    """Return whether a segment repeats itself or is a guess, by faster-whisper's own measures."""
    return bool(segment.compression_ratio > _REPETITIVE or segment.avg_logprob < _GUESSED)


def _is_remainder(segment: Segment, speech: Sound) -> bool:
    """Return whether a segment was heard in what is left of speech after an earlier window."""
    left_s = len(speech) / _RATE - segment.seek / _FRAMES_PER_S
    return bool(segment.seek > 0 and left_s < _REMAINDER_S)


def _read(path: str) -> Sound:
    with wave.open(path, "rb") as wav:
        if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != _FORMAT:
            raise ValueError(f"{path} is not 16 kHz mono 16 bit")
        samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)


def _stretches(speech: Sequence[dict[str, int]]) -> Iterator[list[dict[str, int]]]:
    """Divide speech at silences into stretches of about the same length.

    Who speaks on without a pause has a longer one.
    """
    lengths = [each["end"] - each["start"] for each in speech]
    total = sum(lengths)
    target = total / math.ceil(total / _STRETCH) if total else 1.0
    middles = (end - length / 2 for length, end in zip(lengths, accumulate(lengths), strict=True))
    numbers = (int(middle / target) for middle in middles)
    for _, stretch in groupby(zip(numbers, speech, strict=True), key=itemgetter(0)):
        yield [each for _, each in stretch]


def _language(whisper: Model, speech: Sound, languages: Sequence[str]) -> str:
    if len(languages) == 1:
        return languages[0]
    # Of the same frames as `transcribe` takes, all but the last, so that they are encoded once.
    features = whisper.feature_extractor(speech)[..., :-1]
    _, _, likely = whisper.detect_language(features=features)
    return str(next(each for each, _ in likely if not languages or each in languages))


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "text": segment.text,
        "no_speech": round(segment.no_speech_prob, 3),
        "logprob": round(segment.avg_logprob, 3),
        "words": [
            [
                word.word,
                round(float(word.start), 3),
                round(float(word.end), 3),
                round(float(word.probability), 3),
            ]
            for word in segment.words or ()
        ],
    }


def main() -> None:
    """Load the model and answer requests until there are no more."""
    whisper = load(**json.loads(sys.argv[1]))
    print(json.dumps({"languages": whisper.supported_languages}), flush=True)  # noqa: T201 -- the protocol
    for line in sys.stdin:
        print(json.dumps(recognise(whisper, **json.loads(line))), flush=True)  # noqa: T201 -- the protocol


if __name__ == "__main__":
    main()
