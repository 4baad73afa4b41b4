"""From a film to transcript and captions."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from mentor_common.captions import Word, parse_vtt
from mentor_common.errors import PermanentError
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.speech import Transcript, transcribe, transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.media import ToolRun

FIRST = "Every morning our team meets for ten minutes."
SECOND = "You have to be honest, but you have to be kind."
SILENCE_S = 1.0


def hear(
    path: Path, *, trim: tuple[float, float] | None = None, timings: list[ToolRun] | None = None
) -> Transcript:
    work = transcribe(
        path, trim=trim, work_dir=path.parent, engine=PocketsphinxEngine(), timings=timings
    )
    return asyncio.run(work)


@pytest.fixture
def two_sentences(
    speak: Callable[[str], Path],
    pcm: Callable[[Path], bytes],
    write_wav: Callable[[str, bytes], Path],
) -> tuple[Path, float, float]:
    """Two sentences with a second of silence between: the file, when the second begins, length."""
    first, second = pcm(speak(FIRST)), pcm(speak(SECOND))
    pause = bytes(int(32_000 * SILENCE_S))
    samples = first + pause + second
    begins = (len(first) + len(pause)) / 32_000
    return write_wav("both.wav", samples), begins, len(samples) / 32_000


@pytest.mark.parametrize("name", ["answer.mp4", "answer.webm"])
@pytest.mark.usefixtures("pocketsphinx")
def test_a_trim_leaves_out_what_was_said_before_and_counts_from_its_start(
    name: str,
    two_sentences: tuple[Path, float, float],
    film: Callable[..., Path],
    word_errors: Callable[[str, str], float],
) -> None:
    sound, begins, length = two_sentences
    path = film(name, seconds=length, sound=sound)
    timings: list[ToolRun] = []

    heard = hear(path, trim=(begins - 0.5, length), timings=timings)

    assert word_errors(SECOND, heard.text) <= 0.3
    assert heard.words[0].start == pytest.approx(0.5 + 0.2, abs=0.25)  # the voice waits 0.2 s
    assert heard.words[-1].end <= heard.duration_s == pytest.approx(length - begins + 0.5, abs=0.1)
    cues = parse_vtt(heard.vtt)
    assert " ".join(cue.text for cue in cues).split() == heard.text.split()
    assert cues[0].start == heard.words[0].start
    assert cues[-1].end <= heard.duration_s
    assert {run.tool for run in timings} == {"ffmpeg", "ffprobe", "recogniser"}


@pytest.mark.usefixtures("pocketsphinx")
def test_speech_in_opposite_phase_is_heard(
    speak: Callable[[str], Path],
    film: Callable[..., Path],
    word_errors: Callable[[str, str], float],
    tmp_path: Path,
) -> None:
    """A mix to mono cancels it to silence: one channel is taken."""
    wav = tmp_path / "opposite.wav"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(speak(SECOND))]
    subprocess.run([*command, "-af", "pan=stereo|c0=c0|c1=-1*c0", str(wav)], check=True)

    heard = hear(film("opposite.mp4", seconds=4, sound=wav))

    assert word_errors(SECOND, heard.text) <= 0.3


@pytest.mark.usefixtures("pocketsphinx")
def test_speech_that_begins_late_keeps_its_time(
    speak: Callable[[str], Path], film: Callable[..., Path]
) -> None:
    heard = hear(film("late.mp4", seconds=6, sound=speak(SECOND), delay=1.4))

    assert heard.words[0].text == "you"
    assert heard.words[0].start == pytest.approx(1.4 + 0.2, abs=0.25)


def test_the_word_timing_document() -> None:
    transcript = Transcript(
        text="caf\u00e9 opens",
        words=(Word("caf\u00e9", 0.5, 0.9, 0.75), Word("opens", 0.9, 1.4, 1.0)),
        vtt="WEBVTT\n\n",
        engine="pocketsphinx",
        language="en-US",
        duration_s=2.00049,
    )

    assert json.loads(transcript.to_json()) == {
        "version": 1,
        "engine": "pocketsphinx",
        "language": "en-US",
        "duration": 2.0,
        "text": "caf\u00e9 opens",
        "words": [
            {"text": "caf\u00e9", "start": 0.5, "end": 0.9, "confidence": 0.75},
            {"text": "opens", "start": 0.9, "end": 1.4, "confidence": 1.0},
        ],
    }


@pytest.mark.parametrize(
    ("language", "captions"),
    [
        ("de-DE", "Ich habe lange Jahre\nauf einem Schiff der Marine gelebt"),
        ("en-US", "Ich habe lange Jahre auf\neinem Schiff der Marine gelebt"),
    ],
)
def test_captions_end_lines_by_the_grammar_of_the_recognised_language(
    language: str, captions: str
) -> None:
    text = captions.replace("\n", " ")
    words = tuple(Word(word, i / 2, i / 2 + 0.5, 1.0) for i, word in enumerate(text.split()))

    transcript = transcript_of(Recognition(words, text), "whisper", language, 9.0)

    assert [cue.text for cue in parse_vtt(transcript.vtt)] == [captions]


@pytest.mark.usefixtures("pocketsphinx")
def test_a_silent_film_gives_an_empty_transcript_and_valid_captions(
    film: Callable[..., Path], write_wav: Callable[[str, bytes], Path]
) -> None:
    silence = write_wav("silence.wav", bytes(32_000 * 2))

    heard = hear(film("silent.mp4", seconds=2, sound=silence))

    assert (heard.text, heard.words, heard.vtt) == ("", (), "WEBVTT\n\n")


def test_a_film_without_sound_gives_the_same_without_the_recogniser(
    film: Callable[..., Path],
) -> None:
    timings: list[ToolRun] = []

    heard = hear(film("mute.mp4", seconds=2), timings=timings)

    assert (heard.text, heard.words, heard.vtt) == ("", (), "WEBVTT\n\n")
    assert heard.duration_s == pytest.approx(2, abs=0.1)
    assert [run.tool for run in timings] == ["ffprobe"]


@pytest.mark.usefixtures("ffmpeg")
def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("hello")

    with pytest.raises(PermanentError) as refusal:
        hear(path)
    assert refusal.value.code == "not_a_video"
