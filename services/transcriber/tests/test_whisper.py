"""Whisper with its real model: what is no speech, names, other languages, and mishaps."""

from __future__ import annotations

import array
import asyncio
import math
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faster_whisper
import numpy as np
import pytest
from faster_whisper.vad import get_speech_timestamps

from mentor_common.captions import parse_vtt
from mentor_common.media import Bounds
from mentor_transcriber.engines import whisper_worker
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_transcriber.engines.base import Recognition

RATE = 16_000
SAID = "My name is Xiomara Kowalczyk and I work as a nurse in Tuscaloosa."
SPANISH = (
    "Buenos días. Mi madre vive en una casa grande en España. Yo tengo dos hermanos y un perro."
)


def samples(seconds: float, at: Callable[[float], float]) -> bytes:
    """Return 16 bit samples of a function of time, -1 to 1."""
    count = int(seconds * RATE)
    return array.array("h", (int(32_000 * at(index / RATE)) for index in range(count))).tobytes()


def chords(at: float) -> float:
    """Return a progression of four chords, a second each, as a simple organ plays it."""
    root = (220.0, 174.6, 261.6, 196.0)[int(at) % 4]
    tones = (root, root * 5 / 4, root * 3 / 2)
    partials = [math.sin(2 * math.pi * tone * n * at) / n for tone in tones for n in (1, 2, 3)]
    return sum(partials) / 8 * (1 - 0.5 * (at % 1))


def laughter(seconds: float) -> bytes:
    """Return samples of laughter: bouts of five bursts a second, falling, of an open "ha".

    As Bachorowski et al. describe it, "The acoustic features of human laughter", 2001.
    """
    drawn = np.random.default_rng(1)  # breath, the same each time
    time = np.arange(int(seconds * RATE)) / RATE
    bout = time % 2.5
    burst = np.maximum(np.sin(2 * np.pi * 4.8 * bout), 0) * np.clip(1 - bout / 2.2, 0, None)
    burst[bout > 1.7] = 0
    pitch = 300 * (1 - 0.15 * bout) * (1 + 0.1 * np.sin(2 * np.pi * 4.8 * bout))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = ((750, 120, 1.0), (1250, 150, 0.63), (2600, 250, 0.4), (3500, 300, 0.25))
    voice = sum(
        loud / (1 + ((300 * n - at) / width) ** 2) * np.sin(n * phase)
        for n in range(1, 24)
        for at, width, loud in formants
    )
    sound = burst * (0.9 * voice / np.abs(voice).max() + 0.03 * drawn.normal(size=len(time)))
    pcm = (0.5 * 32767 * sound / np.abs(sound).max()).astype("<i2")
    return bytes(pcm.tobytes())


@pytest.mark.parametrize("kind", ["silence", "music", "noise"])
def test_where_nobody_speaks_nothing_is_written(
    by_whisper: Callable[..., Recognition], write_wav: Callable[[str, bytes], Path], kind: str
) -> None:
    drawn = random.Random(1)  # noqa: S311 -- noise, the same each time
    sounds: dict[str, Callable[[float], float]] = {
        "silence": lambda _: 0.0,
        "music": chords,
        "noise": lambda _: drawn.uniform(-0.3, 0.3),
    }
    recognition = by_whisper(write_wav("sound.wav", samples(12, sounds[kind])))
    assert (recognition.words, recognition.text) == ((), "")


def test_laughter_gives_no_words(
    by_whisper: Callable[..., Recognition], write_wav: Callable[[str, bytes], Path]
) -> None:
    sound = laughter(5)
    loudness = np.frombuffer(sound, "<i2").astype(np.float32) / 32_768
    assert get_speech_timestamps(loudness, whisper_worker.VAD), "Whisper itself has to know better"
    recognition = by_whisper(write_wav("laughter.wav", sound))
    assert transcript_of(recognition, "whisper", "en", 5.0).text == ""


