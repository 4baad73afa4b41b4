"""Uploads of all mentors: found by state, mentor and age, and one of them in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.console.history import history
from mentor_api.console.models import NO_UPLOAD, Row, UploadDetails, UploadRows, Work
from mentor_api.http.problems import bad_request, not_found
from mentor_common.errors import UnreadableItemError
from mentor_common.explain import why_not_ready
from mentor_common.jobs import (
    KINDS,
    UNREADABLE,
    DayIndex,
    Upload,
    answer_shows,
    is_over,
    state,
)
from mentor_common.jobs.model import upload_pk
from mentor_common.operating.history import last_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_api.console.models import UploadSearchQuery
    from mentor_common.aws.table import Item
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.jobs import Job, Reader, Table

_MOST_READ = 300
"""At most so many uploads are read for one page: a rare state is looked for page by page."""
_CURSOR = re.compile(r"([0-9]{1,11}(?:\.[0-9]{1,6})?)~([0-9a-f-]{36})")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_PREFIX = "UPLOAD#"


@dataclass(frozen=True)
class Uploads:
    """Reads of uploads, for operators.

    ``trace_url`` has ``{trace_id}`` in it; it is ``None`` where traces are not shown.
    """

    table: Table
    reader: Reader
    clock: Clock
    backlog: Backlog
    trace_url: str | None

    def page(self, search: UploadSearchQuery) -> UploadRows:
        """Return the uploads that are looked for, the latest first."""
        rows: list[Row] = []
        for read, (upload_id, at) in enumerate(self._found(search), start=1):
            rows += self._rows(upload_id, at, search.state)
            if len(rows) == search.limit or read == _MOST_READ:
                return UploadRows(uploads=rows, cursor=f"{at:.6f}~{upload_id}")
        return UploadRows(uploads=rows, cursor=None)

    def _found(self, search: UploadSearchQuery) -> Iterator[tuple[str, float]]:
        """Yield id and time of uploads, the latest first, from the right index."""
        now = self.clock.now()
        since = now - search.within_hours * 3600
        until = now - search.older_than_minutes * 60
        after = _after(search.cursor)
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
        start: Item | None = None
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

    def _rows(self, upload_id: str, at: float, sought: str) -> list[Row]:
        """Return the row of an upload; none where there is none, or it is not looked for."""
        try:
            upload = self.reader.upload(upload_id)
            if upload.job is None or not _fits(upload, sought):
                return []
            return [self._row(upload, upload.job)]
        except UnreadableItemError as error:
            return [_unreadable_row(upload_id, at, error)] if sought in {"ALL", "ACTIVE"} else []

    def _row(self, upload: Upload, job: Job) -> Row:
        tasks = [task for kind in KINDS if (task := upload.task(kind))]
        return Row(
            upload=upload.upload_id,
            state=state(upload),
            mentor=job.mentor,
            question=job.question,
            came_at=job.prepared_at,
            ended_at=upload.outcome.said_at if upload.outcome else None,
            why=why_not_ready(upload, self.clock.now(), self.backlog),
            attempt=max((task.attempt for task in tasks), default=1),
        )

    def one(self, upload_id: str) -> UploadDetails:
        """Return everything about an upload.

        Raises
        ------
        Problem
            404.
        """
        upload = self.reader.upload(upload_id)
        job = upload.job
        if job is None:
            raise not_found(NO_UPLOAD)
        validity = self.reader.validity(upload_id, job.answer)
        answer_state = self.reader.answer_state(job.answer)
        tasks = {kind: task for kind in KINDS if (task := upload.task(kind))}
        failed = any(task.status == "FAILED" for task in tasks.values())
        trace_id = _trace_id(job)
        return UploadDetails(
            upload=upload_id,
            state=state(upload),
            standing=validity,
            mentor=job.mentor,
            question=job.question,
            user=job.user,
            came_at=job.prepared_at,
            transcription=job.transcription,
            published=job.published,
            live=answer_shows(upload_id, answer_state),
            why=why_not_ready(upload, self.clock.now(), self.backlog, validity),
            last_error=last_error(upload),
            looked_at_next=answer_state.due_at if answer_state else None,
            tasks=[Work.of(kind, task) for kind, task in tasks.items()],
            story=history(upload),
            trace_id=trace_id,
            trace_url=self.trace_url.replace("{trace_id}", trace_id)
            if self.trace_url and trace_id
            else None,
            may_retry=failed and validity == "current",
            may_cancel=job.status == "ACCEPTED" and not (upload.cancel or upload.outcome),
        )


def _unreadable_row(upload_id: str, at: float, error: UnreadableItemError) -> Row:
    return Row(
        upload=upload_id,
        state=UNREADABLE,
        mentor=None,
        question=None,
        came_at=at,
        ended_at=None,
        why=f"{error.sk} cannot be read ({error.problem}): mentor-ops jobs show {upload_id}",
        attempt=None,
    )


def _trace_id(job: Job) -> str | None:
    match = _TRACEPARENT.fullmatch(job.traceparent or "")
    return match.group(1) if match else None


def _fits(upload: Upload, sought: str) -> bool:
    if sought == "ALL":
        return True
    return not is_over(upload) if sought == "ACTIVE" else state(upload) == sought


def _after(cursor: str | None) -> tuple[str, float] | None:
    """Return id and time of the last upload of the page before."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_request("cursor must be one that this route answered; begin anew")
    return match.group(2), float(match.group(1))
