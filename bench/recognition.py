"""One recogniser at work, as the service runs it: transcripts, processor time, memory, latency."""

from __future__ import annotations

import asyncio
import tempfile
import time
import wave
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from bench.usage import cpu_s, peaks_mb, resident_mb
from mentor_transcriber.alignment import align, an_aligner
from mentor_transcriber.audio import cut_sound
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.model import ModelSettings, find
from mentor_transcriber.speech import transcribe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.recordings import Recording
    from mentor_common.captions import Word
    from mentor_common.media import ToolRun
    from mentor_transcriber.alignment import ForcedAligner
    from mentor_transcriber.engines.base import Engine, Recognition
    from mentor_transcriber.speech import Transcript


@dataclass(frozen=True)
class Result:
    """A recording's transcript.

    Parameters
    ----------
    recording
        What was recognised.
    transcript
        The service's.
    own_words
        The recogniser's, before alignment.
    cpu_s
        User and system seconds of all processes that took part.
    elapsed_s
        Seconds until it was there.
    """

    recording: Recording
    transcript: Transcript
    own_words: tuple[Word, ...]
    cpu_s: float
    elapsed_s: float

    @property
    def spoken(self) -> str:
        """Text that is spoken."""
        return self.recording.spoken

    @property
    def written(self) -> str:
        """Text of the transcript."""
        return self.transcript.text


@dataclass(frozen=True)
class Memory:
    """Megabytes resident: of the recogniser's process, and of the largest of the others.

    Parameters
    ----------
    loaded, rested
        After loading, and after all the work; 0 of a recogniser that does not stay.
    peak
        The most of all.
    others
        The most of another process, as the aligner and ffmpeg.
    """

    loaded: float
    rested: float
    peak: float
    others: float


@dataclass(frozen=True)
class Measurement:
    """Figures of one recogniser.

    Parameters
    ----------
    results
        In the order of the recordings; by a recogniser that is loaded.
    load_s
        Seconds until a recogniser that was not started yet has found nothing in silence.
    long
        Result for the long recording, if there was one.
    """

    engine: str
    model: str | None
    results: tuple[Result, ...]
    load_s: float
    memory: Memory
    long: Result | None


class Observed:
    """An engine whose recognitions can be seen as they are before anything corrects them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.model, self.language = engine.name, engine.model, engine.language
        self.words: tuple[Word, ...] = ()

    async def recognise(
        self, wav: Path, *, hints: str | None = None, timings: list[ToolRun] | None = None
    ) -> Recognition:
        """Return the engine's recognition, see `Engine.recognise`."""
        recognition = await self._engine.recognise(wav, hints=hints, timings=timings)
        self.words = recognition.words
        return recognition


def measure(
    engine: str, model: str | None, recordings: Sequence[Recording], long: Recording | None
) -> Measurement:
    """Measure a recogniser in a process of its own, whose children are its alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, engine, model, recordings, long).result()


def true_words(recordings: Sequence[Recording]) -> dict[str, list[Word]]:
    """Return each recording's words where the aligner finds them, given the text; by its name."""

    async def words(recording: Recording) -> list[Word]:
        with tempfile.TemporaryDirectory() as folder:
            sound = await cut_sound(recording.video, trim=None, work_dir=Path(folder))
            return (await align(sound.wav, recording.spoken) if sound.wav else None) or []

    async def all_words() -> dict[str, list[Word]]:
        return {recording.name: await words(recording) for recording in recordings}

    return asyncio.run(all_words())


def _measure(
    name: str, model: str | None, recordings: Sequence[Recording], long: Recording | None
) -> Measurement:
    engine = PocketsphinxEngine() if name == PocketsphinxEngine.name else _whisper(model)

    async def work() -> Measurement:
        begun = time.perf_counter()
        await _recognise_silence(engine)
        load_s = time.perf_counter() - begun
        loaded = max(resident_mb().values(), default=0.0)
        observed = Observed(engine)
        async with an_aligner(Path(tempfile.gettempdir())) as aligner:
            with peaks_mb() as peaks:
                results = tuple([await _result(observed, aligner, each) for each in recordings])
                last = await _result(observed, aligner, long) if long else None
            alive = resident_mb()
        resident = engine.pid if isinstance(engine, WhisperEngine) else None
        if isinstance(engine, WhisperEngine):
            await engine.close()
        others = (peak for pid, peak in peaks.items() if pid != resident)
        memory = Memory(
            loaded=loaded,
            rested=max(alive.values(), default=0.0),
            peak=max(peaks.values(), default=0.0),
            others=max(others, default=0.0),
        )
        return Measurement(name, engine.model, results, load_s, memory, last)

    return asyncio.run(work())


def _whisper(model: str | None) -> WhisperEngine:
    settings = ModelSettings()
    settings = settings.model_copy(update={"whisper_model": model}) if model else settings
    folder = find(settings)
    if folder is None:
        raise SystemExit(
            f"{settings.whisper_model} is not here: run mentor_transcriber.model fetch"
        )
    return WhisperEngine(WhisperModel(folder, settings.whisper_model))


async def _result(engine: Observed, aligner: ForcedAligner, recording: Recording) -> Result:
    before, begun = cpu_s(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        transcript = await transcribe(
            recording.video, trim=None, work_dir=Path(folder), engine=engine, aligner=aligner
        )
    elapsed = time.perf_counter() - begun
    return Result(recording, transcript, engine.words, cpu_s() - before, elapsed)


async def _recognise_silence(engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "silence.wav"
        with wave.open(str(path), "wb") as wav:
            wav.setparams((1, 2, 16_000, 0, "NONE", ""))
            wav.writeframes(bytes(32_000))
        await engine.recognise(path)
