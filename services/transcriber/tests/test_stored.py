"""What is stored of a transcript, and under which names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from mentor_common.captions import Word, parse_vtt
from mentor_common.media import Limits, Tools
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.handlers import Workspace
from mentor_transcriber.speech import Transcript, transcript_of

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage


@dataclass
class Texts:
    """Storage that keeps texts by bucket and key."""

    kept: dict[tuple[str, str], str] = field(default_factory=dict)

    def put_text(self, text: str, bucket: str, key: str) -> None:
        self.kept[bucket, key] = text


def said(text: str, language: str, translation: Recognition | None = None) -> Recognition:
    """Return what was recognised, half a second a word."""
    words = enumerate(text.split(), start=1)
    timed = tuple(Word(word, at / 2, at / 2 + 0.5, 0.9) for at, word in words)
    return Recognition(timed, text, language, translation)


def transcript(
    language: str, translation: Recognition | None = None, text: str = "Hola"
) -> Transcript:
    return transcript_of(said(text, language, translation), "whisper", "en", 3.0)


def workspace(texts: Texts, *, masks_profanity: bool = False) -> Workspace:
    storage = cast("Storage", texts)
    return Workspace(storage, "static", Path(), Tools(), Limits(), masks_profanity=masks_profanity)


@pytest.mark.parametrize(
    ("language", "file"),
    [("es", "es.vtt"), ("es-MX", "es.vtt"), ("ES", "es.vtt"), ("yue-Hant-HK", "yue.vtt")],
)
def test_captions_are_named_by_their_primary_language(language: str, file: str) -> None:
    texts = Texts()
    done = workspace(texts).store(transcript(language), "videos/1")
    assert done.results == {
        "transcript": "videos/1/transcript.json",
        "vtt": f"videos/1/{file}",
    }
    assert texts.kept["static", f"videos/1/{file}"] == transcript(language).vtt
    assert done.facts == {"engine": "whisper", "language": language, "words": 1}


def test_a_translation_is_stored_beside_as_english_captions() -> None:
    texts, spanish = Texts(), transcript("es", said("Holy shit, hello", "en"))
    done = workspace(texts).store(spanish, "videos/1")
    assert done.results == {
        "transcript": "videos/1/transcript.json",
        "vtt": "videos/1/es.vtt",
        "vtt_en": "videos/1/en.vtt",
    }
    cues = parse_vtt(texts.kept["static", "videos/1/en.vtt"])
    assert [(cue.start, cue.text) for cue in cues] == [(0.5, "Holy shit, hello")]
    assert "Hola" in texts.kept["static", "videos/1/es.vtt"]
    assert done.facts["language"] == "es"


def test_strong_language_is_masked_in_english_captions_too() -> None:
    texts, spanish = Texts(), transcript("es", said("Holy shit, hello", "en"))
    workspace(texts, masks_profanity=True).store(spanish, "videos/1")
    assert "Holy s***, hello" in texts.kept["static", "videos/1/en.vtt"]


@pytest.mark.parametrize("nothing", ["", " ".join(["ha"] * 9)], ids=["silence", "a loop"])
def test_where_nothing_of_a_translation_is_left_there_are_no_english_captions(
    nothing: str,
) -> None:
    done = workspace(Texts()).store(transcript("es", said(nothing, "en")), "videos/1")
    assert set(done.results) == {"transcript", "vtt"}


def test_captions_of_nothing_are_not_translated() -> None:
    loop = transcript("es", said("Hello", "en"), text=" ".join(["ja"] * 9))
    assert set(workspace(Texts()).store(loop, "videos/1").results) == {"transcript", "vtt"}
