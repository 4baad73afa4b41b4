"""Uploads of all mentors: found by what an operator knows, their errors, and one in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.console import page_cursors
from mentor_api.console.history import history
from mentor_api.console.models import (
    NO_UPLOAD,
    Row,
    UploadDetails,
    UploadErrorGroup,
    UploadErrors,
    UploadRows,
    Work,
)
from mentor_api.console.page_cursors import Total
from mentor_api.console.selection import upload_search
from mentor_api.http.problems import not_found
from mentor_common.errors import UnreadableItemError
from mentor_common.explain import why_not_ready
from mentor_common.jobs import KINDS, UNREADABLE, Upload, answer_shows, state
from mentor_common.operating.error_pattern import error_pattern
from mentor_common.operating.history import last_error
from mentor_common.operating.search import group_by_error

if TYPE_CHECKING:
    from mentor_api.console.models import UploadErrorsQuery, UploadSearchQuery
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.jobs import Job, Reader
    from mentor_common.operating.search import Match, Place, UploadFinder

_MOST_READ = 5000
_MOST_GROUPS = 100
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Uploads:
    """Reads of uploads, for operators.

    ``trace_url`` has ``{trace_id}`` in it; it is ``None`` where traces are not shown.
    """

    finder: UploadFinder
    reader: Reader
    clock: Clock
    backlog: Backlog
    trace_url: str | None

    def page(self, query: UploadSearchQuery) -> UploadRows:
        """Return a page of the uploads that are looked for, the latest first.

        Raises
        ------
        Problem
            400 for a cursor of another form.
        """
        sought = upload_search(query.state, query, self.clock.now())
        if query.cursor is None:
            found = self.finder.find(sought)
            total = Total(len(found.matches), found.is_lower_bound)
            shown = found.first(query.limit)
        else:
            after, total = page_cursors.decode(query.cursor)
            shown = self.finder.page(sought, query.limit, after)
        return UploadRows(
            uploads=[self._row(match) for match in self.finder.read(shown.matches)],
            cursor=None if shown.end is None else page_cursors.encode(shown.end, total),
            total=total.number,
            total_is_lower_bound=total.is_lower_bound,
        )

    def errors(self, query: UploadErrorsQuery) -> UploadErrors:
        """Return the errors of the uploads that are looked for, the most frequent first."""
        found = self.finder.find(upload_search(query.state, query, self.clock.now()))
        groups = group_by_error(self.finder.read(found.matches[:_MOST_READ]))
        return UploadErrors(
            groups=[
                UploadErrorGroup(
                    error_pattern=group.pattern,
                    uploads=group.uploads,
                    example=group.example,
                    latest=group.latest.upload_id,
                    latest_came_at=group.latest.at,
                )
                for group in groups[:_MOST_GROUPS]
            ],
            total=len(found.matches),
            total_is_lower_bound=found.is_lower_bound or len(found.matches) > _MOST_READ,
        )

    def _row(self, match: Match) -> Row:
        upload_id, item = match.place.upload_id, match.item
        if not isinstance(item, Upload) or item.job is None:
            return _unreadable_row(match.place, item)
        job, error = item.job, last_error(item)
        tasks = [task for kind in KINDS if (task := item.task(kind))]
        return Row(
            upload=upload_id,
            state=state(item),
            mentor=job.mentor,
            question=job.question,
            came_at=job.prepared_at,
            ended_at=item.outcome.said_at if item.outcome else None,
            why=why_not_ready(item, self.clock.now(), self.backlog),
            attempt=max((task.attempt for task in tasks), default=1),
            error=error,
            error_pattern=None if error is None else error_pattern(error),
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


def _unreadable_row(place: Place, error: object) -> Row:
    why = f"it cannot be read: mentor-ops jobs show {place.upload_id}"
    if isinstance(error, UnreadableItemError):
        why = f"{error.sk} cannot be read ({error.problem}): mentor-ops jobs show {place.upload_id}"
    return Row(
        upload=place.upload_id,
        state=UNREADABLE,
        mentor=None,
        question=None,
        came_at=place.at,
        ended_at=None,
        why=why,
        attempt=None,
        error=None,
        error_pattern=None,
    )


def _trace_id(job: Job) -> str | None:
    match = _TRACEPARENT.fullmatch(job.traceparent or "")
    return match.group(1) if match else None
