"""Another attempt of the tasks that failed, at the mentor's request."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import NO_UPLOAD, Problem, not_found
from mentor_common.jobs import EXHAUSTED
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.retry import retry
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Intake, Reader, Upload
    from mentor_common.operating.dead_letter_queue import DeadLetterQueues

_log = get_logger(__name__)
_ENDED = {
    "superseded": "A newer video of this answer has taken this one's place.",
    "cancelled": "This upload was cancelled. Send the video again if you want it after all.",
    "undecided": "A newer video of this answer is just being sent.",
}


@dataclass(frozen=True)
class Retrier:
    """Handling of ``POST /upload/{upload_id}/retry``."""

    permissions: Permissions
    intake: Intake
    reader: Reader
    queues: DeadLetterQueues

    def retry(self, caller: Caller, upload_id: str) -> Upload:
        """Ask for the next attempt of each failed task that may go better; again is the same.

        Raises
        ------
        Problem
            403, 404, or 409 saying why it would not help and what would.
        """
        upload = self.reader.upload(upload_id)
        job = upload.job
        if job is None:
            raise not_found(NO_UPLOAD)
        self.permissions.edit_mentor(caller, job.mentor)
        validity = self.reader.validity(upload_id, job.answer)
        kinds = helped_by_retry(upload)
        if validity != "current":
            raise Problem(HTTPStatus.CONFLICT, _ENDED[validity])
        if not kinds:
            raise Problem(HTTPStatus.CONFLICT, _why_not(upload))
        retried = self._retry(upload_id, kinds)
        # Sent first, recorded then: a record without a message would promise work that is not done.
        self.intake.mark_retried(job, {**job.retried, **retried})
        _log.info("retry asked for", upload_id=upload_id, mentor=job.mentor, tasks=list(retried))
        return self.reader.upload(upload_id)

    def _retry(self, upload_id: str, kinds: list[TaskKind]) -> dict[str, int]:
        """Open the next attempt of each task; return the attempts that had failed, by task."""
        failed: dict[str, int] = {}
        for kind in kinds:
            try:
                opened = retry(upload_id, kind, self.reader, self.queues)
            except RefusedError as error:  # another request was faster
                _log.info("retry overtaken", error=str(error), upload_id=upload_id)
                continue
            failed[kind] = opened[kind] - 1
        return failed


def helped_by_retry(upload: Upload) -> list[TaskKind]:
    """Return the failed tasks that another attempt may help.

    A task that was given up after all its starts is one; one that failed for what the video is
    would fail again, and while the video cannot be shown its captions do not matter.
    """
    kinds: tuple[TaskKind, ...] = ("transcode", "transcribe")
    failed = {
        kind: task.code
        for kind in kinds
        if (task := upload.task(kind)) is not None and task.status == "FAILED"
    }
    if upload.cancel is not None or failed.get("transcode", EXHAUSTED) != EXHAUSTED:
        return []
    return [kind for kind, code in failed.items() if code == EXHAUSTED]


def _why_not(upload: Upload) -> str:
    if upload.outcome is None:
        return "This upload is still being worked on; there is nothing to try again yet."
    if upload.outcome.kind == "ready":
        return "This upload is ready; there is nothing to try again."
    reason = upload.outcome.reason or "It failed for what the video is."
    return f"Trying again would not help. {reason}"
