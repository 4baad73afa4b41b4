"""The aligner's process: ``python -m mentor_transcriber.alignment_worker``.

It loads its dictionary, prints a line, and then answers each line of standard input by a line of
standard output, until the input ends. A request is ``{"wav", "stretches"}``, a list of parts of the
sound, ``{"start", "end", "spoken"}``: seconds, and a list of lists, for each written word the words
that are spoken for it. The answer is ``{"stretches"}``, an object for each of them: ``times``, for
each written word its start and end in seconds or ``null``; ``speech``, the seconds in which
somebody speaks; ``fit``, how well the words fit the sound. Where no alignment is found, ``times``
is ``null``.
"""

from __future__ import annotations

import json
import math
import sys
import wave
from typing import Any, Final

import pocketsphinx

from mentor_transcriber.spelling import phonemes

_RATE: Final = 16_000
_SAMPLE_BYTES: Final = 2
_FRAME_S: Final = 0.03
_TAIL: Final = bytes(_RATE)  # half a second of silence, or speech that runs to the end is lost
_LEAST: Final = 1e-300


def align(
    decoder: pocketsphinx.Decoder, wav: str, stretches: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the times of each written word in stretches of a 16 kHz mono 16 bit WAV file."""
    with wave.open(wav, "rb") as file:
        pcm = file.readframes(file.getnframes())
    decoder.reinit_feat()  # or what is heard depends on the recordings before
    return [_align(decoder, pcm, **stretch) for stretch in stretches]


def _align(
    decoder: pocketsphinx.Decoder, pcm: bytes, start: float, end: float, spoken: list[list[str]]
) -> dict[str, Any]:
    first = _SAMPLE_BYTES * round(start * _RATE)
    sound = pcm[first : _SAMPLE_BYTES * round(end * _RATE)]
    flat = [word for words in spoken for word in words]
    for word in set(flat):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, phonemes(word), update=False)
    decoder.set_align_text(" ".join(flat))
    decoder.start_utt()
    decoder.process_raw(sound + _TAIL, full_utt=True)
    decoder.end_utt()
    found = [] if decoder.hyp() is None else [s for s in decoder.seg() if s.word[0] not in "<[+"]
    speech = _speech_s(sound)
    if len(found) != len(flat):
        return {"times": None, "speech": speech, "fit": 0.0}
    rate = decoder.config["frate"]
    frames = sum(each.end_frame - each.start_frame + 1 for each in found)
    fit = sum(math.log10(max(each.ascore, _LEAST)) for each in found) / max(1, frames)
    segments = iter(found)
    times: list[tuple[float, float] | None] = []
    for words in spoken:
        own = [next(segments) for _ in words]
        first_frame, after = (own[0].start_frame, own[-1].end_frame + 1) if own else (0, 0)
        times.append((start + first_frame / rate, start + after / rate) if own else None)
    return {"times": times, "speech": speech, "fit": fit}


def _speech_s(pcm: bytes) -> float:
    vad = pocketsphinx.Vad(pocketsphinx.Vad.MEDIUM_STRICT, _RATE, _FRAME_S)
    size = vad.frame_bytes
    frames = (pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size))
    return _FRAME_S * sum(1 for frame in frames if vad.is_speech(frame))


def main() -> None:
    """Load the dictionary and answer requests until there are no more."""
    decoder = pocketsphinx.Decoder(lm=None, samprate=_RATE, loglevel="FATAL")
    print("{}", flush=True)  # noqa: T201 -- the protocol
    for line in sys.stdin:
        found = {"stretches": align(decoder, **json.loads(line))}
        print(json.dumps(found), flush=True)  # noqa: T201 -- the protocol


if __name__ == "__main__":
    main()
