"""Mentors that a caller may record answers for, and their questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.http.operations import Operation, caller
from mentor_api.mentors.models import Mentors, Questions, QuestionsQuery

if TYPE_CHECKING:
    from mentor_api.mentors.directory import MentorDirectory

_TAG = "Mentors"


def blueprint(directory: MentorDirectory, max_bytes: int) -> Blueprint:
    """Return the routes; ``max_bytes`` is the size of the largest video."""
    routes = Blueprint("people", __name__)

    @routes.get("/mentors")
    @Operation(
        "See for whom you may record answers",
        _TAG,
        Mentors,
        "read",
        description="Of the mentors in your token those that you may still edit. Whoever may "
        "edit others too names them in `/questions`.",
    )
    def mentors() -> Mentors:
        who = caller()
        return Mentors(user=who.user, mentors=directory.mentors(who), max_bytes=max_bytes)

    @routes.get("/questions")
    @Operation(
        "List a mentor's questions and how they are answered",
        _TAG,
        Questions,
        "read",
        query=QuestionsQuery,
        refuses=(400, 403),
    )
    def questions(query: QuestionsQuery) -> Questions:
        return directory.questions(caller(), query.mentor)

    return routes
