"""Transcript and captions of an uploaded video: a local file in, values out."""

from __future__ import annotations

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
from mentor_common.media import Limits, ToolRun, Tools, inspect, trimmed_span
from mentor_transcriber.audio import extract
from mentor_transcriber.engines.base import Engine, Recognition
from mentor_transcriber.loops import without_loops

if TYPE_CHECKING:
    from pathlib import Path

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
    engine, language
        The recogniser, and the BCP 47 tag of the language it was set to.
    duration_s
        Length of the part, seconds.
    """

    text: str
    words: tuple[Word, ...]
    vtt: str
    engine: str
    language: str
    duration_s: float

    def to_json(self) -> str:
        """Return the word-timing document.

        ::

            {
              "version": 1,             raised when a field changes its meaning or goes away;
                                        readers ignore fields they do not know
              "engine": "pocketsphinx", name of the recogniser
              "language": "en-US",      BCP 47
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
            "language": self.language,
            "duration": round(self.duration_s, 3),
            "text": self.text,
            "words": [timing_of(word) for word in self.words],
        }
        return json.dumps(document, ensure_ascii=False)


async def transcribe(
    source_path: Path,
    *,
    trim: tuple[float, float] | None,
    work_dir: Path,
    engine: Engine,
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
        recognition = await engine.recognise(sound.wav, timings=timings)
    return transcript_of(recognition, engine.name, engine.language, sound.duration_s)


@dataclass(frozen=True)
class Sound:
    """The sound of the part that is shown: a WAV file, ``None`` without any, and its length."""

    wav: Path | None
    duration_s: float


async def cut_sound(
    source_path: Path,
    *,
    trim: tuple[float, float] | None,
    work_dir: Path,
    tools: Tools | None = None,
    limits: Limits | None = None,
    timings: list[ToolRun] | None = None,
) -> Sound:
    """Cut the sound out of a video; see `transcribe` for parameters and errors."""
    tools = tools or Tools()
    source = await inspect(
        source_path, limits=limits, ffprobe=tools.ffprobe, ffmpeg=tools.ffmpeg, timings=timings
    )
    span = trimmed_span(source, trim)
    wav = work_dir / "audio.wav"
    has_sound = await extract(
        source_path, source, wav, span=span, ffmpeg=tools.ffmpeg, timings=timings
    )
    return Sound(wav if has_sound else None, span.length)


def transcript_of(
    recognition: Recognition, engine: str, language: str, duration_s: float
) -> Transcript:
    """Return the transcript of a recognition, with captions; nothing of it outlasts the video.

    Every engine's result comes through here: loops are left out, see `without_loops`.
    """
    spaced = with_spacing(recognition.words, recognition.text)
    recognition = without_loops(Recognition(spaced, recognition.text))
    words = tuple(
        replace(word, end=min(word.end, duration_s))
        for word in recognition.words
        if word.start < duration_s
    )
    return Transcript(
        text=recognition.text,
        words=words,
        # The last caption may linger, but not beyond the video.
        vtt=format_vtt(trim_cues(cues_from_words(words), 0.0, duration_s)),
        engine=engine,
        language=language,
        duration_s=duration_s,
    )
