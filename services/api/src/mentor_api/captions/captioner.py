"""Captions that a person sends, and captions that are regenerated from an edited transcript."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mentor_api import graphql_documents
from mentor_api.http.computing import computed
from mentor_api.http.problems import Problem, forbidden, not_found
from mentor_common.captions import (
    TimedTranscript,
    check_vtt,
    cues_from_words,
    format_vtt,
    is_manual_captions,
    manual_captions_key,
    spread_short_cues,
)
from mentor_common.errors import PermanentError
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.asset_store import AssetStore
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_api.word_timings import WordTimings
    from mentor_common.jobs import AnswerKey, Reader

_log = get_logger(__name__)
_GRAPHQL_BYTES = 1_900_000  # GraphQL takes requests of 2 MB, and the text goes into one
_READ_CHARS_PER_S = 15.0  # for the length of an answer without word timings and video


@dataclass(frozen=True)
class Captions:
    """Captions that an answer shows: where they are, and their text."""

    url: str
    text: str


@dataclass(frozen=True)
class Captioner:
    """Handling of ``POST /vtt`` and ``POST /regen_vtt``."""

    permissions: Permissions
    graphql: GraphQLClient
    asset_store: AssetStore
    word_timings: WordTimings
    reader: Reader

    def store(self, caller: Caller, answer: AnswerKey, raw: bytes) -> Captions:
        """Make the answer show the captions in ``raw``.

        Raises
        ------
        Problem
            403, 404 without an answer, 400 for what browsers would drop; nothing is stored.
        """
        self.permissions.edit_answer(caller, answer)
        text = computed(checked, raw)
        return self._show(answer, text, self._shown(caller, answer))

    def regenerate(self, caller: Caller, answer: AnswerKey) -> Captions:
        """Make the answer's captions anew from its transcript as it is now.

        Raises
        ------
        Problem
            403, 404 without an answer, 413 for a text of more than GraphQL stores.
        """
        self.permissions.edit_answer(caller, answer)
        shown = self._shown(caller, answer)
        transcript = shown.get("transcript") or ""
        timings = self.word_timings.of(answer)
        if timings is None:
            timings = TimedTranscript((), _length(shown, transcript), {})
        text = computed(_written, timings, transcript)
        if len(text.encode()) > _GRAPHQL_BYTES:
            raise _too_long()
        return self._show(answer, text, shown)

    def _shown(self, caller: Caller, answer: AnswerKey) -> dict[str, Any]:
        """Return the answer as the caller sees it, and under ``task`` its upload task."""
        variables = {"mentor": answer.mentor, "question": answer.question}
        try:
            data = self.graphql.as_user(caller.token, graphql_documents.CAPTIONED_ANSWER, variables)
        except GraphQLRefusedError as error:
            _log.info("answer refused", error=str(error))
            raise forbidden() from None
        shown: dict[str, Any] | None = data.get("answer")
        if shown is None:
            raise not_found("this question has no answer yet; record one first")
        return {**shown, "task": data.get("uploadTask")}

    def _show(self, answer: AnswerKey, text: str, shown: dict[str, Any]) -> Captions:
        key = manual_captions_key(answer.mentor, answer.question, self.asset_store.version())
        variables = {
            "mentor": answer.mentor,
            "question": answer.question,
            "key": key,
            "text": text,
        }
        self.asset_store.publish(
            text.encode(), key, graphql_documents.UPDATE_CAPTIONS, variables, "answer"
        )
        self._tag_superseded(answer, shown)
        return Captions(self.asset_store.url(key), text)

    def _tag_superseded(self, answer: AnswerKey, shown: dict[str, Any]) -> None:
        """Tag what a person sent before; the workers' captions are the notifier's to tag.

        An upload of an edited transcript shows them in its task, and mentors that are imported
        from this one share them until their copy is made.
        """
        url = (shown.get("vttMedia") or {}).get("url") or ""
        earlier = url.removeprefix(self.asset_store.static_url_base)
        if not (earlier.startswith(answer.prefix) and is_manual_captions(earlier)):
            return
        in_task = ((shown["task"] or {}).get("vttMedia") or {}).get("url") == url
        answer_state = self.reader.answer_state(answer)
        shared = answer_state is not None and earlier in answer_state.shared
        if not in_task and not shared:
            self.asset_store.tag_superseded(earlier)


def checked(raw: bytes) -> str:
    """Return captions as they are stored: UTF-8 with line feeds, without byte order mark.

    Raises
    ------
    Problem
        400 for what is no WebVTT that browsers show whole, 413 for more than GraphQL stores.
    """
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise _invalid("The file is not UTF-8 text. Save it as UTF-8.") from None
    if len(raw) > _GRAPHQL_BYTES:
        raise _too_long()
    try:
        check_vtt(text)
    except PermanentError as error:
        raise _invalid(error.reason) from None
    return text


def _written(timings: TimedTranscript, transcript: str) -> str:
    """Return captions of a transcript, by when its words are said."""
    cues = cues_from_words(timings.retimed(transcript), timings.language)
    return format_vtt(spread_short_cues(cues, timings.duration))


def _too_long() -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"captions of more than {_GRAPHQL_BYTES} bytes cannot be stored; shorten them",
    )


def _invalid(message: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, message, error="VTT File Validation Failed")


def _length(shown: dict[str, Any], transcript: str) -> float:
    """Return the video's length in seconds, from what the answer says of its media."""
    for field in ("webMedia", "mobileMedia"):
        milliseconds = (shown.get(field) or {}).get("duration") or 0
        if milliseconds > 0:
            return float(milliseconds) / 1000
    return len(transcript) / _READ_CHARS_PER_S
