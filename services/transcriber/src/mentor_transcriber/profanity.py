"""Masking of strong language in transcripts and captions: English words, with their endings."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mentor_transcriber.speech import Transcript

_STEMS: Final = (
    "arsehole",
    "asshole",
    "bitch",
    "bullshit",
    "cocksucker",
    "cunt",
    "faggot",
    "fuck",
    "motherfuck",
    "nigger",
    "shit",
    "twat",
    "wank",
)
_ENDINGS: Final = "s|es|ed|er|ers|in|in'|ing|y|ty|tier|head|heads"
_PROFANE: Final = re.compile(rf"\b({'|'.join(_STEMS)})({_ENDINGS})?\b", re.IGNORECASE)


def masked_text(text: str) -> str:
    """Return a text in which of each strong word only the first letter is left: ``f***``."""
    return _PROFANE.sub(lambda word: word[0][0] + "*" * (len(word[0]) - 1), text)


def masked(transcript: Transcript) -> Transcript:
    """Return a transcript with strong words masked in its text, words and captions."""
    return replace(
        transcript,
        text=masked_text(transcript.text),
        words=tuple(replace(word, text=masked_text(word.text)) for word in transcript.words),
        vtt=masked_text(transcript.vtt),
        english_vtt=transcript.english_vtt and masked_text(transcript.english_vtt),
    )
