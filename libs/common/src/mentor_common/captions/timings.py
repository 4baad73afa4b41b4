"""The word-timing document that lies beside a rendition (``transcript.json``)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mentor_common.captions.retime import anchored, retime
from mentor_common.captions.segments import join_words, with_spacing
from mentor_common.captions.word import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class TimedTranscript:
    """Words of a video with the times at which they are spoken.

    Parameters
    ----------
    words
        In order.
    duration
        Of the video, seconds.
    more
        The document's other fields, as they stand.
    outside
        Words that a trim has cut off, in order: times below 0 or beyond ``duration``.
    """

    words: tuple[Word, ...]
    duration: float
    more: Mapping[str, Any]
    outside: tuple[Word, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> TimedTranscript:
        """Read a document of the transcriber; fields it does not know are kept."""
        document = json.loads(text)
        # Only the text shows where there are spaces.
        words = with_spacing(_words(document.pop("words")), document.pop("text", ""))
        outside = _words(document.pop("outside", []))
        return cls(words, float(document.pop("duration")), document, outside)

    def to_json(self) -> str:
        """Return the document."""
        document = {
            **self.more,
            "duration": round(self.duration, 3),
            "text": join_words(self.words),
            "words": [timing_of(word) for word in self.words],
        }
        if self.outside:
            document["outside"] = [timing_of(word) for word in self.outside]
        return json.dumps(document, ensure_ascii=False)

    def trimmed(self, start: float, end: float) -> TimedTranscript:
        """Return the timings of a part of the video: of the words whose middle lies in it."""
        end = min(end, self.duration)
        length = max(end - start, 0.0)
        words: list[Word] = []
        outside: list[Word] = []
        for word in sorted((*self.words, *self.outside), key=lambda word: word.start):
            begun, ended = word.start - start, word.end - start
            if start <= (word.start + word.end) / 2 < end:
                begun, ended = max(begun, 0.0), min(ended, length)
                words.append(replace(word, start=round(begun, 3), end=round(ended, 3)))
            else:
                outside.append(replace(word, start=round(begun, 3), end=round(ended, 3)))
        return TimedTranscript(tuple(words), length, self.more, tuple(outside))

    def retimed(self, text: str) -> list[Word]:
        """Return the words of an edited transcript with their times, see `retime`.

        What it still has of the words that a trim has cut off is left out, with all before or
        behind it.
        """
        span = (0.0, self.duration)
        if self.outside:
            whole = sorted((*self.words, *self.outside), key=lambda word: word.start)
            ends = min(0.0, whole[0].start), max(self.duration, whole[-1].end)
            words = retime(whole, text, ends)
            known = anchored(words, whole, ends)
            middles = [(word.start + word.end) / 2 for word in words]
            pairs = list(enumerate(zip(known, middles, strict=True)))
            first = max((i + 1 for i, (kept, at) in pairs if kept and at < 0), default=0)
            last = min((i for i, (kept, at) in pairs if kept and at >= span[1]), default=len(words))
            text = join_words(words[first:last])
        return retime(self.words, text, span)


def _words(listed: Iterable[Mapping[str, Any]]) -> tuple[Word, ...]:
    return tuple(
        Word(word["text"], float(word["start"]), float(word["end"]), float(word["confidence"]))
        for word in listed
    )


def timing_of(word: Word) -> dict[str, Any]:
    """Return a word as it stands in the document."""
    return {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "confidence": word.confidence,
    }
