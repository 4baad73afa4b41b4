"""What is stored of a transcript, and under which names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from mentor_common.captions import Word
from mentor_common.media import Limits, Tools
from mentor_transcriber.engines import Recognition
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


def transcript(language: str) -> Transcript:
    words = (Word("Hola", 0.5, 1.0, 0.9),)
    return transcript_of(Recognition(words, "Hola", language), "whisper", "en", 2.0)


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
