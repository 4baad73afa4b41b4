"""What an operator has to mend on the stack beneath the page: failed uploads and dead letters."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from mentor_common.clock import SystemClock
from mentor_common.events import SourceObject
from mentor_common.jobs import EXHAUSTED, AnswerKey, Answers, Intake, Reader, Table, accepted_event
from mentor_common.jobs.model import upload_pk
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.accepting import accept
from mentor_local.graphql.seed import SEED_FOREIGN_MENTOR_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mentor_common.jobs import Job
    from mentor_local.running import RunningStack

DISK = "TransientError: [Errno 28] No space left on device"
RENDITIONS = ["transcoding-web", "transcoding-mobile"]
BUCKET = "mentor-upload-local-uploads-000000000000"
_BATCH = 10  # messages that SQS takes at once
_WRITES = 25  # items that DynamoDB takes at once


class StackItems:
    """The stack's queues and table, for making things that an operator has to mend."""

    def __init__(self, running: RunningStack, video: Path) -> None:
        self.running = running
        self.video = video
        self._database = running.client("dynamodb")
        self.table = Table("mentor-upload-local-jobs", "us-east-1", self._database)
        self.reader = Reader(self.table)
        self._copies: dict[str, list[Any]] = {}

    def bury(self, *bodies: str, service: str = "api", **attributes: str) -> None:
        """Put messages of the same attributes into a service's dead-letter queue."""
        sqs = self.running.client("sqs")
        url = sqs.get_queue_url(QueueName=f"mentor-upload-local-{service}-dlq")["QueueUrl"]
        typed = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        entries = [
            {"Id": str(number), "MessageBody": body, "MessageAttributes": typed}
            for number, body in enumerate(bodies)
        ]
        for start in range(0, len(entries), _BATCH):
            answer = sqs.send_message_batch(QueueUrl=url, Entries=entries[start : start + _BATCH])
            assert not answer.get("Failed")

    def fail(self, question: str, *, buried: bool, error: str = DISK) -> Job:
        """Accept an upload whose first attempt was given up, though its video is a good one."""
        s3 = self.running.client("s3")
        key = f"{SEED_OWNER_ID}/{uuid.uuid4()}"
        etag = s3.put_object(Bucket=BUCKET, Key=key, Body=self.video.read_bytes())["ETag"]
        source = SourceObject(bucket=BUCKET, key=key, etag=etag, size=self.video.stat().st_size)
        job = accept(self.table, AnswerKey(SEED_FOREIGN_MENTOR_ID, question), source)
        # As if it had been announced and worked on: nobody else takes it meanwhile.
        intake = Intake(self.table, SystemClock())
        intake.mark_published(job)
        intake.mark_claimed(job)
        tasks = Tasks(self.table, SystemClock())
        claimant = Claimant.of_task(job.upload_id, "transcode", RENDITIONS, "lost-host:1", 60)
        claimed: Any = tasks.claim(claimant)
        reason = "We tried several times and could not finish this step."
        subs = {
            name: {"status": "FAILED", "code": EXHAUSTED, "reason": reason} for name in RENDITIONS
        }
        tasks.finish(
            claimant,
            claimed.task,
            {
                "status": "FAILED",
                "names": subs,
                "code": EXHAUSTED,
                "reason": reason,
                "last_error": error,
            },
        )
        Answers(self.table, SystemClock(), lease_seconds=0).request(job.answer, (job.upload_id,))
        if buried:
            letter = {"attempt": "1", "code": EXHAUSTED, "upload": job.upload_id, "error": error}
            self.bury(accepted_event(job).to_json(), service="transcoder", **letter)
        return job

    def copy(self, job: Job, errors: Mapping[str, str]) -> None:
        """Copy an upload that failed: id of a copy to its error. None of the copies counts."""
        key = {":pk": {"S": upload_pk(job.upload_id)}}
        found = self._database.query(
            TableName=self.table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=key,
        )["Items"]
        idle = [
            {name: item[name] for name in item if not name.startswith("due_")} for item in found
        ]
        failed = self.reader.upload(job.upload_id).transcode
        assert failed
        assert failed.last_error
        text = json.dumps(idle)
        texts = [
            text.replace(job.upload_id, upload_id).replace(failed.last_error, error)
            for upload_id, error in errors.items()
        ]
        self._write([{"PutRequest": {"Item": item}} for copy in texts for item in json.loads(copy)])
        self._copies |= {upload_id: [item["sk"] for item in idle] for upload_id in errors}

    def remove(self, *copies: str) -> None:
        """Remove copies."""
        keys = [
            {"pk": {"S": upload_pk(upload_id)}, "sk": sk}
            for upload_id in copies
            for sk in self._copies.pop(upload_id)
        ]
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def clean(self) -> None:
        """Leave neither copies nor dead letters to other tests."""
        self.remove(*self._copies)
        sqs = self.running.client("sqs")
        for url in sqs.list_queues(QueueNamePrefix="mentor-upload-")["QueueUrls"]:
            if url.endswith("-dlq"):
                sqs.purge_queue(QueueUrl=url)

    def _write(self, requests: list[Any]) -> None:
        for start in range(0, len(requests), _WRITES):
            batch = {self.table.name: requests[start : start + _WRITES]}
            assert not self._database.batch_write_item(RequestItems=batch)["UnprocessedItems"]
