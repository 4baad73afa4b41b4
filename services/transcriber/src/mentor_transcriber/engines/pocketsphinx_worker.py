"""The recogniser's process: ``python -m mentor_transcriber.engines.pocketsphinx_worker WAV``.

Prints one JSON object, ``{"words": [{"text", "start", "end", "confidence"}, …]}``, times in
seconds from the start of the recording.
"""

from __future__ import annotations

import json
import re
import sys
import wave
from typing import TYPE_CHECKING, Any, Final

import pocketsphinx

from mentor_transcriber.engines.utterances import FRAME_S, utterances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_transcriber.engines.utterances import Utterance

_RATE: Final = 16_000
_FORMAT: Final = (1, 2, _RATE)  # channels, bytes of a sample, samples per second
_FILLER: Final = re.compile(r"[<\[+]")  # <s>, </s>, <sil>, [NOISE], ++BREATH++ …
_PRONUNCIATION: Final = re.compile(r"\(\d+\)$")  # the dictionary's second "read" is "read(2)"


def recognise(path: str) -> list[dict[str, Any]]:
    """Return the words of a 16 kHz mono 16 bit WAV file; memory does not grow with its length."""
    # Of the four modes this one still tells speech from the noise of a room.
    vad = pocketsphinx.Vad(pocketsphinx.Vad.MEDIUM_STRICT, _RATE, FRAME_S)
    decoder = pocketsphinx.Decoder(samprate=_RATE, loglevel="FATAL")
    with wave.open(path, "rb") as wav:
        if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != _FORMAT:
            raise ValueError(f"{path} is not 16 kHz mono 16 bit")
        duration = wav.getnframes() / _RATE
        return [
            {**word, "end": min(word["end"], duration)}
            for utterance in utterances(_frames(wav, vad.frame_bytes), vad.is_speech)
            for word in _words(decoder, utterance)
            if word["start"] < duration
        ]


def _frames(wav: wave.Wave_read, size: int) -> Iterator[bytes]:
    """Yield frames of ``size`` bytes, the last one filled up with silence."""
    while frame := wav.readframes(size // 2):
        yield frame.ljust(size, b"\0")


def _words(decoder: pocketsphinx.Decoder, utterance: Utterance) -> Iterator[dict[str, Any]]:
    decoder.start_utt()
    # The whole utterance at once: its loudness and tone are levelled over all of it.
    decoder.process_raw(utterance.pcm, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return
    rate = decoder.config["frate"]
    for segment in decoder.seg():
        if not _FILLER.match(segment.word):
            yield {
                "text": _PRONUNCIATION.sub("", segment.word),
                "start": round(utterance.start + segment.start_frame / rate, 3),
                "end": round(utterance.start + (segment.end_frame + 1) / rate, 3),
                "confidence": round(min(1.0, segment.prob), 3),
            }


if __name__ == "__main__":
    json.dump({"words": recognise(sys.argv[1])}, sys.stdout)
