"""The word-timing document that lies beside a rendition (``transcript.json``)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mentor_common.captions.segments import glue, join_words
from mentor_common.captions.word import Word

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Timings:
    """What was heard in a video, and when.

    Parameters
    ----------
    words
        In order.
    duration
        Of the video, seconds.
    more
        The document's other fields, as they stand.
    """

    words: tuple[Word, ...]
    duration: float
    more: Mapping[str, Any]

    @classmethod
    def from_json(cls, text: str) -> Timings:
        """Read a document of the transcriber; fields it does not know are kept."""
        document = json.loads(text)
        words = tuple(
            Word(word["text"], float(word["start"]), float(word["end"]), float(word["confidence"]))
            for word in document.pop("words")
        )
        # Where it has spaces, only the text says.
        return cls(glue(words, document.pop("text", "")), float(document.pop("duration")), document)

    def to_json(self) -> str:
        """Return the document."""
        text = join_words(self.words)
        document = {**self.more, "duration": round(self.duration, 3), "text": text}
        words = [timing_of(word) for word in self.words]
        return json.dumps({**document, "words": words}, ensure_ascii=False)

    def cut(self, start: float, end: float) -> Timings:
        """Return the timings of a part of the video: of the words whose middle lies in it."""
        end = min(end, self.duration)
        length = max(end - start, 0.0)
        words = tuple(
            replace(
                word,
                start=round(max(word.start - start, 0.0), 3),
                end=round(min(word.end - start, length), 3),
            )
            for word in self.words
            if start <= (word.start + word.end) / 2 < end
        )
        return Timings(words, length, self.more)


def timing_of(word: Word) -> dict[str, Any]:
    """Return a word as it stands in the document."""
    return {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "confidence": word.confidence,
    }
