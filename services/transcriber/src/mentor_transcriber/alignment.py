"""Forced alignment: the time of each word of a known text, for answers without word timings.

Where a person has edited a transcript whose timings were not kept, spreading the text evenly puts
captions seconds beside the speech. The embedded recogniser finds the words of a text it is given
to a few hundredths of a second, and it also finds words that were never spoken: so what it finds
counts only if it covers the speech and fits the sound. pocketsphinx is an extra (`alignment`);
where it is not installed, nothing is aligned.

``python -m mentor_transcriber.alignment VIDEO TEXT_FILE`` prints captions for an edited transcript.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentor_common.captions import Word, cues_from_words, format_vtt, trim_cues
from mentor_common.captions.retime import retime
from mentor_common.media import Bounds, Files, ToolRun, ToolTimeoutError
from mentor_common.telemetry.logs import get_logger
from mentor_transcriber.audio import cut_sound
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.child import seconds_of
from mentor_transcriber.engines.resident import Patience, Resident
from mentor_transcriber.spelling import spoken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

_log = get_logger(__name__)

LANGUAGE: Final = "en"
"""The language, ISO 639, that the aligner can pronounce."""
_WORKER: Final = "mentor_transcriber.alignment_worker"
_LONGEST_S: Final = 600.0  # its time grows faster than the recording: 26 s for 275 s of speech
_PATIENCE: Final = Patience(base=300.0, per_second=0.0)
_RESIDENT: Final = Bounds(memory_bytes=512 << 20)
"""Of a process that stays, for stretches of 15 s; it has 48 MB after eleven of them."""
_SURE: Final = 1.0
_COVERAGE: Final = (0.6, 1.6)
"""Seconds of the words for each second of speech, from and to."""
_FIT: Final = -1.5
"""Mean log10 of the acoustic score of a frame: -0.5 for the right words, -1.9 for wrong ones."""
_MIN_WORD_SECONDS: Final = 0.035  # a frame or two a sound: the words were squeezed in
_HURRIED_SHARE: Final = 0.2


@dataclass(frozen=True)
class Stretch:
    """A part of a recording and the text that is spoken in it.

    Parameters
    ----------
    start, end
        Seconds.
    spoken
        For each written word the words that are spoken for it.
    """

    start: float
    end: float
    spoken: tuple[tuple[str, ...], ...]


Times = list[tuple[float, float] | None]
"""Start and end of each written word, seconds from the start of the recording; ``None`` for one
without a sound."""


class ForcedAligner:
    """A process that finds words in sound; it stays, since its start is a third of a minute's cost.

    Parameters
    ----------
    folder
        Where the recordings lie, at whatever depth: it can read no others.
    bounds
        What it may use up.
    """

    def __init__(self, folder: Path, bounds: Bounds = _RESIDENT) -> None:
        argv = (sys.executable, "-P", "-m", _WORKER)
        files = Files.of_python("mentor_common", "mentor_transcriber", read=(folder,))
        self._process = Resident(
            None, argv, bounds, files=files, name="aligner", patience=_PATIENCE
        )

    @property
    def pid(self) -> int | None:
        """Id of its process, ``None`` where none runs."""
        return self._process.pid

    async def find(
        self, wav: Path, stretches: Sequence[Stretch], *, timings: list[ToolRun] | None = None
    ) -> list[Times | None]:
        """Find the words of texts in stretches of a recording.

        Returns
        -------
        list
            For each stretch the times of its words; ``None`` where they do not cover or do not fit
            the speech, and everywhere where the process fails.
        """
        request = {"wav": str(wav), "stretches": [asdict(stretch) for stretch in stretches]}
        try:
            answer = await self._process.ask(wav, request, timings)
        except (RecogniserError, ToolTimeoutError):
            return [None] * len(stretches)
        return [
            each["times"] if _is_credible(each["times"], each["speech"], each["fit"]) else None
            for each in answer["stretches"]
        ]

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


@asynccontextmanager
async def an_aligner(folder: Path, bounds: Bounds = _RESIDENT) -> AsyncIterator[ForcedAligner]:
    """Give an aligner for the recordings of a folder, for as long as the block."""
    aligner = ForcedAligner(folder, bounds)
    try:
        yield aligner
    finally:
        await aligner.close()


async def align(wav: Path, text: str, *, timings: list[ToolRun] | None = None) -> list[Word] | None:
    """Find the words of a text in a recording.

    Parameters
    ----------
    wav
        16 kHz, mono, 16 bit.
    text
        The text that is spoken in it, as a person writes it: capitals, punctuation, figures.
    timings
        Receives an entry named ``aligner``.

    Returns
    -------
    list of Word or None
        The words of the text with their times, ascending; ``None`` where the text does not cover
        or does not fit the speech, the recording is too long, or pocketsphinx is not installed.
    """
    written = text.split()
    pronounced = [spoken(word) for word in written]
    if not any(pronounced) or seconds_of(wav) > _LONGEST_S or not is_available():
        return None
    whole = Stretch(0.0, seconds_of(wav), tuple(map(tuple, pronounced)))
    # One of its own: for minutes in one piece it takes long, and memory.
    async with an_aligner(wav.parent, Bounds()) as aligner:
        (times,) = await aligner.find(wav, [whole], timings=timings)
    # Without, captions are spread evenly: worse than alignment and better than none.
    return None if times is None else _timed(written, times)


@cache
def is_available() -> bool:
    """Tell whether pocketsphinx is installed; the first time that it is not, say so in the log."""
    if find_spec("pocketsphinx"):
        return True
    _log.warning(
        "pocketsphinx is not installed: words keep the recogniser's own times, and a text that a "
        "person edited is spread evenly",
        remedy="pip install --require-hashes -r services/transcriber/alignment.lock",
    )
    return False


async def align_or_spread(
    wav: Path, text: str, duration_s: float, *, timings: list[ToolRun] | None = None
) -> list[Word]:
    """Give every word of a text its time: aligned where that is credible, else spread evenly."""
    return await align(wav, text, timings=timings) or retime([], text, (0.0, duration_s))


def _is_credible(
    times: Sequence[tuple[float, float] | None] | None, speech_s: float, fit: float
) -> bool:
    if times is None or speech_s <= 0:
        return False
    lengths = [end - start for start, end in filter(None, times)]
    hurried = sum(length < _MIN_WORD_SECONDS for length in lengths) / len(lengths)
    coverage = sum(lengths) / speech_s
    return _COVERAGE[0] <= coverage <= _COVERAGE[1] and fit >= _FIT and hurried <= _HURRIED_SHARE


def _timed(written: Sequence[str], times: Sequence[tuple[float, float] | None]) -> list[Word]:
    """Join words and times; what has no sound takes no time, after the word before it."""
    words: list[Word] = []
    for text, time in zip(written, times, strict=True):
        before = words[-1].end if words else 0.0
        start, end = time or (before, before)
        words.append(Word(text, round(start, 3), round(end, 3), _SURE))
    return words


async def _captions(video: Path, text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        sound = await cut_sound(video, trim=None, work_dir=Path(folder))
        if sound.wav is None:
            return format_vtt([])
        words = await align_or_spread(sound.wav, text, sound.duration_s)
    return format_vtt(trim_cues(cues_from_words(words), 0.0, sound.duration_s))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mentor_transcriber.alignment")
    parser.add_argument("video", type=Path, help="the video as it is shown")
    parser.add_argument("text", type=Path, help="its transcript, plain text")
    given = parser.parse_args()
    print(asyncio.run(_captions(given.video, given.text.read_text())), end="")  # noqa: T201 -- asked for
