"""Documents in SQLite: the few operations of a document database that the contract rests on.

Every document is one JSON column. ``change`` is MongoDB's ``$set`` of top-level keys, atomic in
itself; what a resolver reads before it may be old when it writes, exactly as in the original.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mentor_common.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mentor_local.graphql.values import Document

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (collection, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS one_per_answer ON documents
    (collection, json_extract(doc, '$.mentor'), json_extract(doc, '$.question'))
    WHERE collection IN ('answers', 'upload_tasks');
CREATE UNIQUE INDEX IF NOT EXISTS one_per_mentor ON documents
    (collection, json_extract(doc, '$.mentor'))
    WHERE collection = 'import_tasks';
CREATE TABLE IF NOT EXISTS write_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    mutation TEXT NOT NULL,
    caller TEXT NOT NULL,
    args TEXT NOT NULL
);
"""
# The filter is one JSON object; every key of it must hold, null meaning absent or null.
_SELECT = """
SELECT doc FROM documents
WHERE collection = ? AND NOT EXISTS (
    SELECT 1 FROM json_each(?) AS expected
    WHERE json_extract(documents.doc, '$.' || expected.key) IS NOT expected.value
)
ORDER BY seq
"""


@dataclass(frozen=True)
class WriteRecord:
    """One effect of a mutation: which, by whom (``service`` or a user's id), with what, when."""

    seq: int
    at: str
    mutation: str
    caller: str
    args: Document


def new_id() -> str:
    """Return a fresh document id: 24 hexadecimal digits."""
    return uuid.uuid4().hex[:24]


class DocumentStore:
    """Collections of JSON documents in one SQLite database. Safe to use from any thread.

    Parameters
    ----------
    path
        Database file, or ``":memory:"``.
    clock
        Gives ``createdAt`` and ``updatedAt``.
    """

    def __init__(self, path: Path | str = ":memory:", clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._committed = threading.Condition()
        self._depth = 0
        # One connection behind a lock: request threads come and go, connections must not.
        self._db = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=10.0
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the database; nothing may be asked of the store afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one atomic step; steps may be nested."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1
        if outermost:
            with self._committed:
                self._committed.notify_all()

    def wait_for(self, condition: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait until ``condition`` holds; it is checked again after each change.

        Returns whether it came to hold in time.
        """
        with self._committed:
            return self._committed.wait_for(condition, timeout)

    def find(self, collection: str, where: Mapping[str, Any] | None = None) -> list[Document]:
        """Return the documents whose top-level fields equal ``where``, oldest first."""
        with self._lock:
            rows = self._db.execute(_SELECT, (collection, json.dumps(dict(where or {}))))
            return [json.loads(row[0]) for row in rows]

    def find_one(self, collection: str, where: Mapping[str, Any]) -> Document | None:
        """Return the first document that equals ``where``, or nothing."""
        found = self.find(collection, where)
        return found[0] if found else None

    def insert(self, collection: str, document: Mapping[str, Any]) -> Document:
        """Add a document; ``_id`` and the two times are filled in when absent.

        Raises
        ------
        sqlite3.IntegrityError
            When the id, or a key that must be unique, is taken.
        """
        now = self._now()
        added = {"_id": new_id(), "createdAt": now, "updatedAt": now, **document}
        with self.transaction():
            self._db.execute(
                "INSERT INTO documents (collection, id, doc) VALUES (?, ?, ?)",
                (collection, added["_id"], json.dumps(added)),
            )
        return added

    def change(
        self,
        collection: str,
        where: Mapping[str, Any],
        changes: Mapping[str, Any],
        *,
        upsert: bool = False,
    ) -> Document | None:
        """Replace the given top-level keys of the first match, whatever they held.

        Parameters
        ----------
        changes
            Keys with their new values; ``None`` is stored as null.
        upsert
            Add ``where`` with ``changes`` when there is no match.

        Returns
        -------
        dict or None
            The document afterwards; nothing when there was none and none was added.
        """
        with self.transaction():
            found = self.find_one(collection, where)
            if found is None:
                return self.insert(collection, {**where, **changes}) if upsert else None
            changed = {**found, **changes, "updatedAt": self._now()}
            self._db.execute(
                "UPDATE documents SET doc = ? WHERE collection = ? AND id = ?",
                (json.dumps(changed), collection, found["_id"]),
            )
            return changed

    def delete(self, collection: str, where: Mapping[str, Any]) -> int:
        """Remove every match; return how many there were."""
        with self.transaction():
            found = self.find(collection, where)
            self._db.executemany(
                "DELETE FROM documents WHERE collection = ? AND id = ?",
                [(collection, document["_id"]) for document in found],
            )
            return len(found)

    def note(self, mutation: str, caller: str, args: Mapping[str, Any]) -> None:
        """Append an effect to the write log, in the step that is under way if there is one."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO write_log (at, mutation, caller, args) VALUES (?, ?, ?, ?)",
                (self._now(), mutation, caller, json.dumps(dict(args))),
            )

    def write_log(self, mutation: str | None = None) -> list[WriteRecord]:
        """Return the effects so far in their order, of one mutation or of all."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, at, mutation, caller, args FROM write_log"
                " WHERE mutation = ? OR ? IS NULL ORDER BY seq",
                (mutation, mutation),
            )
            return [
                WriteRecord(seq, at, name, caller, json.loads(args))
                for seq, at, name, caller, args in rows
            ]

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock.now(), tz=UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
