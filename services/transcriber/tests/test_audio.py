"""The sound that is cut out: its format, and that its times are those of the trimmed video."""

from __future__ import annotations

import asyncio
import subprocess
from array import array
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import Span, ToolRun, inspect
from mentor_local.corpus.measure import beeps
from mentor_local.corpus.sound import SOUND_CLIPS, SoundClip
from mentor_transcriber.audio import extract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RATE = 16_000


@pytest.fixture
def beep(write_wav: Callable[[str, bytes], Path]) -> Path:
    """Six seconds of silence with a beep from 3.0 to 3.2 s."""
    samples = array("h", bytes(2 * 6 * RATE))
    for index in range(3 * RATE, 3 * RATE + RATE // 5):
        samples[index] = 12000 if index % 32 < 16 else -12000
    return write_wav("beep.wav", samples.tobytes())


@pytest.fixture
def cut(tmp_path: Path) -> Callable[..., Path | None]:
    """Return a function that extracts a span: the WAV file, or ``None`` without sound."""

    def run(path: Path, span: Span, timings: list[ToolRun] | None = None) -> Path | None:
        async def work() -> Path | None:
            source = await inspect(path)
            out = tmp_path / "out.wav"
            found = await extract(path, source, out, span=span, timings=timings)
            return out if found else None

        return asyncio.run(work())

    return run


@pytest.fixture
def onset(pcm: Callable[[Path], bytes]) -> Callable[[Path], float]:
    """Return a function that says when the first loud sample comes, seconds."""

    def find(wav: Path) -> float:
        samples = array("h", pcm(wav))
        return next(index for index, sample in enumerate(samples) if abs(sample) > 4000) / RATE

    return find


@pytest.mark.parametrize("recording", SOUND_CLIPS, ids=lambda recording: recording.name)
@pytest.mark.usefixtures("ffmpeg")
def test_holes_and_overlaps_do_not_shift_the_words(
    recording: SoundClip, tmp_path: Path, cut: Callable[..., Path | None]
) -> None:
    wav = cut(recording.make(tmp_path), Span(0, 3))
    assert wav is not None
    assert beeps(wav) == pytest.approx(recording.beeps, abs=0.020)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.mkv", "clip.mov"])
def test_times_count_from_the_start_of_the_span(
    name: str,
    beep: Path,
    film: Callable[..., Path],
    cut: Callable[..., Path | None],
    onset: Callable[[Path], float],
    pcm: Callable[[Path], bytes],
) -> None:
    path = film(name, seconds=6, sound=beep)
    whole, part = Span(0.0, 6.0), Span(2.2, 3.0)

    for span in (whole, part):
        wav = cut(path, span)
        assert wav is not None
        assert onset(wav) == pytest.approx(3.0 - span.start, abs=0.03)
        assert len(pcm(wav)) / 2 / RATE == pytest.approx(span.length, abs=0.1)


def test_sound_that_begins_late_keeps_its_place(
    beep: Path,
    film: Callable[..., Path],
    cut: Callable[..., Path | None],
    onset: Callable[[Path], float],
) -> None:
    path = film("late.mp4", seconds=8, sound=beep, delay=1.5)

    whole = cut(path, Span(0.0, 8.0))
    assert whole is not None
    assert onset(whole) == pytest.approx(4.5, abs=0.03)

    part = cut(path, Span(1.0, 5.0))
    assert part is not None
    assert onset(part) == pytest.approx(3.5, abs=0.03)


def test_a_film_without_sound_has_none(
    film: Callable[..., Path], cut: Callable[..., Path | None]
) -> None:
    timings: list[ToolRun] = []

    assert cut(film("silent.mp4", seconds=2), Span(0.0, 2.0), timings) is None
    assert timings == []


def test_a_span_after_the_sound_has_none(
    beep: Path, film: Callable[..., Path], cut: Callable[..., Path | None]
) -> None:
    assert cut(film("short-sound.mp4", seconds=9, sound=beep), Span(7.0, 2.0)) is None


def test_sound_that_cannot_be_decoded_fails_for_good(
    beep: Path, film: Callable[..., Path], cut: Callable[..., Path | None]
) -> None:
    path = film("broken.mp4", seconds=6, sound=beep)
    content = path.read_bytes()
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    path.write_bytes(content[:begin] + bytes(end - begin) + content[end:])

    with pytest.raises(PermanentError) as failure:
        cut(path, Span(0.0, 6.0))
    assert failure.value.code == "sound_unreadable"


@pytest.mark.parametrize(
    "pan",
    [
        "stereo|c0=c0|c1=-1*c0",  # opposite phase, which a mix cancels to silence
        "stereo|c0=c0|c1=0*c0",  # a dead channel, which a mix lets halve the level
        "stereo|c0=0*c0|c1=c0",
        "5.1|FL=c0|FR=c0|FC=-1.414*c0",  # cancelled by ffmpeg's fold-down
    ],
)
def test_no_arrangement_of_channels_makes_the_recognisers_sound_quieter(
    pan: str,
    beep: Path,
    film: Callable[..., Path],
    cut: Callable[..., Path | None],
    onset: Callable[[Path], float],
    pcm: Callable[[Path], bytes],
    tmp_path: Path,
) -> None:
    arranged = tmp_path / "arranged.wav"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(beep), "-af", f"pan={pan}"]
    subprocess.run([*command, str(arranged)], check=True)
    span = Span(1.0, 4.0)

    energy = sum(sample**2 for sample in array("h", pcm(beep)))
    wav = cut(film("arranged.mov", seconds=6, sound=arranged), span)

    assert wav is not None
    assert onset(wav) == pytest.approx(2.0, abs=0.03)
    assert sum(sample**2 for sample in array("h", pcm(wav))) >= 0.8 * energy


def test_the_runs_are_timed(
    beep: Path, film: Callable[..., Path], cut: Callable[..., Path | None]
) -> None:
    timings: list[ToolRun] = []
    cut(film("clip.mp4", seconds=6, sound=beep, options=("-ac", "2")), Span(0.0, 6.0), timings)

    assert {run.tool for run in timings} == {"ffmpeg"}
    assert len(timings) > 1  # The levels are measured before the sound is cut out.
    assert all(run.started < run.ended for run in timings)
