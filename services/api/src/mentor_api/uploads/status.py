"""Status documents of uploads: every task, in words that a mentor understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from mentor_api.http.problems import NO_UPLOAD, not_found
from mentor_api.uploads import cursors
from mentor_api.uploads.models import Recognised, UploadPage, UploadStatus, UploadTask
from mentor_api.uploads.retry import helped_by_retry
from mentor_common.explain import Reason, why_not_ready, why_task_waits
from mentor_common.jobs import ALIGNMENT, STALLED, answer_shows, kind_of, state, task_id_of
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.aws.table import Item
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.jobs import AnswerState, Job, Outcome, Reader, Task, Upload

_DONE = 100
_LOOKED_AT = 1000
"""Uploads of which the newest are chosen at once: some seventy calls of DynamoDB at the most."""
_IDLE = Reason.of("idle", "an idle clip has nothing to transcribe")
_CANCELLED = Reason.of("cancelled", "cancelled")
_CODES_OF_OUTCOMES = frozenset({STALLED, "cancelled", "superseded"})
"""Their reasons have no values."""
_TERMINAL = frozenset({"DONE", "FAILED"})


@dataclass(frozen=True)
class Statuses:
    """Reads uploads for who may see them, as status documents."""

    permissions: Permissions
    reader: Reader
    clock: Clock
    backlog: Backlog
    static_url_base: str

    def visible(self, caller: Caller, upload_id: str) -> Upload:
        """Return an upload that the caller may see: the sender may, without GraphQL.

        Raises
        ------
        Problem
            403, 404.
        """
        upload = self.reader.upload(upload_id)
        if upload.job is None:
            raise not_found(NO_UPLOAD)
        if upload.job.user != caller.user:
            self.permissions.edit_mentor(caller, upload.job.mentor)
        return upload

    def page(self, caller: Caller, mentor: str, limit: int, cursor: str | None) -> UploadPage:
        """Return a mentor's latest uploads from where ``cursor`` says.

        One that cannot be read is left out: operators see it.

        Raises
        ------
        Problem
            403, or 400 for what is no cursor.
        """
        self.permissions.edit_mentor(caller, mentor)
        ids, following = self.reader.latest(mentor, limit, cursors.decode(cursor, mentor))
        return self._page(ids, following)

    def newest(self, caller: Caller, mentor: str, cursor: str | None) -> UploadPage:
        """Return the newest upload of each of a mentor's answers; else as :meth:`page`."""
        self.permissions.edit_mentor(caller, mentor)
        after = cursors.decode(cursor, mentor)
        ids, following = self.reader.newest_of_mentor(mentor, _LOOKED_AT, after)
        return self._page(ids, following)

    def _page(self, upload_ids: Sequence[str], following: Item | None) -> UploadPage:
        shown = list(self._documents(upload_ids))
        return UploadPage(uploads=shown, cursor=cursors.encode(following) if following else None)

    def _documents(self, upload_ids: Sequence[str]) -> Iterator[UploadStatus]:
        """Yield the status documents of those uploads that there are and that can be read."""
        found = [(upload, job) for upload in self.reader.uploads(upload_ids) if (job := upload.job)]
        ended = {job.answer for upload, job in found if upload.outcomes}
        states = self.reader.answer_states(sorted(ended))
        for upload, job in found:
            if job.answer not in ended or job.answer in states:
                yield self._document(upload, job, states.get(job.answer))

    def of(self, upload: Upload) -> UploadStatus:
        """Return the status document of an upload; 404 where there is no such upload."""
        if upload.job is None:
            raise not_found(NO_UPLOAD)
        bind_contextvars(
            upload_id=upload.upload_id, mentor=upload.job.mentor, question=upload.job.question
        )
        # An answer is changed after the outcome is recorded, so what is polled most needs one read.
        answer_state = self.reader.answer_state(upload.job.answer) if upload.outcomes else None
        return self._document(upload, upload.job, answer_state)

    def _document(self, upload: Upload, job: Job, answer_state: AnswerState | None) -> UploadStatus:
        outcome = None if upload.retries_requested else upload.outcome
        units = [task for task in (upload.transcode, upload.transcribe) if task]
        results = {name: key for task in units for name, key in task.results.items()}
        base = self.static_url_base
        return UploadStatus(
            upload_id=upload.upload_id,
            mentor=job.mentor,
            question=job.question,
            state=state(upload),
            **_reason_fields(_reason(upload, outcome)),
            can_retry=bool(helped_by_retry(upload)),
            why=why_not_ready(upload, self.clock.now(), self.backlog),
            live=answer_shows(upload.upload_id, answer_state),
            tasks=[self._task(name, upload, job) for name in job.sub_tasks],
            tool_runs=[run for task in units for run in task.tools],
            recognised=_recognised(upload.transcribe),
            web_rendition=upload.transcode.web_rendition if upload.transcode else None,
            urls={name: f"{base}{key}" for name, key in sorted(results.items())},
            accepted_at=iso(job.accepted_at, "auto"),
            finished_at=iso(outcome.said_at if outcome else None, "auto"),
        )

    def _task(self, name: str, upload: Upload, job: Job) -> UploadTask:
        task = upload.task(kind_of(name))
        status, percent, reason = self._progress(name, task, upload, job)
        return UploadTask(
            task_name=name,
            task_id=task_id_of(upload.upload_id, name),
            status=status,
            percent=percent,
            attempt=task.attempt if task else 1,
            **_reason_fields(reason),
        )

    def _progress(
        self, name: str, task: Task | None, upload: Upload, job: Job
    ) -> tuple[str, int, Reason | None]:
        """Return the status, percent and reason of a task of the answer's document."""
        if name == "transcribing" and job.transcription == "idle":
            return "DONE", _DONE, _IDLE
        kind = kind_of(name)
        status, percent = "QUEUED", 0
        if task is not None and kind not in upload.retries_requested:
            sub = task.sub_task(name)
            status, percent = sub.status, _DONE if sub.status == "DONE" else task.percent
            if status in _TERMINAL:
                return status, percent, Reason.stored(sub)
        if upload.cancel:
            return "CANCELLED", percent, _CANCELLED
        return status, percent, why_task_waits(kind, upload, job, self.clock.now(), self.backlog)


def _recognised(task: Task | None) -> Recognised | None:
    """Return how a transcript was made; ``None`` where none is, or a given one was aligned."""
    engine = task.engine if task and task.status == "DONE" else None
    if task is None or engine is None or engine == ALIGNMENT:
        return None
    return Recognised(engine=engine, model=task.model, language=task.language, draft=task.is_draft)


def _reason(upload: Upload, outcome: Outcome | None) -> Reason | None:
    """Return why an upload ended as it did: the reason of a task that failed, or of its outcome."""
    if outcome is None:
        return _CANCELLED if upload.cancel else None
    if outcome.reason is None:
        return None
    for task in (upload.transcode, upload.transcribe):
        for sub_task in task.names.values() if task else ():
            if sub_task.reason == outcome.reason:
                return Reason.stored(sub_task)
    return Reason(outcome.reason, outcome.code if outcome.code in _CODES_OF_OUTCOMES else None, {})


def _reason_fields(reason: Reason | None) -> dict[str, Any]:
    if reason is None:
        return {"reason": None}
    values = dict(reason.values)
    return {"reason": reason.text, "reason_code": reason.code, "reason_values": values}
