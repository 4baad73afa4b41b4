"""Importing a mentor into mentor-graphql and showing how far that is, by the service credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mentor_common.graphql import (
    GraphQLClient,
    GraphQLRefusedError,
    OutcomeUnknownError,
    import_task_is_missing,
)
from mentor_notifier import graphql_documents

if TYPE_CHECKING:
    from mentor_notifier.transfers.export import Export

Part = Literal["QUEUED", "IN_PROGRESS", "DONE", "FAILED"]


@dataclass(frozen=True)
class ImportTask:
    """Content of an import task; always all of it, since an update resets what it is not given."""

    imported: Part
    copied: Part
    message: str | None = None
    errors: tuple[str, ...] = ()


class TransferGateway:
    """One method a mutation.

    All raise ``DependencyDownError`` in an outage and ``GraphQLRefusedError`` when refused.
    """

    def __init__(self, graphql: GraphQLClient, import_seconds: float) -> None:
        self._graphql = graphql
        self._import_seconds = import_seconds

    def import_mentor(self, mentor: str, export: Export) -> list[dict[str, Any]]:
        """Import, once; return the mentor's answers.

        Raises
        ------
        OutcomeUnknownError
            It is unknown whether it was applied.
        """
        variables = {"mentor": mentor, "json": export.json, "changes": export.changes}
        data = self._graphql.as_service_once(
            graphql_documents.IMPORT_MENTOR, variables, self._import_seconds
        )
        imported = (data.get("api") or {}).get("mentorImport")
        if imported is None:
            raise OutcomeUnknownError("no mentor in the answer")
        return list(imported.get("answers") or [])

    def show(self, mentor: str, shown: ImportTask) -> bool:
        """Write the import task; ``False`` when the UI has deleted it."""
        failed = "FAILED" in {shown.imported, shown.copied}
        message = shown.message if failed else None
        variables = {
            "mentor": mentor,
            "graphql": {"status": shown.imported, "errorMessage": message},
            "media": {"status": shown.copied, "errorMessage": message},
            "errors": list(shown.errors),
        }
        try:
            data = self._graphql.as_service(graphql_documents.UPDATE_IMPORT_TASK, variables)
        except GraphQLRefusedError as error:
            if import_task_is_missing(error):
                return False
            raise
        if (data.get("api") or {}).get("importTaskUpdate") is not True:
            raise GraphQLRefusedError(["importTaskUpdate was not applied"], data)
        return True

    def update_answers(self, mentor: str, answers: list[dict[str, Any]]) -> None:
        """Write media of several answers; all of them or none."""
        variables = {"mentor": mentor, "answers": answers}
        data = self._graphql.as_service(graphql_documents.UPDATE_ANSWERS, variables)
        if (data.get("api") or {}).get("updateAnswers") is not True:
            raise GraphQLRefusedError(["updateAnswers was not applied"], data)
