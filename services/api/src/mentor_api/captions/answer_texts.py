"""Transcripts and captions of answers: read as the caller sees them, and shown by GraphQL."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mentor_api import graphql_documents
from mentor_api.http.computing import computed
from mentor_api.http.problems import Problem, forbidden, not_found
from mentor_common.captions import (
    check_vtt,
    is_manual_captions,
    manual_captions_key,
    parse_vtt,
    rewritten,
    text_of,
)
from mentor_common.errors import PermanentError
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import captions_medium
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.asset_store import AssetStore
    from mentor_api.http.auth import Caller
    from mentor_common.jobs import AnswerKey, Reader

_log = get_logger(__name__)
GRAPHQL_BYTES = 1_900_000
"""GraphQL takes requests of 2 MB, and a text goes into one."""


@dataclass(frozen=True)
class Captions:
    """Captions that an answer shows: where they are, and their text."""

    url: str
    text: str


@dataclass(frozen=True)
class AnswerText:
    """Transcript and captions of an answer.

    Parameters
    ----------
    transcript, markdown
        The transcript without markdown, and as it is stored.
    edited
        Whether a person has edited it.
    captions
        Of old answers GraphQL has the address alone; both are empty where there are none.
    milliseconds
        Length of the video, as its media say it; 0 where none does.
    captions_in_task
        Address of the captions that the answer's upload task shows.
    """

    transcript: str
    markdown: str
    edited: bool
    captions: Captions
    milliseconds: float
    captions_in_task: str

    @property
    def version(self) -> str:
        """Identifier that changes with the transcript and the captions, and with nothing else."""
        said = json.dumps([self.markdown, self.captions.url])
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def agrees(self) -> bool:
        """Whether the transcript is what the captions say, as far as GraphQL has them."""
        if self.captions.url and not self.captions.text:
            return True
        return computed(said_by, self.captions.text, self.markdown) == self.markdown


@dataclass(frozen=True)
class AnswerTexts:
    """Reads what answers say, and shows what is new."""

    graphql: GraphQLClient
    asset_store: AssetStore
    reader: Reader

    def of(self, caller: Caller, answer: AnswerKey) -> AnswerText:
        """Return what an answer says, as the caller sees it.

        Raises
        ------
        Problem
            403 where GraphQL refuses, 404 without an answer.
        """
        variables = {"mentor": answer.mentor, "question": answer.question}
        try:
            data = self.graphql.as_user(caller.token, graphql_documents.ANSWER_TEXT, variables)
        except GraphQLRefusedError as error:
            _log.info("answer refused", error=str(error))
            raise forbidden() from None
        shown: dict[str, Any] | None = data.get("answer")
        if shown is None:
            raise not_found("this question has no answer yet; record one first")
        captions, in_task = _captions(shown), _captions(data.get("uploadTask"))
        return AnswerText(
            transcript=shown.get("transcript") or "",
            markdown=shown.get("markdownTranscript") or "",
            edited=bool(shown.get("hasEditedTranscript")),
            captions=Captions(captions.get("url") or "", captions.get("vttText") or ""),
            milliseconds=_milliseconds(shown),
            captions_in_task=in_task.get("url") or "",
        )

    def show_captions(self, answer: AnswerKey, text: str, before: AnswerText) -> Captions:
        """Make an answer show captions and keep its transcript."""
        key = self._new_key(answer)
        variables = {"mentor": answer.mentor, "question": answer.question, "key": key, "text": text}
        return self._show(answer, graphql_documents.UPDATE_CAPTIONS, variables, key, text, before)

    def show_both(
        self, answer: AnswerKey, text: str, transcript: str, before: AnswerText
    ) -> Captions:
        """Make an answer show captions and a transcript by one mutation: both, or neither."""
        key = self._new_key(answer)
        changed = {
            "questionId": answer.question,
            "transcript": transcript,
            "hasEditedTranscript": before.edited or transcript != before.markdown,
            "vttMedia": captions_medium(key) | {"vttText": text},
        }
        variables = {"mentor": answer.mentor, "answers": [changed]}
        return self._show(answer, graphql_documents.UPDATE_ANSWERS, variables, key, text, before)

    def _new_key(self, answer: AnswerKey) -> str:
        return manual_captions_key(answer.mentor, answer.question, self.asset_store.version())

    def _show(
        self,
        answer: AnswerKey,
        mutation: str,
        variables: dict[str, Any],
        key: str,
        text: str,
        before: AnswerText,
    ) -> Captions:
        self.asset_store.publish(text.encode(), key, mutation, variables, "answer")
        self._tag_superseded(answer, before)
        return Captions(self.asset_store.url(key), text)

    def _tag_superseded(self, answer: AnswerKey, before: AnswerText) -> None:
        """Tag what a person sent before; the workers' captions are the notifier's to tag.

        An upload of an edited transcript shows them in its task, and mentors that are imported
        from this one share them until their copy is made.
        """
        url = before.captions.url
        earlier = url.removeprefix(self.asset_store.static_url_base)
        if not (earlier.startswith(answer.prefix) and is_manual_captions(earlier)):
            return
        answer_state = self.reader.answer_state(answer)
        shared = answer_state is not None and earlier in answer_state.shared
        if before.captions_in_task != url and not shared:
            self.asset_store.tag_superseded(earlier)


def said_by(vtt: str, transcript: str) -> str | None:
    """Return what captions say, with the paragraphs and the markdown of a transcript.

    ``None`` for what is no WebVTT.
    """
    try:
        return rewritten(transcript, text_of(parse_vtt(vtt) if vtt else ()))
    except PermanentError:
        return None


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
    check_size(text)
    try:
        check_vtt(text)
    except PermanentError as error:
        raise _invalid(error.reason) from None
    return text


def check_size(*texts: str) -> None:
    """Raise 413 for texts of which GraphQL would not take all in one request."""
    if sum(len(text.encode()) for text in texts) > GRAPHQL_BYTES:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"captions of more than {GRAPHQL_BYTES} bytes cannot be stored; shorten them",
        )


def _invalid(message: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, message, error="VTT File Validation Failed")


def _captions(shown: dict[str, Any] | None) -> dict[str, Any]:
    return (shown or {}).get("vttMedia") or {}


def _milliseconds(shown: dict[str, Any]) -> float:
    lengths = ((shown.get(field) or {}).get("duration") for field in ("webMedia", "mobileMedia"))
    return next((float(length) for length in lengths if length and length > 0), 0.0)
