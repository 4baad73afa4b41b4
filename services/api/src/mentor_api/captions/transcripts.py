"""Transcripts that a person edits by their captions, so that both say the same."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.captions.answer_texts import check_size, checked, said_by
from mentor_api.http.computing import computed
from mentor_api.http.problems import Problem

if TYPE_CHECKING:
    from mentor_api.captions.answer_texts import AnswerText, AnswerTexts
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.jobs import AnswerKey


@dataclass(frozen=True)
class Transcripts:
    """Handling of ``GET /transcript`` and ``POST /transcript``."""

    permissions: Permissions
    texts: AnswerTexts

    def read(self, caller: Caller, answer: AnswerKey) -> AnswerText:
        """Return what an answer says.

        Raises
        ------
        Problem
            403, 404 without an answer.
        """
        self.permissions.edit_answer(caller, answer)
        return self.texts.of(caller, answer)

    def store(self, caller: Caller, answer: AnswerKey, vtt: str, version: str) -> AnswerText:
        """Make the answer show captions, and what they say as its transcript.

        The same again answers as the first did. GraphQL compares nothing itself, so what is
        written at the same moment is found by reading it back.

        Raises
        ------
        Problem
            403, 404 without an answer, 400 for what browsers would drop, 413 for more than GraphQL
            stores, 409 where the answer has not the version that was edited.
        """
        self.permissions.edit_answer(caller, answer)
        text = computed(checked, vtt.encode(errors="surrogatepass"))
        before = self.texts.of(caller, answer)
        transcript = computed(said_by, text, before.markdown) or ""
        check_size(text, transcript)
        if _says(before, text, transcript):
            return before
        if before.version != version:
            raise _changed()
        self.texts.show_both(answer, text, transcript, before)
        now = self.texts.of(caller, answer)
        if not _says(now, text, transcript):
            raise _changed()
        return now


def _says(shown: AnswerText, vtt: str, transcript: str) -> bool:
    return (shown.captions.text, shown.markdown) == (vtt, transcript)


def _changed() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "somebody changed this text meanwhile; read it again and make your changes there",
        error="text changed",
    )
