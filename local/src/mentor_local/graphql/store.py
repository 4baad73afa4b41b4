"""The mentor database: documents with the original's defaults, and short ways to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_local.graphql.documents import DocumentStore
from mentor_local.graphql.values import stored_media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentor_local.graphql.values import Document

ANSWER_DEFAULTS: Document = {
    "transcript": "",
    "status": "NONE",
    "hasEditedTranscript": False,
    "hasUntransferredMedia": False,
}
_MEDIA_FIELDS = ("webMedia", "mobileMedia", "vttMedia")


class Store(DocumentStore):
    """Collections ``users``, ``mentors``, ``questions``, ``subjects``, ``answers``,
    ``upload_tasks``, ``import_tasks``, ``organizations``, ``user_questions`` and ``settings``.

    What the short ways return is what is stored: relative urls, markdown and all.
    """  # noqa: D205 -- the list of collections does not fit one line

    def add_user(
        self, *, role: str = "USER", mentor_ids: Sequence[str] = (), **fields: Any
    ) -> Document:
        """Add a person; ``isDisabled=True`` and the like as further fields."""
        return self.insert(
            "users",
            {
                "name": "A Person",
                "email": "person@example.org",
                "userRole": role,
                "mentorIds": list(mentor_ids),
                "isDisabled": False,
                **fields,
            },
        )

    def add_mentor(self, user: str, **fields: Any) -> Document:
        """Add a public video mentor that belongs to ``user`` (an id)."""
        return self.insert(
            "mentors",
            {
                "user": user,
                "name": "A Mentor",
                "firstName": "Mentor",
                "mentorType": "VIDEO",
                "thumbnail": "",
                "isPrivate": False,
                "isDirty": False,
                "dirtyReason": "NONE",
                "hasVirtualBackground": False,
                "orgPermissions": [],
                "subjects": [],
                **fields,
            },
        )

    def add_question(self, question: str = "Who are you?", **fields: Any) -> Document:
        """Add a question; most have no name, the idle one is called ``_IDLE_``."""
        return self.insert(
            "questions",
            {"question": question, "type": "QUESTION", "name": None, "paraphrases": [], **fields},
        )

    def add_answer(self, mentor: str, question: str, **fields: Any) -> Document:
        """Add an answer; media get their stored defaults."""
        media = {key: stored_media(fields.get(key)) for key in _MEDIA_FIELDS}
        owner = {"mentor": mentor, "question": question}
        return self.insert("answers", {**ANSWER_DEFAULTS, **owner, **fields, **media})

    def add_organization(self, members: Mapping[str, str], **fields: Any) -> Document:
        """Add an organisation; ``members`` maps user ids to roles."""
        people = [{"user": user, "role": role} for user, role in members.items()]
        return self.insert(
            "organizations",
            {"name": "An Organisation", "isPrivate": False, "members": people, **fields},
        )

    def by_id(self, collection: str, document_id: str) -> Document | None:
        """Return one document of a collection by its id."""
        return self.find_one(collection, {"_id": document_id})

    def upload_task(self, mentor: str, question: str) -> Document | None:
        """Return the upload task of a mentor and a question, if there is one."""
        return self.find_one("upload_tasks", {"mentor": mentor, "question": question})

    def answer(self, mentor: str, question: str) -> Document | None:
        """Return the answer of a mentor to a question, if there is one."""
        return self.find_one("answers", {"mentor": mentor, "question": question})

    def import_task(self, mentor: str) -> Document | None:
        """Return the import task of a mentor, if there is one."""
        return self.find_one("import_tasks", {"mentor": mentor})

    def mentor(self, mentor: str) -> Document | None:
        """Return a mentor by id."""
        return self.by_id("mentors", mentor)
