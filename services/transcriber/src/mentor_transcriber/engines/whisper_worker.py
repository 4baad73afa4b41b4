"""The recogniser's process: ``python -m mentor_transcriber.engines.whisper_worker JSON``.

The argument names ``wav``, ``model`` (a directory), ``language`` and ``hotwords``. Prints one JSON
object, ``{"text": "…", "words": [{"text", "start", "end", "confidence"}, …]}``, times in seconds.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

_WITHOUT_SPACES: Final = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages, ISO 639, that are written without spaces."""


def recognise(
    wav: str, model: str, language: str, hotwords: str | None
) -> dict[str, str | list[dict[str, Any]]]:
    """Return text and words of a WAV file."""
    # The extra is only there where it was asked for.
    from faster_whisper import WhisperModel  # noqa: PLC0415 -- see above

    whisper = WhisperModel(model, device="auto", compute_type="default", local_files_only=True)
    segments, _ = whisper.transcribe(
        wav,
        language=language,
        word_timestamps=True,
        vad_filter=True,
        hotwords=hotwords,
        # Else words from before a silence are hallucinated into what follows it.
        condition_on_previous_text=False,
    )
    texts: list[str] = []
    words: list[dict[str, Any]] = []
    for segment in segments:
        texts.append(segment.text.strip())
        for word in segment.words or ():
            start = max(float(word.start), words[-1]["end"] if words else 0.0)
            words.append(
                {
                    "text": word.word.strip(),
                    "start": round(start, 3),
                    "end": round(max(float(word.end), start), 3),
                    "confidence": round(float(word.probability), 3),
                }
            )
    text = ("" if language in _WITHOUT_SPACES else " ").join(texts)
    return {"text": text, "words": [word for word in words if word["text"]]}


if __name__ == "__main__":
    json.dump(recognise(**json.loads(sys.argv[1])), sys.stdout)
