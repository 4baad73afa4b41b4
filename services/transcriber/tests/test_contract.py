"""One contract for all recognisers: what comes out can be captioned, whoever has listened.

The embedded one listens for real. Whisper runs through its real process with a package of its name
in place of faster-whisper, or for real where ``WHISPER_MODEL_DIR`` names a model. AWS answers from
a recorded document.
"""

from __future__ import annotations

import asyncio
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mentor_common.captions import cues_from_words, format_vtt, parse_vtt
from mentor_transcriber.engines import ENGINES, PocketsphinxEngine, Recognition, WhisperEngine
from mentor_transcriber.engines.aws import recognition_of
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.settings import TranscriberSettings
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Hear = Callable[[Path], Recognition]

SAID = "When I was a student I did not know what I wanted to do."
# Says what faster-whisper's model would: segments of words with leading blanks, overlapping a bit.
FAKE_WHISPER = """
from dataclasses import dataclass
import json, pathlib, wave

@dataclass
class Word:
    word: str
    start: float
    end: float
    probability: float

@dataclass
class Segment:
    text: str
    words: list

class WhisperModel:
    def __init__(self, path, *, local_files_only, **options):
        assert local_files_only, "nothing may be downloaded"
        self.said = json.loads((pathlib.Path(path) / "model.json").read_text())

    def transcribe(self, wav, *, language, word_timestamps, hotwords, **options):
        assert word_timestamps and language == "en" and hotwords == "Glen"
        with wave.open(wav) as file:
            samples = file.readframes(file.getnframes())
        words = self.said.split() if any(samples) else []
        timed = [Word(f" {w}", 0.3 * i, 0.3 * i + 0.31, 0.9) for i, w in enumerate(words)]
        return iter([Segment(f" {self.said}", timed)] if words else []), None
"""


def whisper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WhisperEngine:
    model = os.environ.get("WHISPER_MODEL_DIR")
    if model:
        return WhisperEngine(Path(model), "en-US")
    (tmp_path / "faster_whisper.py").write_text(FAKE_WHISPER)
    (tmp_path / "model.json").write_text(json.dumps(SAID))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return WhisperEngine(tmp_path, "en-US", "Glen")


def recorded(wav: Path) -> Recognition:
    """What AWS has written about the sentence, or about silence."""
    words = SAID.removesuffix(".").split() if any(wav.read_bytes()[44:]) else []
    items = [
        {
            "type": "pronunciation",
            "start_time": f"{0.25 * index:.3f}",
            "end_time": f"{0.25 * index + 0.25:.3f}",
            "alternatives": [{"confidence": "0.99", "content": word}],
        }
        for index, word in enumerate(words)
    ]
    stop = {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]}
    results = {
        "transcripts": [{"transcript": SAID if words else ""}],
        "items": [*items, *([stop] if words else [])],
    }
    return recognition_of(json.dumps({"status": "COMPLETED", "results": results}))


@pytest.fixture(params=sorted(ENGINES))
def hear(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hear:
    """Return a function that lets one of the recognisers hear a recording."""
    if request.param == "aws":
        return recorded
    engine = (
        PocketsphinxEngine() if request.param == "pocketsphinx" else whisper(tmp_path, monkeypatch)
    )
    return lambda wav: asyncio.run(engine.recognise(wav))


def test_what_was_heard_makes_a_transcript_and_captions(
    hear: Hear, speak: Callable[[str], Path], word_errors: Callable[[str, str], float]
) -> None:
    heard = hear(speak(SAID))
    assert word_errors(SAID, heard.text) <= 0.3
    assert heard.text.split() == [word.text for word in heard.words]
    assert all(word.text.strip() == word.text != "" for word in heard.words)
    assert all(0 <= word.start <= word.end for word in heard.words)
    assert all(word.end <= following.start for word, following in pairwise(heard.words))
    assert all(0 <= word.confidence <= 1 for word in heard.words)
    cues = cues_from_words(heard.words)
    assert parse_vtt(format_vtt(cues)) == cues
    # The video is shorter than what was heard in it: nothing outlasts it.
    short = transcript_of(heard, "any", "en-US", 2.0)
    assert short.words[-1].end <= 2.0
    assert parse_vtt(short.vtt)[-1].end <= 2.0


@pytest.mark.usefixtures("ffmpeg")
def test_in_silence_nothing_is_heard(hear: Hear, write_wav: Callable[[str, bytes], Path]) -> None:
    assert hear(write_wav("silence.wav", bytes(32_000))) == Recognition((), "")


def test_a_whisper_that_is_not_installed_is_an_error_that_says_so(
    tmp_path: Path, write_wav: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faster_whisper.py").write_text("raise ImportError('no faster_whisper here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RecogniserError, match="no faster_whisper here"):
        asyncio.run(WhisperEngine(tmp_path, "en-US").recognise(write_wav("a.wav", bytes(320))))


@pytest.mark.parametrize(
    ("settings", "error_text"),
    [
        ({"TRANSCRIBE_ENGINE": "aws"}, "TRANSCRIBE_INPUT_BUCKET is needed"),
        ({"TRANSCRIBE_ENGINE": "whisper"}, "WHISPER_MODEL_DIR is needed"),
        ({"TRANSCRIBE_ENGINE": "ears"}, "should be 'pocketsphinx', 'whisper' or 'aws'"),
        (
            {"TRANSCRIBE_ENGINE": "whisper", "WHISPER_MODEL_DIR": "/models"},
            "needs faster-whisper, which is not in our image",
        ),
        ({"TRANSCRIBE_LANGUAGE": "fr-FR"}, "understands en-US only"),
    ],
)
def test_a_recogniser_without_what_it_needs_is_refused_at_start(
    settings: dict[str, str], error_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    required = (
        "AWS_REGION",
        "JOBS_TABLE_NAME",
        "TOPIC_ARN",
        "SIGNED_UPLOAD_BUCKET",
        "S3_STATIC_ARN",
        "QUEUE_NAME",
        "DEAD_LETTER_QUEUE_NAME",
    )
    for name in required:
        monkeypatch.setenv(name, "x")
    TranscriberSettings()
    monkeypatch.setattr("mentor_transcriber.settings.find_spec", lambda _name: None)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=error_text):
        TranscriberSettings()
