"""Permissions of callers: asked of GraphQL with the caller's token, never of the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from mentor_api import graphql_documents
from mentor_api.http.problems import forbidden, not_found
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_common.jobs import AnswerKey

_log = get_logger(__name__)
_EDITORS = frozenset({"CONTENT_MANAGER", "ADMIN"})
_SUPER = frozenset({"SUPER_CONTENT_MANAGER", "SUPER_ADMIN"})


@dataclass(frozen=True)
class Permissions:
    """Asks GraphQL. Every method raises 403 for no, and ``DependencyDownError`` in an outage."""

    graphql: GraphQLClient

    def edit_mentor(self, caller: Caller, mentor: str) -> None:
        """Let pass who may edit the mentor; the log context gets to know it."""
        bind_contextvars(mentor=mentor)
        require_editor(self._ask(caller, graphql_documents.CAN_EDIT, {"mentor": mentor}))

    def edit_answer(self, caller: Caller, answer: AnswerKey) -> None:
        """Let pass who may edit the answer's mentor; the log context gets to know both ids."""
        bind_contextvars(question=answer.question)
        self.edit_mentor(caller, answer.mentor)

    def edit_site(self, caller: Caller) -> None:
        """Let pass who manages content for the whole site."""
        answer = self._ask(caller, graphql_documents.CAN_MANAGE_CONTENT, {})
        if (answer.get("me") or {}).get("canManageContent") is not True:
            raise forbidden()

    def edit_organization(self, caller: Caller, organization: str) -> None:
        """Let pass the organisation's editors, and those whose role covers all organisations.

        The role in a token can be old. It counts only while GraphQL still lets the caller manage
        content at all.
        """
        answer = self._ask(caller, graphql_documents.ORGANIZATION, {"organization": organization})
        members = (answer.get("organization") or {}).get("members") or []
        if any(_edits(member, caller.user) for member in members):
            return
        manages = (answer.get("me") or {}).get("canManageContent") is True
        if not (manages and caller.role in _SUPER):
            raise forbidden()

    def _ask(self, caller: Caller, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.graphql.as_user(caller.token, document, variables)
        except GraphQLRefusedError as error:
            _log.info("permission refused", error=str(error))
            if any("organization not found" in message for message in error.messages):
                raise not_found("organization not found; reload the page") from None
            raise forbidden() from None


def require_editor(answer: dict[str, Any]) -> None:
    """Raise 403 unless GraphQL's answer to a query says that the caller may edit the mentor."""
    if answer.get("mentorCanEdit") is not True:
        raise forbidden()


def _edits(member: dict[str, Any], user: str) -> bool:
    return (member.get("user") or {}).get("_id") == user and member.get("role") in _EDITORS
