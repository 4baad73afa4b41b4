"""Cancelling an upload: the item CANCEL is written, then announced."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import NO_UPLOAD, Problem, not_found
from mentor_common.errors import DependencyDownError
from mentor_common.events import Event, UploadCancelled
from mentor_common.jobs import task_id_of
from mentor_common.telemetry import metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.events import Topic
    from mentor_common.jobs import AnswerKey, Cancel, Intake, Job, Reader, Upload

_log = get_logger(__name__)
_NONE_OF_ANSWER = "there is no upload of this answer"


@dataclass(frozen=True)
class Canceller:
    """Cancels uploads for mentors, by answer or by id, and for operators."""

    permissions: Permissions
    intake: Intake
    reader: Reader
    topic: Topic

    def cancel_answer(
        self, caller: Caller, answer: AnswerKey, tasks: AbstractSet[str] = frozenset()
    ) -> Upload:
        """Cancel the newest upload of an answer; see :meth:`cancel`.

        Parameters
        ----------
        tasks
            Ids of tasks of the upload that is meant; empty for any upload.
        """
        self.permissions.edit_answer(caller, answer)
        current = self.reader.current(answer)
        if current is None:
            raise not_found(_NONE_OF_ANSWER)
        upload, job = self._known(current.upload_id, _NONE_OF_ANSWER)
        if tasks and tasks.isdisjoint(task_id_of(job.upload_id, name) for name in job.sub_tasks):
            raise not_found(_NONE_OF_ANSWER)
        return self._cancel(caller.user, upload, job)

    def cancel(self, caller: Caller, upload_id: str) -> Upload:
        """Cancel an upload; again is the same. Its tasks stop within a heartbeat.

        Raises
        ------
        Problem
            403, 404, or 409 for one that has ended otherwise.
        """
        upload, job = self._known(upload_id, NO_UPLOAD)
        self.permissions.edit_mentor(caller, job.mentor)
        return self._cancel(caller.user, upload, job)

    def cancel_for(self, who: str, upload_id: str) -> Upload:
        """Cancel an upload for a user who may cancel all; see :meth:`cancel`."""
        return self._cancel(who, *self._known(upload_id, NO_UPLOAD))

    def _known(self, upload_id: str, unknown: str) -> tuple[Upload, Job]:
        upload = self.reader.upload(upload_id)
        if upload.job is None:
            raise not_found(unknown)
        return upload, upload.job

    def _cancel(self, who: str, upload: Upload, job: Job) -> Upload:
        if upload.cancel is None and self._has_ended(upload, job):
            raise Problem(
                HTTPStatus.CONFLICT, "This upload has ended; there is nothing left to cancel."
            )
        cancel = self.intake.cancel(job, who)
        if not cancel.said:
            announce(self.topic, self.intake, job, cancel)
        metrics.UPLOADS_CANCELLED.inc()
        _log.info("upload cancelled", upload_id=job.upload_id, mentor=job.mentor)
        return self.reader.upload(job.upload_id)

    def _has_ended(self, upload: Upload, job: Job) -> bool:
        if job.status == "ABORTED" or upload.outcome is not None:
            return True
        return self.reader.validity(upload.upload_id, job.answer) == "superseded"


def announce(topic: Topic, intake: Intake, job: Job, cancel: Cancel) -> None:
    """Announce that an upload was cancelled; in an outage the sweep does it later."""
    data = UploadCancelled(
        upload_id=job.upload_id,
        mentor=job.mentor,
        question=job.question,
        cancelled_by=cancel.by,
    )
    try:
        topic.publish(Event.of(data, service="api", step="", at=cancel.at))
        intake.mark_cancel_published(job)
    except DependencyDownError as error:
        _log.warning("cancel not announced yet", error=str(error), upload_id=job.upload_id)
