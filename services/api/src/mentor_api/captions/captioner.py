"""Captions that a person sends, and captions that are regenerated from an edited transcript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.captions.answer_texts import check_size, checked
from mentor_api.http.computing import computed
from mentor_common.captions import (
    TimedTranscript,
    cues_from_words,
    format_vtt,
    spread_short_cues,
)

if TYPE_CHECKING:
    from mentor_api.captions.answer_texts import AnswerText, AnswerTexts, Captions
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_api.word_timings import WordTimings
    from mentor_common.jobs import AnswerKey

_READ_CHARS_PER_S = 15.0  # for the length of an answer without word timings and video


@dataclass(frozen=True)
class Captioner:
    """Handling of ``POST /vtt`` and ``POST /regen_vtt``."""

    permissions: Permissions
    texts: AnswerTexts
    word_timings: WordTimings

    def store(self, caller: Caller, answer: AnswerKey, raw: bytes) -> Captions:
        """Make the answer show the captions in ``raw``.

        Raises
        ------
        Problem
            403, 404 without an answer, 400 for what browsers would drop; nothing is stored.
        """
        self.permissions.edit_answer(caller, answer)
        text = computed(checked, raw)
        return self.texts.show_captions(answer, text, self.texts.of(caller, answer))

    def regenerate(self, caller: Caller, answer: AnswerKey) -> Captions:
        """Make the answer's captions anew from its transcript as it is now.

        Raises
        ------
        Problem
            403, 404 without an answer, 413 for a text of more than GraphQL stores.
        """
        self.permissions.edit_answer(caller, answer)
        shown = self.texts.of(caller, answer)
        timings = self.word_timings.of(answer)
        if timings is None:
            timings = TimedTranscript((), _length(shown), {})
        text = computed(_written, timings, shown.transcript)
        check_size(text)
        return self.texts.show_captions(answer, text, shown)


def _written(timings: TimedTranscript, transcript: str) -> str:
    """Return captions of a transcript, by when its words are said."""
    cues = cues_from_words(timings.retimed(transcript), timings.language)
    return format_vtt(spread_short_cues(cues, timings.duration))


def _length(shown: AnswerText) -> float:
    """Return the video's length in seconds, else how long its text takes to be read."""
    return shown.milliseconds / 1000 or len(shown.transcript) / _READ_CHARS_PER_S
