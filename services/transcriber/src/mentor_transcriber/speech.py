"""Transcript and captions of an uploaded video: a local file in, values out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mentor_common.captions import (
    Word,
    cues_from_words,
    format_vtt,
    timing_of,
    trim_cues,
    with_spacing,
)
from mentor_transcriber.audio import cut_sound
from mentor_transcriber.engines.base import Engine, Recognition
from mentor_transcriber.loops import without_loops
from mentor_transcriber.phantoms import without_phantoms
from mentor_transcriber.silence import without_words_in_silence
from mentor_transcriber.word_times import with_aligned_times

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.media import Limits, ToolRun, Tools
    from mentor_transcriber.alignment import ForcedAligner

WORD_TIMING_VERSION: Final = 1
SILENCE: Final = Recognition(words=(), text="")


@dataclass(frozen=True)
class Transcript:
    """Transcript of the part of a video that is shown. All times count from its beginning.

    Parameters
    ----------
    text
        The transcript; empty if nothing is said.
    words
        Each word with its times, ascending and within ``duration_s``.
    vtt
        Captions as WebVTT; valid even if empty.
    engine, model
        The recogniser, and its model where it has several.
    language
        BCP 47 tag of what is spoken.
    duration_s
        Length of the part, seconds.
    english_vtt
        Captions in English as well, where another language is spoken and it was translated.
    """

    text: str
    words: tuple[Word, ...]
    vtt: str
    engine: str
    language: str
    duration_s: float
    model: str | None = None
    english_vtt: str | None = None

    def to_json(self) -> str:
        """Return the word-timing document.

        ::

            {
              "version": 1,             raised when a field changes its meaning or goes away;
                                        readers ignore fields they do not know
              "engine": "whisper",      name of the recogniser
              "model": "base",          its model, where it has several
              "language": "en",         BCP 47
              "duration": 12.345,       seconds of the trimmed video
              "text": "hello there",    the plain transcript
              "words": [                in the order of their starts, not overlapping
                {
                  "text": "hello",
                  "start": 0.31,        seconds from the beginning of the trimmed video
                  "end": 0.72,
                  "confidence": 0.998   0 to 1, comparable only within one engine
                }
              ]
            }

        After a trim of an edited transcript there may be ``outside``: the words it has cut off,
        with times below 0 or beyond ``duration``.
        """
        document = {
            "version": WORD_TIMING_VERSION,
            "engine": self.engine,
            **({"model": self.model} if self.model else {}),
            "language": self.language,
            "duration": round(self.duration_s, 3),
            "text": self.text,
            "words": [timing_of(word) for word in self.words],
        }
        return json.dumps(document, ensure_ascii=False)


async def transcribe(  # noqa: PLR0913 -- all but two have defaults
    source_path: Path,
    *,
    trim: tuple[float, float] | None,
    work_dir: Path,
    engine: Engine,
    aligner: ForcedAligner | None = None,
    hints: str | None = None,
    tools: Tools | None = None,
    limits: Limits | None = None,
    timings: list[ToolRun] | None = None,
) -> Transcript:
    """Return the transcript of a video.

    Parameters
    ----------
    source_path
        The upload, untrimmed.
    trim
        Start and end of the part the mentor keeps, seconds; ``None`` for all of it.
    work_dir
        An existing directory of this job alone; ``audio.wav`` is left in it.
    engine
        The recogniser.
    aligner
        What corrects the times of its words; one for this video alone when ``None``.
    hints
        Words to expect, as names.
    tools
        The executables; those on PATH when ``None``.
    limits
        What the gate lets through; its defaults when ``None``.
    timings
        Receives an entry for each run of a tool.

    Raises
    ------
    PermanentError
        The gate refuses the file, the trim leaves too little, or the sound cannot be decoded.
    TransientError
        A tool was killed, ran out of time or failed.
    """
    sound = await cut_sound(
        source_path, trim=trim, work_dir=work_dir, tools=tools, limits=limits, timings=timings
    )
    recognition = SILENCE
    if sound.wav is not None:
        recognition = await engine.recognise(sound.wav, hints=hints, timings=timings)
        recognition = await asyncio.to_thread(without_words_in_silence, recognition, sound.wav)
        if recognition.translation is not None:
            english = await asyncio.to_thread(
                without_words_in_silence, recognition.translation, sound.wav
            )
            recognition = replace(recognition, translation=english)
        recognition = await with_aligned_times(
            recognition, sound.wav, engine, aligner=aligner, timings=timings
        )
    return transcript_of(
        recognition, engine.name, engine.language, sound.duration_s, model=engine.model
    )


def transcript_of(
    recognition: Recognition,
    engine: str,
    language: str,
    duration_s: float,
    *,
    model: str | None = None,
) -> Transcript:
    """Return the transcript of a recognition, with captions; nothing of it outlasts the video.

    Every engine's result comes through here: loops and phantoms are left out, see `without_loops`
    and `without_phantoms`. ``language`` is that of the engine, for a recognition that names none.
    """
    spaced = with_spacing(recognition.words, recognition.text)
    language = recognition.language or language
    translation = recognition.translation
    english = translation and transcript_of(translation, engine, language, duration_s)
    recognition = without_phantoms(without_loops(Recognition(spaced, recognition.text)))
    words = tuple(
        replace(word, end=min(word.end, duration_s))
        for word in recognition.words
        if word.start < duration_s
    )
    return Transcript(
        text=recognition.text,
        words=words,
        # The last caption may linger, but not beyond the video.
        vtt=format_vtt(trim_cues(cues_from_words(words, language), 0.0, duration_s)),
        engine=engine,
        language=language,
        duration_s=duration_s,
        model=model,
        english_vtt=english.vtt if words and english and english.words else None,
    )
