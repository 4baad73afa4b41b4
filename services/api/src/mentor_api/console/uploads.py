"""Uploads of all mentors: found by state, mentor and age, and one of them told in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_api.console.story import story
from mentor_api.http.problems import bad_request, not_found
from mentor_common.explain import why
from mentor_common.jobs import DayIndex, Upload, is_over, state
from mentor_common.jobs.model import upload_pk
from mentor_common.operating.history import describe, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.jobs import Job, Reader, Table

_MOST_READ = 300
"""At most so many uploads are read for one page: a rare state is looked for page by page."""
_CURSOR = re.compile(r"([0-9]{1,11}(?:\.[0-9]{1,6})?)~([0-9a-f-]{36})")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_PREFIX = "UPLOAD#"
ACTIVE, ALL = "ACTIVE", "ALL"


@dataclass(frozen=True)
class Search:
    """Which uploads are looked for.

    Parameters
    ----------
    state
        One of :data:`mentor_common.jobs.state.State`, :data:`ACTIVE` or :data:`ALL`.
    mentor
        Only this mentor's.
    within_hours
        Not older than that.
    older_than_minutes
        Older than that.
    limit
        At most so many.
    cursor
        Where a former page ended.
    """

    state: str
    mentor: str | None
    within_hours: float
    older_than_minutes: float
    limit: int
    cursor: str | None


@dataclass(frozen=True)
class Uploads:
    """Reads of uploads, for operators.

    Parameters
    ----------
    table, reader, clock, backlog
        The jobs table, the time, and who waits.
    trace_url
        Of a trace, with ``{trace_id}`` in it; ``None`` where traces are not shown.
    """

    table: Table
    reader: Reader
    clock: Clock
    backlog: Backlog
    trace_url: str | None

    def page(self, search: Search) -> dict[str, Any]:
        """Return ``{"uploads": rows, "cursor": where the next page begins or null}``."""
        rows: list[dict[str, Any]] = []
        for read, (upload_id, at) in enumerate(self._found(search), start=1):
            upload = self.reader.upload(upload_id)
            if upload.job is not None and _fits(upload, search.state):
                rows.append(self._row(upload, upload.job))
            if len(rows) == search.limit or read == _MOST_READ:
                return {"uploads": rows, "cursor": f"{at:.6f}~{upload_id}"}
        return {"uploads": rows, "cursor": None}

    def _found(self, search: Search) -> Iterator[tuple[str, float]]:
        """Yield id and time of uploads, the latest first, from the right index."""
        now = self.clock.now()
        since = now - search.within_hours * 3600
        until = now - search.older_than_minutes * 60
        after = _place(search.cursor)
        if search.mentor is not None:
            yield from self._of_mentor(search.mentor, since, until, after)
            return
        if after is not None:
            until = min(until, after[1])
        for item in DayIndex(self.table).between("JOB", since, until):
            upload_id = item["pk"].removeprefix(_PREFIX)
            if after is None or upload_id != after[0]:
                yield upload_id, item["day_at"]

    def _of_mentor(
        self, mentor: str, since: float, until: float, after: tuple[str, float] | None
    ) -> Iterator[tuple[str, float]]:
        start = None
        if after is not None:
            start = {
                "pk": upload_pk(after[0]),
                "sk": "JOB",
                "mentor": mentor,
                "prepared_at": after[1],
            }
        while True:
            keys, start = self.table.of_mentor(mentor, 50, start)
            for key in keys:
                if key["prepared_at"] < since:
                    return
                if key["sk"] == "JOB" and key["prepared_at"] <= until:
                    yield key["pk"].removeprefix(_PREFIX), key["prepared_at"]
            if start is None:
                return

    def _row(self, upload: Upload, job: Job) -> dict[str, Any]:
        outcome = upload.outcome
        return {
            "upload": upload.upload_id,
            "state": state(upload),
            "mentor": job.mentor,
            "question": job.question,
            "came_at": iso(job.prepared_at),
            "ended_at": iso(outcome.said_at) if outcome else None,
            "why": why(upload, self.clock.now(), self.backlog),
            "attempt": max([t.attempt for t in (upload.transcode, upload.transcribe) if t] or [1]),
        }

    def one(self, upload_id: str) -> dict[str, Any]:
        """Return everything about an upload.

        Raises
        ------
        Problem
            404.
        """
        upload = self.reader.upload(upload_id)
        job = upload.job
        if job is None:
            raise not_found("there is no upload with this id; the list shows those there are")
        told = describe(upload, self.reader)
        return {
            **{name: told[name] for name in _TOLD},
            "why": why(upload, self.clock.now(), self.backlog, told["standing"]),
            "came_at": iso(job.prepared_at),
            "user": job.user,
            "tasks": [task | {"task": kind} for kind, task in told["tasks"].items() if task],
            "story": [one | {"at": iso(one["at"])} for one in story(upload)],
            "may_retry": _may_retry(upload, told["standing"]),
            "may_cancel": job.status == "ACCEPTED" and not is_ended(upload),
            **self._trace(job),
        }

    def _trace(self, job: Job) -> dict[str, str | None]:
        match = _TRACEPARENT.fullmatch(job.traceparent or "")
        trace_id = match.group(1) if match else None
        url = None
        if trace_id and self.trace_url:
            url = self.trace_url.replace("{trace_id}", trace_id)
        return {"trace_id": trace_id, "trace_url": url}


_TOLD = (
    "upload",
    "state",
    "standing",
    "mentor",
    "question",
    "transcription",
    "published",
    "last_error",
    "live",
    "looked_at_next",
)


def is_ended(upload: Upload) -> bool:
    """Tell whether there is nothing left to cancel."""
    return upload.cancel is not None or upload.outcome is not None


def _may_retry(upload: Upload, standing: str) -> bool:
    tasks = (upload.transcode, upload.transcribe)
    return standing == "current" and any(task and task.status == "FAILED" for task in tasks)


def _fits(upload: Upload, wanted: str) -> bool:
    if wanted == ALL:
        return True
    return not is_over(upload) if wanted == ACTIVE else state(upload) == wanted


def _place(cursor: str | None) -> tuple[str, float] | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_request("cursor must be one that this route answered; begin anew")
    return match.group(2), float(match.group(1))
