"""The api's sweep over uploads: it finishes or undoes what a web process could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from mentor_api.uploads.accept import publish, task_list
from mentor_api.uploads.cancel import announce
from mentor_common.errors import DependencyDownError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry import tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.uploads.gateway import Gateway
    from mentor_common.clock import Clock
    from mentor_common.events import Topic
    from mentor_common.jobs import Intake, Job, Reader

_log = get_logger(__name__)
_sweeping = Sweeping("an upload cannot be swept")


@dataclass(frozen=True)
class Sweep:
    """Repairs every upload whose due time has come. Safe in any number of replicas."""

    intake: Intake
    reader: Reader
    topic: Topic
    gateway: Gateway
    clock: Clock

    def run(self) -> None:
        """Repair what is due."""
        _sweeping.each(
            self.intake.due(),
            self._repair_traced,
            self.intake.set_aside,
            lambda upload: {"upload_id": upload},
        )

    def _repair_traced(self, upload_id: str) -> None:
        job = self.reader.upload(upload_id).job
        if job is not None:
            bind_contextvars(mentor=job.mentor, question=job.question)
            with tracing.upload_span("repair", job.traceparent, job.upload_id):
                self._repair(job)

    def _repair(self, job: Job) -> None:
        cancel = self.reader.upload(job.upload_id).cancel
        if cancel is not None and not cancel.said:
            announce(self.topic, self.intake, job, cancel)
        if job.status == "PREPARING":
            if job.prepared_at + PREPARING_SECONDS <= self.clock.now():
                self._abort(job)
        elif job.status == "ACCEPTED" and (not job.published or not self._is_noticed(job)):
            _log.warning("announcing an upload again")
            publish(self.topic, self.intake, job)
        elif job.status == "ACCEPTED":
            self.intake.mark_claimed(job)

    def _is_noticed(self, job: Job) -> bool:
        """Return whether each worker and the notifier have shown that they know of the upload."""
        if self.reader.validity(job.upload_id, job.answer) != "current":
            return True
        upload = self.reader.upload(job.upload_id)
        if upload.outcomes:
            return True
        answer_state = self.reader.answer_state(job.answer)
        notified = answer_state is not None and job.upload_id in answer_state.open
        transcribed = upload.transcribe is not None or not job.needs_transcriber
        return notified and transcribed and upload.transcode is not None

    def _abort(self, job: Job) -> None:
        """Abort a preparation whose web process died; show FAILED on what it left behind.

        Not where an older upload goes on: the notifier shows that one again, and FAILED would be
        taken for its.
        """
        current = self.reader.current(job.answer)
        mine = current is not None and current.upload_id == job.upload_id
        if mine and self.reader.displaced(job) is None:
            try:
                self.gateway.fail_task(job, task_list(job))
            except (DependencyDownError, GraphQLRefusedError) as error:
                _log.warning("document left behind", error=str(error))
                return
        if self.intake.abort(job):
            _log.warning("preparation aborted")
