"""Mentors and questions of a caller, as GraphQL shows them with the caller's token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_api import graphql_documents
from mentor_api.http.problems import forbidden
from mentor_api.mentors.models import AnswerNow, Mentor, QuestionNow, Questions
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions

_log = get_logger(__name__)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_MOST_MENTORS = 25
_IDLE = "_IDLE_"


@dataclass(frozen=True)
class MentorDirectory:
    """Handling of ``GET /mentors`` and ``GET /questions``."""

    graphql: GraphQLClient
    permissions: Permissions

    def mentors(self, caller: Caller) -> list[Mentor]:
        """Return the mentors of the caller's token that they may still edit."""
        ids = [mentor for mentor in dict.fromkeys(caller.mentors) if _OBJECT_ID.fullmatch(mentor)]
        found = (self._editable(caller, mentor) for mentor in ids[:_MOST_MENTORS])
        return [_mentor(one) for one in found if one is not None]

    def questions(self, caller: Caller, mentor: str) -> Questions:
        """Return a mentor with the questions of all their subjects, and how each is answered.

        Raises
        ------
        Problem
            403 for who may not edit the mentor.
        """
        self.permissions.edit_mentor(caller, mentor)
        variables = {"mentor": mentor}
        try:
            data = self.graphql.as_user(
                caller.token, graphql_documents.MENTORS_QUESTIONS, variables
            )
        except GraphQLRefusedError as error:
            _log.info("questions refused", error=str(error))
            raise forbidden() from None
        found = data.get("mentor") or {}
        answers = {
            answer["question"]["_id"]: answer
            for answer in found.get("answers") or []
            if answer and answer.get("question")
        }
        return Questions(
            mentor=_mentor({"_id": mentor, **found}), questions=_questions(found, answers)
        )

    def _editable(self, caller: Caller, mentor: str) -> dict[str, Any] | None:
        variables = {"mentor": mentor}
        try:
            data = self.graphql.as_user(caller.token, graphql_documents.EDITABLE_MENTOR, variables)
        except GraphQLRefusedError as error:  # deleted, or private
            _log.info("mentor refused", error=str(error))
            return None
        found: dict[str, Any] | None = data.get("mentor")
        return found if data.get("mentorCanEdit") is True else None


def _mentor(found: dict[str, Any]) -> Mentor:
    return Mentor(
        mentor=found["_id"],
        name=found.get("name") or "",
        thumbnail=found.get("thumbnail") or None,
    )


def _questions(mentor: dict[str, Any], answers: dict[str, Any]) -> list[QuestionNow]:
    """Return each question once, under the first subject that has it."""
    shown: dict[str, QuestionNow] = {}
    for subject in mentor.get("subjects") or []:
        for entry in subject.get("questions") or []:
            question = entry.get("question")  # null once it was deleted
            if question and question["_id"] not in shown:
                shown[question["_id"]] = QuestionNow(
                    question=question["_id"],
                    text=question.get("question") or "",
                    subject=subject.get("name") or "",
                    idle=question.get("name") == _IDLE,
                    answer=_answer(answers.get(question["_id"])),
                )
    return list(shown.values())


def _answer(found: dict[str, Any] | None) -> AnswerNow | None:
    if found is None:
        return None

    def url(medium: str) -> str | None:
        return (found.get(medium) or {}).get("url") or None

    return AnswerNow(
        transcript=found.get("transcript") or "",
        edited=bool(found.get("hasEditedTranscript")),
        web=url("webMedia"),
        mobile=url("mobileMedia"),
        captions=url("vttMedia"),
    )
