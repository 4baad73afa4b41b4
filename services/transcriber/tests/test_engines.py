"""The embedded recogniser, for real."""

from __future__ import annotations

import asyncio
import os
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mentor_transcriber.engines.base import RecogniserError, Recognition
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.media import ToolRun

pytestmark = pytest.mark.usefixtures("pocketsphinx")
SENTENCES = (
    "When I was a student I did not know what I wanted to do.",
    "A good teacher helped me find work that I love.",
    "You have to be honest, but you have to be kind.",
    "My name is Glen, and I worked as an electrician in the navy for twenty years.",
)


def recognise(wav: Path, timings: list[ToolRun] | None = None) -> Recognition:
    return asyncio.run(PocketsphinxEngine().recognise(wav, timings=timings))


def test_speech_is_heard(
    speak: Callable[[str], Path],
    pcm: Callable[[Path], bytes],
    word_errors: Callable[[str, str], float],
) -> None:
    said = " ".join(SENTENCES[:2])
    wav = speak(said)
    timings: list[ToolRun] = []

    heard = recognise(wav, timings)

    assert word_errors(said, heard.text) <= 0.3
    assert heard.text == " ".join(word.text for word in heard.words)
    assert heard.text.replace("'", "").replace(" ", "").isalpha()
    assert all(word.start < word.end for word in heard.words)
    assert all(word.end <= follower.start for word, follower in pairwise(heard.words))
    assert heard.words[-1].end <= len(pcm(wav)) / 32_000
    assert all(0 <= word.confidence <= 1 for word in heard.words)
    assert [run.tool for run in timings] == ["recogniser"]


def test_speech_of_more_than_30_s_is_heard_to_its_end(
    speak: Callable[[str], Path],
    pcm: Callable[[Path], bytes],
    write_wav: Callable[[str, bytes], Path],
    word_errors: Callable[[str, str], float],
) -> None:
    said = " ".join(SENTENCES * 3)
    samples = pcm(speak(" ".join(SENTENCES))) * 3
    wav = write_wav("long.wav", samples)

    heard = recognise(wav)

    assert len(samples) / 32_000 > 31
    assert word_errors(said, heard.text) <= 0.3
    assert len(samples) / 32_000 - heard.words[-1].end < 1
    assert all(word.end <= follower.start for word, follower in pairwise(heard.words))


@pytest.mark.parametrize("seconds", [0, 3])
@pytest.mark.usefixtures("ffmpeg")
def test_in_silence_nothing_is_heard(seconds: int, write_wav: Callable[[str, bytes], Path]) -> None:
    assert recognise(write_wav("silence.wav", bytes(32_000 * seconds))) == Recognition((), "")


@pytest.mark.parametrize(
    "sound",
    [
        "aevalsrc=0.2*(sin(2*PI*262*t)+sin(2*PI*330*t)+sin(2*PI*392*t))*exp(-2*mod(2*t\\,1)):d=3",
        "anoisesrc=a=0.4:c=pink:d=3:seed=1,tremolo=f=3:d=0.9",
    ],
    ids=["chords", "noise"],
)
@pytest.mark.usefixtures("ffmpeg")
def test_music_and_noise_give_no_run_of_words(sound: str, tmp_path: Path) -> None:
    wav = tmp_path / "sound.wav"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", sound]
    subprocess.run([*command, "-ar", "16000", "-ac", "1", str(wav)], check=True)

    heard = transcript_of(recognise(wav), "pocketsphinx", "en-US", 3.0)

    assert len(heard.words) <= 2
    assert heard.text == " ".join(word.text for word in heard.words)


@pytest.mark.usefixtures("ffmpeg")
def test_a_file_it_cannot_read_is_an_error_that_may_pass(tmp_path: Path) -> None:
    wav = tmp_path / "not.wav"
    wav.write_bytes(b"not a wave file")

    with pytest.raises(RecogniserError, match="RIFF"):
        recognise(wav)


@pytest.mark.usefixtures("ffmpeg")
def test_when_cancelled_its_process_ends_first(tmp_path: Path) -> None:
    wav = tmp_path / "endless.wav"
    os.mkfifo(wav)

    async def cancel_while_it_reads() -> int:
        task = asyncio.create_task(PocketsphinxEngine().recognise(wav))
        # Opens as soon as the process has opened it for reading.
        pipe = await asyncio.to_thread(os.open, wav, os.O_WRONLY)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pipe

    pipe = asyncio.run(cancel_while_it_reads())
    try:
        with pytest.raises(BrokenPipeError):  # nobody is left to read
            os.write(pipe, b"RIFF")
    finally:
        os.close(pipe)
