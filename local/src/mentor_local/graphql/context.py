"""Context of a resolver: the caller, the database and the pause between read and write."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.values import object_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mentor_local.graphql.auth import Caller
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.values import Document

_MODELS = {
    "users": "User",
    "mentors": "Mentor",
    "questions": "Question",
    "answers": "Answer",
    "upload_tasks": "UploadTask",
    "import_tasks": "ImportTask",
    "organizations": "Organization",
}


class Pause:
    """One mutation that is stopped between what it read and what it will write."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        """Let it write."""
        self._released.set()

    async def here(self) -> None:
        """Stop here until released, without stopping the fields beside this one."""
        self.reached.set()
        await asyncio.to_thread(self._released.wait)


class Pauses:
    """Makes the original's lost updates happen on purpose, each the same way every time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Pause] = {}

    @contextmanager
    def hold(self, mutation: str) -> Iterator[Pause]:
        """Stop the next call of ``mutation`` after its read; leaving the block releases it."""
        pause = Pause()
        with self._lock:
            self._waiting[mutation] = pause
        try:
            yield pause
        finally:
            with self._lock:
                self._waiting.pop(mutation, None)
            pause.release()

    def take(self, mutation: str) -> Pause | None:
        """Return the pause that waits for ``mutation``, once."""
        with self._lock:
            return self._waiting.pop(mutation, None)


@dataclass(frozen=True)
class Context:
    """One request's surroundings.

    Parameters
    ----------
    caller
        Who asks, ``None`` for nobody.
    static_url_base
        Relative urls are resolved on it.
    pauses
        Where tests stop a mutation.
    """

    store: Store
    caller: Caller | None
    static_url_base: str
    pauses: Pauses = field(default_factory=Pauses)

    def authenticated(self) -> Caller:
        """Return the caller.

        Raises
        ------
        GraphQLError
            When nobody is authenticated.
        """
        if self.caller is None:
            raise GraphQLError("Only authenticated users")
        return self.caller

    def by_id(self, collection: str, document_id: str) -> Document | None:
        """Return a document by the id a caller sent; a malformed one is an error."""
        return self.store.by_id(collection, object_id(document_id, "_id", _MODELS[collection]))

    def owned_by(self, collection: str, mentor: str, question: str | None = None) -> Document:
        """Return the filter for the document of a mentor, or of a mentor and a question."""
        model = _MODELS[collection]
        where = {"mentor": object_id(mentor, "mentor", model)}
        if question is not None:
            where["question"] = object_id(question, "question", model)
        return where

    def require_question(self, question_id: str) -> None:
        """Raise the original's error unless the question exists."""
        if self.by_id("questions", question_id) is None:
            raise GraphQLError(f"no question found for id '{question_id}'")

    def require_mentor(self, mentor_id: str) -> Document:
        """Return the mentor, or raise the original's error."""
        mentor = self.by_id("mentors", mentor_id)
        if mentor is None:
            raise GraphQLError(f"no mentor found for id '{mentor_id}'")
        return mentor

    def commit(self, mutation: str, args: Mapping[str, Any], write: Callable[[], bool]) -> bool:
        """Do ``write`` as one step that the write log notes if it had an effect.

        ``write`` returns whether there was anything to write to; so does this.
        """
        with self.store.transaction():
            written = write()
            if written:
                self.store.note(mutation, self.authenticated().name, args)
        return written

    async def gap(self, mutation: str) -> None:
        """Mark where the original has read and not yet written.

        The fields beside this one go on here, so several writes in one ``api { }`` all read
        before the first of them writes, as they do on the original's event loop.
        """
        await asyncio.sleep(0)
        pause = self.pauses.take(mutation)
        if pause is not None:
            await pause.here()
