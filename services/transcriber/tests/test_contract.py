"""One contract for all recognisers: what comes out can be captioned, whoever has listened.

The local ones listen for real. AWS answers from a recorded document.
"""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mentor_common.captions import cues_from_words, format_vtt, parse_vtt
from mentor_transcriber import settings as transcriber_settings
from mentor_transcriber.engines.aws import recognition_of
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.engines.registry import ENGINES
from mentor_transcriber.settings import TranscriberSettings
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hear = Callable[[Path], Recognition]

REQUIRED = (
    "AWS_REGION",
    "JOBS_TABLE_NAME",
    "TOPIC_ARN",
    "SIGNED_UPLOAD_BUCKET",
    "S3_STATIC_ARN",
    "QUEUE_NAME",
    "DEAD_LETTER_QUEUE_NAME",
)
SAID = "When I was a student I did not know what I wanted to do."


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
def hear(request: pytest.FixtureRequest) -> Hear:
    """Return a function that lets one of the recognisers hear a recording."""
    if request.param == "aws":
        return recorded
    if request.param == "pocketsphinx":
        request.getfixturevalue("pocketsphinx")
        return lambda wav: asyncio.run(PocketsphinxEngine().recognise(wav))
    by_whisper: Hear = request.getfixturevalue("by_whisper")
    return by_whisper


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


@pytest.mark.parametrize(
    ("settings", "error_text"),
    [
        ({"TRANSCRIBE_ENGINE": "aws"}, "TRANSCRIBE_INPUT_BUCKET is needed"),
        ({"TRANSCRIBE_ENGINE": "whisper"}, "run `python -m mentor_transcriber.model fetch`"),
        ({"TRANSCRIBE_ENGINE": "ears"}, "should be 'auto', 'whisper', 'pocketsphinx' or 'aws'"),
        ({"WHISPER_MODEL_DIR": "/nowhere"}, "/nowhere is no model in CTranslate2 format"),
        ({"TRANSCRIBE_LANGUAGE": "fr-FR"}, "pocketsphinx understands en-US only"),  # the fallback
        ({"WHISPER_COMPUTE_TYPE": "float16"}, "float16 needs WHISPER_DEVICE=cuda"),
        ({"WHISPER_COMPUTE_TYPE": "tiny"}, "should be 'int8'"),
        ({"WHISPER_MODEL": "enormous"}, "no model 'enormous' is pinned"),
        (
            {"TRANSCRIBE_ENGINE": "pocketsphinx", "TRANSCRIBE_ENGLISH_CAPTIONS": "true"},
            "TRANSCRIBE_ENGLISH_CAPTIONS needs TRANSCRIBE_ENGINE=whisper",
        ),
        (
            {"TRANSCRIBE_ENGINE": "pocketsphinx", "TRANSCRIBE_LANGUAGE": "fr-FR"},
            "understands en-US only",
        ),
    ],
)
def test_a_recogniser_without_what_it_needs_is_refused_at_start(
    settings: dict[str, str], error_text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WHISPER_MODEL_HOME", str(tmp_path))
    for name in REQUIRED:
        monkeypatch.setenv(name, "x")
    TranscriberSettings()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=error_text):
        TranscriberSettings()


def test_without_any_recogniser_the_service_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(transcriber_settings, "find_spec", lambda _: None)
    for name in REQUIRED:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("WHISPER_MODEL_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="neither a model of Whisper nor pocketsphinx is here"):
        TranscriberSettings()
