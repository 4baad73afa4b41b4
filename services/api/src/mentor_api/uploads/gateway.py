"""GraphQL as uploads see it: the answer before an upload, and the upload task of the UI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mentor_api import graphql_documents
from mentor_api.http.permissions import require_editor
from mentor_api.http.problems import not_found, unavailable
from mentor_common.errors import DependencyDownError
from mentor_common.events import Hints
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import SUB_TASK_FIELDS, AnswerKey, Job, captions_medium, task_id_of
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentor_api.http.auth import Caller

_log = get_logger(__name__)
_IDLE = "_IDLE_"
_LONGEST_NAME = 100
_LONGEST_QUESTION = 300


@dataclass(frozen=True)
class AnswerBefore:
    """A question, and its answer before an upload; ``None`` and empty where it has none.

    Parameters
    ----------
    question_is_idle
        Whether the question asks for an idle clip.
    transcript, markdown_transcript
        The answer's text, and the same with its marks.
    captions_url, captions
        Absolute URL and WebVTT of its captions.
    hints
        Words to expect in its recording.
    """

    question_is_idle: bool
    transcript: str | None
    markdown_transcript: str | None
    captions_url: str | None
    captions: str | None
    hints: Hints | None = None


class NotCreated(NamedTuple):
    """A task that GraphQL did not create, or not surely."""

    error: str
    maybe_written: bool


@dataclass(frozen=True)
class Gateway:
    """Reads and writes of uploads in GraphQL.

    ``static_url_base`` is needed to create tasks, whose media are keys in the static bucket.
    """

    graphql: GraphQLClient
    static_url_base: str = ""

    def before(self, caller: Caller, answer: AnswerKey) -> AnswerBefore:
        """Return the question's kind and what the answer holds now.

        Raises
        ------
        Problem
            403 for a caller who may not edit the answer's mentor, 404 for a question that does
            not exist, 503 where GraphQL refuses.
        """
        try:
            data = self.graphql.as_user(caller.token, graphql_documents.BEFORE, _ids(answer))
            require_editor(data)
        except GraphQLRefusedError as error:
            # A server that hides the mentor, or does not know a field, must not cost an upload.
            _log.info("question and answer asked for without hints", error=str(error))
            data = self._before_without_hints(caller, answer)
        held = data.get("answer") or {}
        vtt = held.get("vttMedia") or {}
        return AnswerBefore(
            question_is_idle=(data.get("question") or {}).get("name") == _IDLE,
            transcript=held.get("transcript"),
            markdown_transcript=held.get("markdownTranscript"),
            captions_url=vtt.get("url"),
            captions=vtt.get("vttText"),
            hints=_hints(data),
        )

    def _before_without_hints(self, caller: Caller, answer: AnswerKey) -> dict[str, Any]:
        document = graphql_documents.BEFORE_WITHOUT_HINTS
        try:
            data = self.graphql.as_user(caller.token, document, _ids(answer))
            require_editor(data)
        except GraphQLRefusedError as error:
            _log.warning("question and answer not readable", error=str(error))
            require_editor(error.data)
            if any("question not found" in message for message in error.messages):
                raise not_found("question not found; reload the page") from None
            raise unavailable("The mentor's profile service") from None
        return data

    def create_task(
        self, job: Job, tasks: Sequence[dict[str, str]], before: AnswerBefore
    ) -> NotCreated | None:
        """Create the upload task that the UI polls; return what went wrong, if anything did."""
        variables = _ids(job.answer) | {"status": self._status(job, tasks, before)}
        try:
            data = self.graphql.as_service(graphql_documents.CREATE_TASK, variables)
        except GraphQLRefusedError as error:
            return NotCreated(str(error), maybe_written=False)
        except DependencyDownError as error:
            return NotCreated(str(error), maybe_written=True)
        if (data.get("api") or {}).get("uploadTaskUpdate") is True:
            return None
        return NotCreated("not applied", maybe_written=False)

    def delete_task(self, caller: Caller, job: Job) -> bool:
        """Delete what a write that timed out may have left, while the answer is still ours."""
        try:
            self.graphql.as_user(caller.token, graphql_documents.DELETE_TASK, _ids(job.answer))
        except (DependencyDownError, GraphQLRefusedError) as error:
            _log.warning("document not deleted", error=str(error), upload_id=job.upload_id)
            return False
        return True

    def fail_task(self, job: Job, tasks: Sequence[dict[str, str]]) -> None:
        """Show FAILED on the task of an upload, if it is still that upload's.

        Raises
        ------
        DependencyDownError, GraphQLRefusedError
            Nothing is known to have been written.
        """
        key = _ids(job.answer)
        document = self.graphql.as_service(graphql_documents.READ_TASK, key).get("uploadTask")
        web = ((document or {}).get("transcodeWebTask") or {}).get("task_id")
        if web != task_id_of(job.upload_id, "transcoding-web"):
            return
        status = {"transcodeWebTask": {**tasks[0], "status": "FAILED"}}
        self.graphql.as_service(graphql_documents.FAIL_TASK, key | {"status": status})

    def _status(
        self, job: Job, tasks: Sequence[dict[str, str]], before: AnswerBefore
    ) -> dict[str, Any]:
        """Return all nine keys: a key that is left out keeps an earlier upload's value."""
        by_name = {task["task_name"]: task for task in tasks}
        status: dict[str, Any] = {
            field: by_name.get(name) for name, field in SUB_TASK_FIELDS.items()
        }
        status |= dict.fromkeys(("originalMedia", "webMedia", "mobileMedia", "vttMedia"))
        # An empty text cannot be written later, only now.
        status["transcript"] = "" if job.transcription == "wanted" else None
        if job.transcription == "edited" and before.captions_url:
            url = before.captions_url.removeprefix(self.static_url_base)
            status["vttMedia"] = captions_medium(url)
        return status


def _hints(data: Mapping[str, Any]) -> Hints | None:
    mentor = _line((data.get("mentor") or {}).get("name"), _LONGEST_NAME)
    question = _line((data.get("question") or {}).get("question"), _LONGEST_QUESTION)
    return Hints(mentor=mentor, question=question) if mentor or question else None


def _line(text: object, longest: int) -> str | None:
    """Return a text in one line, at most so many characters; ``None`` for what is none."""
    return " ".join(text.split())[:longest] or None if isinstance(text, str) else None


def _ids(answer: AnswerKey) -> dict[str, Any]:
    return {"mentor": answer.mentor, "question": answer.question}
