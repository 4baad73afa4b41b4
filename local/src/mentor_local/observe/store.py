"""The last traces, in one SQLite file of bounded size."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mentor_local.observe.otlp import Span

MOST_SPANS = 100_000
"""About 60 MB; the traces that were added to longest ago make room, polls and lists first."""
_KEEP_AFTER_ROOM = 0.9
_OTHERS = 0.2
"""Share of the room that traces of no upload keep: browsers poll far more than they upload."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS span (
  trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT NOT NULL, service TEXT NOT NULL,
  name TEXT NOT NULL, kind TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
  error INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trace (
  trace_id TEXT PRIMARY KEY, seen INTEGER NOT NULL, started INTEGER NOT NULL,
  ended INTEGER NOT NULL, spans INTEGER NOT NULL, errors INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trace_started ON trace (started);
CREATE INDEX IF NOT EXISTS trace_seen ON trace (seen);
CREATE TABLE IF NOT EXISTS upload (
  upload_id TEXT NOT NULL, trace_id TEXT NOT NULL, PRIMARY KEY (upload_id, trace_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS upload_trace ON upload (trace_id);
"""
_ADD = """INSERT INTO trace VALUES (:trace_id, :seen, :started, :ended, 1, :error)
ON CONFLICT (trace_id) DO UPDATE SET
  seen = excluded.seen, started = min(started, excluded.started),
  ended = max(ended, excluded.ended), spans = spans + 1, errors = errors + excluded.errors"""
_LIST = """SELECT trace_id, started, ended, spans, errors,
  (SELECT name FROM span WHERE span.trace_id = trace.trace_id ORDER BY parent_id <> '', started
     LIMIT 1) AS name,
  (SELECT group_concat(DISTINCT service) FROM span
     WHERE span.trace_id = trace.trace_id) AS services,
  (SELECT group_concat(upload_id) FROM upload WHERE upload.trace_id = trace.trace_id) AS uploads
FROM trace WHERE {conditions} ORDER BY started DESC LIMIT :limit"""

_OLDEST = """SELECT trace_id, spans FROM trace
WHERE trace_id {kind} (SELECT trace_id FROM upload) ORDER BY seen"""
_OF_UPLOAD = """trace_id IN
  (SELECT trace_id FROM upload WHERE substr(upload_id, 1, :length) = :upload)"""
_BY_SERVICE = """EXISTS
  (SELECT 1 FROM span WHERE span.trace_id = trace.trace_id AND service = :service)"""
_LISTS = ("services", "uploads")


@dataclass(frozen=True)
class TraceQuery:
    """Conditions on the traces to list.

    Attributes
    ----------
    upload
        Beginning of an upload's id; empty for any.
    service
        A service that took part; empty for any.
    uploads_only
        Only traces of uploads, not those of polls and lists.
    failed
        Only traces with a span that failed.
    shortest
        Seconds that a trace took at least.
    limit
        How many at most.
    """

    upload: str = ""
    service: str = ""
    uploads_only: bool = True
    failed: bool = False
    shortest: float = 0.0
    limit: int = 100


class TraceStore:
    """Spans by trace, found again by upload.

    ``path`` is the database's file, or ``":memory:"``.
    """

    def __init__(self, path: Path | str, most_spans: int = MOST_SPANS) -> None:
        self._lock = threading.Lock()
        self._most = most_spans
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self._database.executescript(_SCHEMA)
        (self._count,) = self._database.execute("SELECT count(*) FROM span").fetchone()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def add(self, spans: Sequence[Span], now: int) -> None:
        """Keep spans; one that is there already stays as it is.

        ``now`` is in nanoseconds since the epoch; traces make room by when they were last added to.
        """
        with self._writing() as database:
            for span in spans:
                self._count += self._add(database, span, now)
            if self._count > self._most:
                self._make_room(database)

    def _add(self, database: sqlite3.Connection, span: Span, now: int) -> int:
        body = json.dumps(
            {"message": span.message, "attributes": span.attributes, "links": span.links}
        )
        row = (
            *(span.trace_id, span.span_id, span.parent_id, span.service, span.name, span.kind),
            *(span.started, span.ended, int(span.error), body),
        )
        cursor = database.execute(
            "INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
        )
        if cursor.rowcount == 0:
            return 0
        times = {"started": span.started, "ended": span.ended, "seen": now}
        database.execute(_ADD, {"trace_id": span.trace_id, "error": int(span.error), **times})
        if span.upload_id:
            database.execute(
                "INSERT OR IGNORE INTO upload VALUES (?, ?)", (span.upload_id, span.trace_id)
            )
        return 1

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Forget whole traces until a tenth of the room is free."""
        others = database.execute(_OLDEST.format(kind="NOT IN")).fetchall()
        left = sum(spans for _, spans in others)
        for trace_id, spans in others:
            if left <= self._most * _OTHERS:
                break
            left -= spans
            self._forget(database, trace_id, spans)
        for trace_id, spans in database.execute(_OLDEST.format(kind="IN")).fetchall():
            if self._count <= self._most * _KEEP_AFTER_ROOM:
                break
            self._forget(database, trace_id, spans)

    def _forget(self, database: sqlite3.Connection, trace_id: str, spans: int) -> None:
        for table in ("span", "upload", "trace"):
            database.execute(f"DELETE FROM {table} WHERE trace_id = ?", (trace_id,))  # noqa: S608 -- our own names
        self._count -= spans

    def traces(self, query: TraceQuery) -> list[dict[str, Any]]:
        """Return the traces asked for, the latest first, with what a list shows of each."""
        conditions = ["1"]
        if query.upload or query.uploads_only:
            conditions.append(_OF_UPLOAD)
        if query.service:
            conditions.append(_BY_SERVICE)
        if query.failed:
            conditions.append("errors > 0")
        conditions.append("ended - started >= :shortest")
        values = {
            "upload": query.upload,
            "length": len(query.upload),
            "service": query.service,
            "shortest": round(query.shortest * 1e9),
            "limit": query.limit,
        }
        with self._lock:
            rows = self._database.execute(
                _LIST.format(conditions=" AND ".join(conditions)), values
            ).fetchall()
        return [
            dict(row)
            | {name: sorted(filter(None, (row[name] or "").split(","))) for name in _LISTS}
            for row in rows
        ]

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """Return a trace's spans by their beginning; none for an unknown trace."""
        with self._lock:
            rows = self._database.execute(
                "SELECT * FROM span WHERE trace_id = ? ORDER BY started, ended DESC", (trace_id,)
            ).fetchall()
        found = []
        for row in rows:
            shown = dict(row) | json.loads(row["body"])
            del shown["body"]
            found.append(shown | {"error": bool(row["error"])})
        return found

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                (self._count,) = self._database.execute("SELECT count(*) FROM span").fetchone()
                raise
            self._database.execute("COMMIT")
