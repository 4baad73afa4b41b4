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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import faster_whisper
import pytest

from mentor_common.captions import parse_vtt
from mentor_common.media import Bounds
from mentor_transcriber.engines import whisper_worker
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mentor_transcriber.engines import Recognition

RATE = 16_000
SAID = "My name is Xiomara Kowalczyk and I work as a nurse in Tuscaloosa."
STORY = (
    "I grew up on a farm in Ohio, and my father fixed every machine himself. When I was ten "
    "he gave me an old radio that did not work. I took it apart on the kitchen table. My "
    "mother was not pleased, but two weeks later we listened to the news with it. After "
    "school I joined the navy and learned electronics. The first ship I served on was forty "
    "years old. Everything on board broke at least once, so there was no better place to "
    "learn. Later I taught younger sailors, and found that explaining something is the best "
    "way to understand it. Today I run a small company with six people. We build sensors for "
    "bridges, and we still listen to the radio at lunch. If you like to know how things work, "
    "do not wait for permission to open them."
)
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


def laughter(voice: float) -> Callable[[float], float]:
    """Return laughter: bouts of five bursts a second, falling, of breath and ``voice`` (0 to 1).

    As Bachorowski et al. describe it, "The acoustic features of human laughter", 2001.
    """
    drawn = random.Random(1)  # noqa: S311 -- breath, the same each time

    def at(time: float) -> float:
        bout = time % 2.5
        if bout > 1.7:
            return 0.0
        burst = max(math.sin(2 * math.pi * 4.8 * bout), 0.0) * (1 - bout / 2.2)
        pitch = 260 * (1 - 0.15 * bout)
        tone = sum(math.sin(2 * math.pi * pitch * n * time) / n for n in range(1, 10))
        return burst * (0.3 * voice * tone + 0.4 * (1 - voice) * drawn.uniform(-1, 1))

    return at


def peak_mb_of(process: int) -> int:
    """Return the most memory that a process has ever had resident (VmHWM of proc(5))."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


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


@pytest.mark.parametrize("voice", [0.0, 0.8], ids=["breath", "voice"])
def test_laughter_gives_no_words(
    by_whisper: Callable[..., Recognition], write_wav: Callable[[str, bytes], Path], voice: float
) -> None:
    recognition = by_whisper(write_wav("laughter.wav", samples(12, laughter(voice))))
    assert transcript_of(recognition, "whisper", "en", 12.0).text == ""


def test_an_expected_name_is_spelt_right_and_all_else_stays(
    whisper_model: WhisperModel, speak: Callable[[str], Path]
) -> None:
    async def recognise() -> tuple[str, str]:
        engine = WhisperEngine(whisper_model)
        try:
            plain = await engine.recognise(speak(SAID))
            hinted = await engine.recognise(speak(SAID), hints="Xiomara Kowalczyk")
        finally:
            await engine.close()
        return plain.text, hinted.text

    plain, hinted = asyncio.run(recognise())
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
    assert parse_vtt(transcript.english_vtt or "")[0].text.startswith("Good morning")
    assert "Buenos" in transcript.vtt


@pytest.mark.parametrize("text", [SAID, STORY], ids=["one window", "several"])
def test_finding_the_language_encodes_nothing_that_the_text_does_not_need(
    whisper_model: WhisperModel,
    speak: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    encoded: list[object] = []
    encode = faster_whisper.WhisperModel.encode

    def counted(model: object, features: object) -> object:
        encoded.append(features)
        return encode(model, features)

    monkeypatch.setattr(faster_whisper.WhisperModel, "encode", counted)

    def windows(languages: Sequence[str]) -> int:
        encoded.clear()
        model = whisper_worker.load(str(whisper_model.folder), "cpu", "int8", 2)
        found = whisper_worker.recognise(model, str(speak(text)), languages, 1, None)
        assert found["language"] == "en"
        return len(encoded)

    assert windows(()) == windows(("en",))


def test_when_its_process_is_killed_amid_a_recording_the_next_one_is_served(
    whisper_model: WhisperModel, speak: Callable[[str], Path]
) -> None:
    """The upload is retried: the error is a transient one."""

    async def story() -> str:
        engine = WhisperEngine(whisper_model)
        try:
            await engine.recognise(speak(SAID))
            pid = engine.pid or 0
            interrupted = asyncio.create_task(engine.recognise(speak(SAID)))
            await asyncio.sleep(0)
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(RecogniserError):
                await interrupted
            return (await engine.recognise(speak(SAID))).text
        finally:
            await engine.close()

    assert "I work as" in asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak")
def test_twenty_minutes_take_no_more_memory_than_a_pod_has_room_for(
    whisper_model: WhisperModel,
    speak: Callable[[str], Path],
    pcm: Callable[[Path], bytes],
    write_wav: Callable[[str, bytes], Path],
) -> None:
    """Two minutes without a pause, the longest stretch there is, and quiet around them.

    The sound as a whole and one stretch are what memory depends on.
    """
    # Longer than a window of Whisper's: it tries again, and again, what repeats within one.
    story = pcm(speak(STORY))
    speech = story * (125 * 2 * RATE // len(story))
    quiet = bytes(2 * RATE * 60 * 9)
    wav = write_wav("long.wav", quiet + speech + quiet)

    async def peak() -> tuple[int, Recognition]:
        engine = WhisperEngine(whisper_model)
        try:
            recognition = await engine.recognise(wav)
            assert engine.pid
            return peak_mb_of(engine.pid), recognition
        finally:
            await engine.close()

    peak_mb, recognition = asyncio.run(peak())
    assert recognition.words[0].start > 500
    assert recognition.words[-1].end > 640
    assert peak_mb <= 800


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
