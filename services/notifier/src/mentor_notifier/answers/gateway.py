"""Reading an answer from mentor-graphql and writing it there, by the service credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger
from mentor_notifier import graphql_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.jobs import AnswerKey

_log = get_logger(__name__)


@dataclass(frozen=True)
class GraphQLState:
    """An answer and its upload task as GraphQL shows them, read at one go.

    Parameters
    ----------
    document
        The UploadTask; ``None`` where the UI has deleted it.
    readable
        Whether the service credential may read the answer: a private mentor's it may not.
    content
        The answer; ``None`` where there is none, or it is not readable.
    """

    document: dict[str, Any] | None
    readable: bool
    content: dict[str, Any] | None = None


class Gateway:
    """One method a query or mutation.

    All raise ``DependencyDownError`` in an outage and ``GraphQLRefusedError`` when refused.
    """

    def __init__(self, graphql: GraphQLClient) -> None:
        self._graphql = graphql

    def read(self, answer: AnswerKey) -> GraphQLState:
        """Return what GraphQL shows of an answer."""
        try:
            data = self._graphql.as_service(graphql_documents.READ_ALL, _key(answer))
        except GraphQLRefusedError as error:
            document, content = error.data.get("uploadTask"), error.data.get("answer")
            if document is None:
                # There may be none, or it is this that was refused.
                data = self._graphql.as_service(graphql_documents.READ_TASK, _key(answer))
                document = data.get("uploadTask")
            _log.debug("answer not readable", error=str(error))
            return GraphQLState(document, readable=content is not None, content=content)
        return GraphQLState(data.get("uploadTask"), readable=True, content=data.get("answer"))

    def update_tasks(self, answer: AnswerKey, updates: Sequence[dict[str, Any]]) -> list[bool]:
        """Merge into the document, one update after the other, in one request.

        ``False`` for each that found no document: nothing is re-created.
        """
        variables = _key(answer) | {f"status{n}": update for n, update in enumerate(updates)}
        data = self._graphql.as_service(graphql_documents.update_tasks(len(updates)), variables)
        return [bool(data[f"update{n}"]["uploadTaskStatusUpdate"]) for n in range(len(updates))]

    def create_task(self, answer: AnswerKey, content: dict[str, Any]) -> None:
        """Write the document whole, whether there is one or not."""
        data = self._graphql.as_service(
            graphql_documents.CREATE_TASK, _key(answer) | {"status": content}
        )
        _expect(data, "uploadTaskUpdate")

    def switch(
        self, answer: AnswerKey, content: dict[str, Any], thumbnail: str | None = None
    ) -> bool:
        """Write the answer, and the key of the mentor's thumbnail in the same request.

        ``False`` where the thumbnail was refused, which fails nothing else.
        """
        variables = _key(answer) | {"answer": content}
        if thumbnail is not None:
            pictured = variables | {"thumbnail": thumbnail}
            try:
                data = self._graphql.as_service(graphql_documents.SWITCH_WITH_THUMBNAIL, pictured)
            except GraphQLRefusedError as error:
                data = error.data
            if ((data or {}).get("switch") or {}).get("uploadAnswer") is True:
                return ((data or {}).get("picture") or {}).get("mentorThumbnailUpdate") is True
        data = self._graphql.as_service(graphql_documents.SWITCH_ANSWER, variables)
        _expect(data, "uploadAnswer")
        return thumbnail is None

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
