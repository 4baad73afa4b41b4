"""The api's sweep: finishes or undoes what a web process could not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_api import graphql_documents
from mentor_api.uploads.accept import publish, task_list
from mentor_api.uploads.cancel import announce
from mentor_common.errors import DependencyDownError
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import Intake, Job, Reader, task_id_of
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry import tracing
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.events import Topic

_log = get_logger(__name__)
_sweeping = Sweeping("an upload cannot be swept")


class Sweep:
    """Looks at every upload whose due time has come. Safe in any number of replicas.

    Parameters
    ----------
    intake, reader
        The jobs table.
    topic
        Where accepted uploads are announced.
    graphql
        To show FAILED on a document that an aborted preparation left behind.
    clock
        Tells what is overdue.
    """

    def __init__(
        self,
        intake: Intake,
        reader: Reader,
        topic: Topic,
        graphql: GraphQLClient,
        clock: Clock,
    ) -> None:
        self._intake = intake
        self._reader = reader
        self._topic = topic
        self._graphql = graphql
        self._clock = clock

    def run(self) -> None:
        """Repair what is due."""
        _sweeping.each(self._intake.due(), self._look, _names)

    def _look(self, stale: Job) -> None:
        job = self._reader.upload(stale.upload_id).job
        if job is not None:
            with tracing.upload_span("repair", job.traceparent, job.upload_id):
                self._repair(job)

    def _repair(self, job: Job) -> None:
        cancel = self._reader.upload(job.upload_id).cancel
        if cancel is not None and not cancel.said:
            announce(self._topic, self._intake, job, cancel)
        if job.status == "PREPARING":
            if job.prepared_at + PREPARING_SECONDS <= self._clock.now():
                self._abort(job)
        elif job.status == "ACCEPTED" and (not job.published or not self._heard(job)):
            _log.warning("announcing an upload again")
            publish(self._topic, self._intake, job)
        elif job.status == "ACCEPTED":
            self._intake.mark_claimed(job)

    def _heard(self, job: Job) -> bool:
        """Tell whether everybody who has to know of the upload has shown that they do."""
        if self._reader.standing(job.upload_id, job.answer) != "current":
            return True
        upload = self._reader.upload(job.upload_id)
        if upload.outcomes:
            return True
        notify = self._reader.notify(job.answer)
        told = notify is not None and job.upload_id in notify.open
        transcribed = upload.transcribe is not None or not job.needs_transcriber
        return told and transcribed and upload.transcode is not None

    def _abort(self, job: Job) -> None:
        """Abort a preparation whose web process died; show FAILED on what it left behind.

        Not where an older upload goes on: the notifier shows that one again, and FAILED would be
        taken for its.
        """
        current = self._reader.current(job.answer)
        mine = current is not None and current.upload_id == job.upload_id
        if mine and self._reader.displaced(job) is None:
            try:
                self._fail_document(job)
            except (DependencyDownError, GraphQLRefusedError) as error:
                _log.warning("document left behind", error=str(error))
                return
        if self._intake.abort(job):
            _log.warning("preparation aborted")

    def _fail_document(self, job: Job) -> None:
        key: dict[str, Any] = {"mentor": job.mentor, "question": job.question}
        document = (
            self._graphql.as_service(graphql_documents.READ_TASK, key).get("uploadTask") or {}
        )
        web = (document.get("transcodeWebTask") or {}).get("task_id")
        if web != task_id_of(job.upload_id, "transcoding-web"):
            return
        failed = {**task_list(job)[0], "status": "FAILED"}
        self._graphql.as_service(
            graphql_documents.FAIL_TASK, {**key, "status": {"transcodeWebTask": failed}}
        )


def _names(job: Job) -> dict[str, str]:
    return {"upload_id": job.upload_id, "mentor": job.mentor, "question": job.question}
