"""Speech and small films for the transcriber's tests, made by the real tools."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import wave
from typing import TYPE_CHECKING, Any, TypeVar

import jiwer
import pytest

from mentor_transcriber.alignment import is_available
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.model import ModelSettings, find

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from mentor_transcriber.engines.base import Recognition

Heard = TypeVar("Heard")
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
_NO_VOICE = (
    "no voice to test with: neither ffmpeg's flite source nor macOS's `say` works here"
    " (Debian's ffmpeg has flite)"
)
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
_VP8 = (
    *("-c:v", "libvpx"),
    *("-deadline", "realtime", "-cpu-used", "8", "-threads", "1", "-c:a", "libopus"),
)


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)


def _speak(text: str, wav: Path) -> None:
    script = wav.with_suffix(".txt")
    script.write_text(text)
    flite = f"flite=textfile='{script}':voice=slt"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", flite]
    spoken = subprocess.run([*command, "-ar", "16000", str(wav)], check=False, capture_output=True)
    if spoken.returncode == 0:
        return
    if shutil.which("say") is None:
        pytest.fail(_NO_VOICE)
    subprocess.run(
        ["say", "-f", script, "-o", wav, "--file-format=WAVE", "--data-format=LEI16@16000"],
        check=True,
    )


@pytest.fixture(scope="session")
def speak(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that speaks a text: 16 kHz mono WAV, made once a session."""
    folder = tmp_path_factory.mktemp("speech")
    made: dict[str, Path] = {}

    def say(text: str) -> Path:
        if text not in made:
            made[text] = folder / f"{len(made)}.wav"
            _speak(text, made[text])
        return made[text]

    return say


@pytest.fixture(scope="session")
def story(speak: Callable[[str], Path]) -> Path:
    """Forty seconds of speech, more than Whisper takes at once, 16 kHz mono WAV."""
    return speak(STORY)


@pytest.fixture(scope="session")
def pocketsphinx() -> None:
    """Skip what recognises or aligns with pocketsphinx where it is not installed."""
    if not is_available():
        pytest.skip("no pocketsphinx here: run `local/scripts/ensure-pocketsphinx.sh`")


@pytest.fixture(scope="session")
def whisper_model(ffmpeg: str) -> WhisperModel:
    """The default model as set-up has fetched it; tests of it are skipped where there is none."""
    assert ffmpeg  # whoever recognises encodes, too: it is the same tier
    folder = find(ModelSettings())
    if folder is None:
        pytest.skip("no model of Whisper here: run `python -m mentor_transcriber.model fetch`")
    return WhisperModel(folder, "base")


class Listener:
    """Whisper of the default model: an engine for each choice of options, loaded once."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._loop = asyncio.Runner()  # An engine's process belongs to one event loop.
        self._engines: dict[tuple[tuple[str, Any], ...], WhisperEngine] = {}

    def __call__(self, wav: Path, hints: str | None = None, **options: Any) -> Recognition:
        """Return what is heard in a recording; other keywords are those of the engine."""
        return self.run(lambda engine: engine.recognise(wav, hints=hints), **options)

    def run(
        self, story: Callable[[WhisperEngine], Coroutine[Any, Any, Heard]], **options: Any
    ) -> Heard:
        """Return what a story with the engine returns."""
        choice = tuple(sorted(options.items()))
        engine = self._engines.setdefault(choice, WhisperEngine(self._model, **options))
        return self._loop.run(story(engine))

    def close(self) -> None:
        """End the engines."""
        for engine in self._engines.values():
            self._loop.run(engine.close())
        self._loop.close()


@pytest.fixture(scope="module")
def by_whisper(whisper_model: WhisperModel) -> Iterator[Listener]:
    """Whisper, to be called with a recording; its engines last as long as the module."""
    listener = Listener(whisper_model)
    yield listener
    listener.close()


@pytest.fixture
def film(ffmpeg: str, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a film.

    Its name's ending chooses container and codecs; its sound begins ``delay`` seconds late;
    ``options`` are ffmpeg's for the output.
    """

    def make(
        name: str,
        *,
        seconds: float,
        sound: Path | None = None,
        delay: float = 0,
        options: Sequence[str] = (),
    ) -> Path:
        path = tmp_path / name
        picture = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=10:d={seconds}")
        heard = ("-itsoffset", str(delay), "-i", str(sound), "-ar", "48000") if sound else ()
        _ffmpeg(*picture, *heard, *(_VP8 if path.suffix == ".webm" else _X264), *options, str(path))
        return path

    return make


@pytest.fixture
def pcm() -> Callable[[Path], bytes]:
    """Return a function that reads the samples of a 16 kHz mono 16 bit WAV file."""

    def read(path: Path) -> bytes:
        with wave.open(str(path)) as wav:
            assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16000, 1, 2)
            samples: bytes = wav.readframes(wav.getnframes())
            return samples

    return read


@pytest.fixture
def write_wav(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Return a function that writes samples as 16 kHz mono 16 bit WAV."""

    def write(name: str, samples: bytes) -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as wav:
            wav.setframerate(16000)
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.writeframes(samples)
        return path

    return write


@pytest.fixture
def word_errors() -> Callable[[str, str], float]:
    """Return a function of (said, heard): words wrong, missing or added, per word said."""

    def words(text: str) -> str:
        return " ".join(re.findall(r"[a-z']+", text.lower()))

    def rate(said: str, heard: str) -> float:
        return float(jiwer.wer(words(said), words(heard)))

    return rate
