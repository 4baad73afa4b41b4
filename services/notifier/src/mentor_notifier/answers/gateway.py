"""What the notifier reads from and writes to mentor-graphql, by its service credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger
from mentor_notifier import graphql_documents

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerKey

_log = get_logger(__name__)


@dataclass(frozen=True)
class AnswerView:
    """The answer as GraphQL shows it; ``readable`` is false for a private mentor's."""

    readable: bool
    content: dict[str, Any] | None = None


class Gateway:
    """One method a query or mutation.

    All raise ``DependencyDownError`` in an outage and ``GraphQLRefusedError`` when refused.
    """

    def __init__(self, graphql: GraphQLClient) -> None:
        self._graphql = graphql

    def task(self, answer: AnswerKey) -> dict[str, Any] | None:
        """Return the UploadTask document, or ``None`` when the UI has deleted it."""
        data = self._graphql.as_service(graphql_documents.READ_TASK, _key(answer))
        document: dict[str, Any] | None = data.get("uploadTask")
        return document

    def answer(self, answer: AnswerKey) -> AnswerView:
        """Return the answer where the service credential may read it."""
        try:
            data = self._graphql.as_service(graphql_documents.READ_ANSWER, _key(answer))
        except GraphQLRefusedError as error:
            _log.info("answer not readable", error=str(error))
            return AnswerView(readable=False)
        return AnswerView(readable=True, content=data.get("answer"))

    def update_task(self, answer: AnswerKey, status: dict[str, Any]) -> bool:
        """Merge into the document; ``False`` when there is none: nothing is re-created."""
        data = self._graphql.as_service(
            graphql_documents.UPDATE_TASK, _key(answer) | {"status": status}
        )
        return bool(data["api"]["uploadTaskStatusUpdate"])

    def create_task(self, answer: AnswerKey, content: dict[str, Any]) -> None:
        """Write the document whole, whether there is one or not."""
        data = self._graphql.as_service(
            graphql_documents.CREATE_TASK, _key(answer) | {"status": content}
        )
        _expect(data, "uploadTaskUpdate")

    def switch(self, answer: AnswerKey, content: dict[str, Any]) -> None:
        """Write the answer."""
        variables = _key(answer) | {"answer": content}
        data = self._graphql.as_service(graphql_documents.SWITCH_ANSWER, variables)
        _expect(data, "uploadAnswer")

    def update_media(self, answer: AnswerKey, media: dict[str, Any]) -> None:
        """Write media alone: does not touch the transcript, so it loses no one's edit."""
        data = self._graphql.as_service(graphql_documents.UPDATE_MEDIA, _key(answer) | media)
        _expect(data, "mediaUpdate")

    def update_thumbnail(self, mentor: str, key: str) -> None:
        """Write the mentor's thumbnail."""
        variables = {"mentor": mentor, "thumbnail": key}
        data = self._graphql.as_service(graphql_documents.UPDATE_THUMBNAIL, variables)
        _expect(data, "mentorThumbnailUpdate")


def _key(answer: AnswerKey) -> dict[str, Any]:
    return {"mentor": answer.mentor, "question": answer.question}


def _expect(data: dict[str, Any], field: str) -> None:
    if (data.get("api") or {}).get(field) is not True:
        raise GraphQLRefusedError([f"{field} was not applied"], data)
