"""The end of AWS Transcribe's jobs: by their event, or by the sweep when that never comes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from structlog.contextvars import bind_contextvars

from mentor_common.aws.clients import outages_of
from mentor_common.aws.storage import ObjectMissingError
from mentor_common.failpoints import effect
from mentor_common.jobs import KINDS, accepted_event, work_request
from mentor_common.jobs.lease import LeaseLostError
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry import tracing
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.result import changes_at_end
from mentor_common.work.upload_work import ended_event
from mentor_transcriber.engines.aws import recognition_of
from mentor_transcriber.handlers import output_key
from mentor_transcriber.speech import transcript_of

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.consumer import Delivery
    from mentor_common.events import Event, Topic, TranscriptionChanged, UploadData
    from mentor_common.jobs import Job, Reader, Task
    from mentor_common.work.parked import ParkedTasks
    from mentor_transcriber.engines.aws import TranscribeJobs
    from mentor_transcriber.handlers import Workspace

_log = get_logger(__name__)
_sweeping = Sweeping("a parked task cannot be reconciled")
_PUBLISH_AGAIN_S: Final = 60.0
_SEND_AGAIN_S: Final = 900.0
_RETRY_BASE_S: Final = 30.0
_KIND: Final = "transcribe"


@dataclass(frozen=True)
class RequestQueue:
    """The worker's own queue, to which an upload's request is sent again."""

    sqs: Any
    name: str

    def send(self, event: Event) -> None:
        """Send; a second one is harmless."""
        with effect("sqs.send"), outages_of("sqs"):
            url = self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
            self.sqs.send_message(
                QueueUrl=url, MessageBody=event.to_json(), MessageGroupId=event.data.mentor
            )


@dataclass(frozen=True)
class TranscriptionReconciler:
    """Brings tasks that wait for a job, and what follows from its end, up to date.

    It is the same whether an event or the sweep asks for it, and may be repeated: one conditional
    write decides, and what follows from it is repeated until it is settled. ``check_seconds`` is
    the pause between two questions about a job that runs.
    """

    workspace: Workspace
    output_bucket: str
    jobs: TranscribeJobs
    parked: ParkedTasks
    reader: Reader
    topic: Topic
    clock: Clock
    queue: RequestQueue
    check_seconds: float = 60.0

    async def __call__(self, delivery: Delivery) -> None:
        """Handle the end of a job; of one that no task waits for nothing is changed."""
        changed = cast("TranscriptionChanged", delivery.event.data)
        await asyncio.to_thread(self.reconcile, changed.upload_id, changed.job)

    def sweep(self) -> None:
        """Reconcile all that is due; one that fails does not keep the others waiting."""
        _sweeping.each(
            self.parked.due(),
            self.reconcile,
            self.parked.set_aside,
            lambda upload: {"upload_id": upload},
        )

    def reconcile(self, upload_id: str, job: str | None = None) -> None:
        """Do what is due for an upload's task; binds it to the log context.

        ``job`` is the one that an event is about; ``None`` for whichever the task knows.
        """
        task = self.parked.read(upload_id)
        upload = self.reader.upload(upload_id).job
        if task is None or upload is None or (job is not None and task.job != job):
            _log.info("no task waits for this job", upload_id=upload_id, job=job)
            return
        bind_contextvars(
            upload_id=upload_id,
            mentor=upload.mentor,
            question=upload.question,
            task=_KIND,
            attempt=task.attempt,
        )
        with tracing.upload_span("reconcile a transcription job", upload.traceparent, upload_id):
            self._advance(upload_id, upload, task)

    def _advance(self, upload_id: str, upload: Job, task: Task) -> None:
        if self.reader.validity(upload_id, upload.answer) in {"superseded", "cancelled"}:
            self.parked.settle(upload_id, task)
        elif task.terminal:
            self._publish(upload, task)
        elif task.status == "WAITING":
            self._check_job(upload, task)
        elif task.lease_until <= self.clock.now():
            self.queue.send(work_request(upload, _KIND))
            self.parked.postpone(upload_id, task, self.clock.now() + _SEND_AGAIN_S)

    def _check_job(self, upload: Job, task: Task) -> None:
        now = self.clock.now()
        state = self.jobs.state(task.job or "")
        if state.status == "completed":
            self._finish(upload, task)
        elif state.status == "running" and now < task.lease_until:
            self.parked.postpone(upload.upload_id, task, now + self.check_seconds)
        else:
            why = state.reason or "it did not end in time"
            _log.warning("transcription job failed", job=task.job, why=why, starts=task.starts)
            # The next start counts the attempts, and fails the task when they are used up.
            pause = random.uniform(0.5, 1) * _RETRY_BASE_S * 2**task.starts  # noqa: S311 -- jitter
            self.parked.release(upload.upload_id, task, now + pause)

    def _finish(self, upload: Job, task: Task) -> None:
        try:
            document = self.workspace.storage.get_text(
                self.output_bucket, output_key(task.job or "")
            )
        except ObjectMissingError:
            _log.warning("transcript is missing", job=task.job)
            self.parked.release(upload.upload_id, task, self.clock.now() + _RETRY_BASE_S)
            return
        transcript = transcript_of(
            recognition_of(document),
            str(task.facts["engine"]),
            self.jobs.language,
            float(task.facts["duration_s"]),
        )
        done = self.workspace.store(transcript, str(task.facts["prefix"]))
        changes = changes_at_end(KINDS[_KIND].sub_tasks, done)
        try:
            ended = self.parked.finish(
                upload.upload_id, task, changes, self.clock.now() + _PUBLISH_AGAIN_S
            )
        except LeaseLostError:
            return  # Another process was faster, and publishes it.
        self._publish(upload, ended)

    def _publish(self, upload: Job, task: Task) -> None:
        about = cast("UploadData", accepted_event(upload).data)
        at = task.finished_at or self.clock.now()
        self.topic.publish(ended_event(_KIND, about, task, at))
        self.parked.settle(upload.upload_id, task)