def test_an_expected_name_is_spelt_right_and_all_else_stays(
    by_whisper: Callable[..., Recognition], speak: Callable[[str], Path]
) -> None:
    plain = by_whisper(speak(SAID)).text
    hinted = by_whisper(speak(SAID), hints="Xiomara Kowalczyk").text
    assert "Xiomara Kowalczyk" not in plain
    assert hinted.startswith("My name is Xiomara Kowalczyk and I work")
    assert hinted.split()[-6:] == plain.split()[-6:]


def test_spanish_stays_spanish_and_has_captions_in_english_where_they_are_wanted(
    by_whisper: Callable[..., Recognition], tmp_path: Path
) -> None:
    raw, wav = tmp_path / "raw.wav", tmp_path / "spanish.wav"
    subprocess.run(
        [sys.executable, Path(__file__).with_name("spanish.py"), raw, SPANISH], check=True
    )
    convert = ("ffmpeg", "-v", "error", "-i", raw, "-ar", "16000", "-ac", "1", wav)
    subprocess.run(convert, check=True)
    recognition = by_whisper(wav, translates=True)
    assert recognition.language == "es"
    # The voice is a machine's, which nobody understands wholly.
    assert {"Buenos", "madre", "vive", "casa", "España."} <= set(recognition.text.split())
    english = recognition.translation
    assert english is not None
    assert english.language == "en"
    assert {"mother", "lives", "house", "Spain."} <= set(english.text.split())
    assert 3 < english.words[-1].end <= 7
    transcript = transcript_of(recognition, "whisper", "en", 7.0)
    first = parse_vtt(transcript.english_vtt or "")[0].text
    assert first
    assert english.text.startswith(first)
    assert "Buenos" in transcript.vtt


@pytest.fixture(scope="module")
def loaded(whisper_model: WhisperModel) -> whisper_worker.Model:
    """The model in this process."""
    return whisper_worker.load(str(whisper_model.folder), "cpu", "int8", 2)


@pytest.mark.parametrize("windows", [1, 2])
def test_finding_the_language_encodes_nothing_that_the_text_does_not_need(
    loaded: whisper_worker.Model,
    speak: Callable[[str], Path],
    story: Path,
    monkeypatch: pytest.MonkeyPatch,
    windows: int,
) -> None:
    calls: Counter[str] = Counter()

    def counted(name: str) -> None:
        method = getattr(faster_whisper.WhisperModel, name)

        def call(*given: object, **named: object) -> object:
            calls[name] += 1
            return method(*given, **named)

        monkeypatch.setattr(faster_whisper.WhisperModel, name, call)

    counted("encode")
    counted("generate_with_fallback")  # once for each window
    wav = speak(SAID) if windows == 1 else story
    found = whisper_worker.recognise(loaded, str(wav), (), 1, None)
    assert found["language"] == "en"
    assert calls["encode"] == calls["generate_with_fallback"] == windows


def test_when_its_process_is_killed_amid_a_recording_the_next_one_is_served(
    by_whisper: Any, speak: Callable[[str], Path], write_wav: Callable[[str, bytes], Path]
) -> None:
    """The upload is retried: the error is a transient one."""
    by_whisper(write_wav("silence.wav", bytes(RATE)))  # The model is loaded then.

    async def story(engine: WhisperEngine) -> Recognition:
        interrupted = asyncio.create_task(engine.recognise(speak(SAID)))
        await asyncio.sleep(0)
        os.kill(engine.pid or 0, signal.SIGKILL)
        with pytest.raises(RecogniserError):
            await interrupted
        return await engine.recognise(speak(SAID))

    assert "I work as" in by_whisper.run(story).text


@dataclass(frozen=True)
class Cramped(WhisperModel):
    """The model in too little memory to load it."""

    @property
    def bounds(self) -> Bounds:
        return Bounds(memory_bytes=200 << 20)


def test_out_of_memory_is_an_error_that_is_tried_again(
    whisper_model: WhisperModel, speak: Callable[[str], Path]
) -> None:
    async def story() -> None:
        engine = WhisperEngine(Cramped(whisper_model.folder, whisper_model.name))
        try:
            for _ in range(2):
                with pytest.raises(RecogniserError, match="ended with"):
                    await engine.recognise(speak(SAID))
        finally:
            await engine.close()

    asyncio.run(story())
