"""What became of every upload: the conservation law, and effects that happened twice.

``accepted = ready + failed + cancelled + superseded``. *Lost* is an upload that the api answered
200 to and whose end nobody was told, or that is said to be ready and cannot be seen. *Duplicated*
is an effect that happened twice: an answer that changed to an upload more than once, or two
different things said under one event id.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.jobs import UI_NAMES, AnswerKey, Job, Reader, Table, Upload
from mentor_local.provision import SERVICES, client

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.chaos.browsers import Answers, Attempt
    from mentor_local.chaos.stage import Stage

_LOOK_SECONDS = 1.0
_ENDED = frozenset({"DONE", "FAILED", "CANCELLED"})
_RANK = {"QUEUED": 0, "IN_PROGRESS": 1}
_WITNESS = "mentor-upload-chaos-witness"


@dataclass
class Watched:
    """How an upload stood when it was last looked at."""

    upload: Upload
    told_at: float | None = None


@dataclass
class Ledger:
    """Watches the jobs table and every event from outside, past the fault proxy.

    Parameters
    ----------
    stage
        What is watched.
    answers
        Gets an answer back when its upload has ended.
    """

    stage: Stage
    answers: Answers
    seen: dict[str, Watched] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=dict)
    deliveries: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Connect, and have every topic delivered to a witness."""
        self.reader = Reader(Table(self.stage.aws.jobs_table, "us-east-1"))
        self._table = Table(self.stage.aws.jobs_table, "us-east-1")
        self._sqs = client("sqs", self.stage.aws.endpoint)
        self._witness = self._listen()
        self._threads = [
            threading.Thread(target=self._run, args=(call,), daemon=True)
            for call in (self._look, self._hear)
        ]

    def _listen(self) -> str:
        url = str(self._sqs.create_queue(QueueName=_WITNESS)["QueueUrl"])
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        topics = [one.topic_arn for one in self.stage.aws.services.values()]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns = client("sns", self.stage.aws.endpoint)
        for topic in topics:
            sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=arn,
                Attributes={"RawMessageDelivery": "true"},
            )
        return url

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look once more and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._look()
        while self._hear():
            pass

    def _run(self, call: Callable[[], object]) -> None:
        while not self._stop.is_set():
            call()
            self._stop.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        for item in self._table.scan("JOB"):
            job = Job.model_validate(item)
            known = self.seen.get(job.upload_id)
            if job.status != "ACCEPTED" or (known and known.told_at):
                continue
            upload = self.reader.upload(job.upload_id)
            ended = upload.outcome is not None and upload.outcome.said
            with self._lock:
                self.seen[job.upload_id] = Watched(upload, time.time() if ended else None)
            if ended:
                # The UI deletes its document when it sees the end of an upload.
                where = {"mentor": job.mentor, "question": job.question}
                self.stage.graphql.store.delete("upload_tasks", where)
                current = self.reader.current(job.answer)
                if current is not None and current.upload_id == job.upload_id:
                    self.answers.give_back((job.mentor, job.question))

    def _hear(self) -> bool:
        answer = self._sqs.receive_message(
            QueueUrl=self._witness, MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        messages = answer.get("Messages", [])
        for message in messages:
            event = json.loads(message["Body"])
            # What an event id stands for; only the end of an attempt has results to differ in.
            self.said.setdefault(event["id"], set()).add(json.dumps(event["data"], sort_keys=True))
            self.deliveries += 1
            handle = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._witness, ReceiptHandle=handle)
        return bool(messages)

    def unfinished(self) -> list[Upload]:
        """Return accepted uploads whose end has not been told."""
        with self._lock:
            return [one.upload for one in self.seen.values() if one.told_at is None]

    def end_times(self) -> list[float]:
        """Return when each ended upload's end was seen, the first first."""
        with self._lock:
            return sorted(one.told_at for one in self.seen.values() if one.told_at)

    def held_by(self, owner_pid: int) -> dict[str, str]:
        """Return ``upload/kind`` to the claim's token of what a process is working on."""
        held = {}
        for upload in self.unfinished():
            fresh = self.reader.upload(upload.upload_id)
            for kind, task in (("transcode", fresh.transcode), ("transcribe", fresh.transcribe)):
                mine = task and task.owner.endswith(f":{owner_pid}")
                if task and mine and not task.terminal and task.lease_until > time.time():
                    held[f"{upload.upload_id}/{kind}"] = task.token
        return held

    def moved_on(self, held: dict[str, str]) -> bool:
        """Tell whether all that was held is now held anew, or over."""
        for name, token in held.items():
            upload_id, _, kind = name.partition("/")
            task = self.reader.upload(upload_id).task(kind)  # type: ignore[arg-type]  # of held_by
            if task and not task.terminal and task.token == token:
                return False
        return True

    def outcomes(self) -> Counter[str]:
        """Return how many uploads ended how; ``running`` for those that did not."""
        with self._lock:
            ended = [one.upload.outcome.kind if one.told_at and one.upload.outcome else "running"
                     for one in self.seen.values()]  # fmt: skip
        return Counter(ended)

    def dead_letters(self) -> dict[str, int]:
        """Return how many dead letters each service has."""
        found = {}
        for service in SERVICES:
            name = self.stage.aws.services[service].dead_letter_queue_name
            url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            counts = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)
            found[service] = sum(int(counts["Attributes"][kind]) for kind in kinds)
        return found

    def lost(self, attempts: list[Attempt]) -> list[str]:
        """Return what was lost, each with why."""
        problems = [
            f"{attempt.upload_id}: answered 200, and there is no such job"
            for attempt in attempts
            if attempt.upload_id and attempt.upload_id not in self.seen
        ]
        for upload_id, watched in self.seen.items():
            if watched.told_at is None:
                problems.append(f"{upload_id}: no end was told: {_standing(watched.upload)}")
            elif watched.upload.outcome and watched.upload.outcome.kind == "ready":
                problems += [f"{upload_id}: {why}" for why in self._unseen(watched.upload)]
            elif watched.upload.outcome and not watched.upload.outcome.reason:
                problems.append(f"{upload_id}: failed without a reason")
        return problems

    def _unseen(self, upload: Upload) -> list[str]:
        """Return what of a ready upload cannot be seen."""
        storage = Storage(client("s3", self.stage.aws.endpoint))
        problems = []
        tasks = [task for task in (upload.transcode, upload.transcribe) if task]
        for key in [key for task in tasks for key in task.results.values()]:
            try:
                storage.head(self.stage.aws.static_bucket, key)
            except ObjectMissingError:
                problems.append(f"{key} is not stored")
        job = upload.job
        if job is None:
            return [*problems, "its job is gone"]
        current = self.reader.current(AnswerKey(job.mentor, job.question))
        if current is None or current.upload_id != upload.upload_id:
            return problems  # A newer upload has taken its place.
        answer: dict[str, Any] = self.stage.graphql.store.answer(job.mentor, job.question) or {}
        shown = (answer.get("webMedia") or {}).get("url")
        wanted = upload.transcode.results.get("web") if upload.transcode else None
        if shown != wanted:
            problems.append(f"the answer shows {shown}, not {wanted}")
        return problems

    def duplicated(self) -> list[str]:
        """Return what happened twice, each with what."""
        problems = [
            f"{event_id}: {len(contents)} different contents"
            for event_id, contents in self.said.items()
            if len(contents) > 1
        ]
        shown: dict[tuple[str, str], list[str]] = {}
        for write in self.stage.graphql.store.write_log("uploadAnswer"):
            url = ((write.args.get("answer") or {}).get("webMedia") or {}).get("url")
            if url is None:
                continue
            urls = shown.setdefault((write.args["mentorId"], write.args["questionId"]), [])
            if not urls or urls[-1] != url:
                urls.append(url)  # The same again changes nothing and is no second effect.
        for answer, urls in shown.items():
            uploads = [url.split("/")[3] for url in urls]
            problems += [
                f"{'/'.join(answer)}: changed to {upload} {count} times"
                for upload, count in Counter(uploads).items()
                if count > 1
            ]
        return problems

    def went_back(self) -> list[str]:
        """Return task statuses that moved backwards, or changed after their end (AC49).

        CANCELLING is written from outside and may come at any time: it is no step of ours.
        """
        problems = []
        shown: dict[str, str] = {}
        for write in self.stage.graphql.store.write_log():
            given = write.args.get("uploadTaskStatusInput") or write.args.get("status") or {}
            for task in (given.get(name) for name in UI_NAMES.values()):
                if not task or task["status"] == "CANCELLING":
                    continue
                before, now = shown.get(task["task_id"], "QUEUED"), task["status"]
                ended = before in _ENDED and now != before
                if ended or _RANK.get(now, len(_RANK)) < _RANK.get(before, len(_RANK)):
                    problems.append(f"{task['task_id']}: {task['task_name']} {before} -> {now}")
                shown[task["task_id"]] = now
        return problems

    def repeated_switches(self) -> int:
        """Return how often an answer was written again with what it showed: harmless, but said."""
        urls = [
            ((write.args.get("answer") or {}).get("webMedia") or {}).get("url")
            for write in self.stage.graphql.store.write_log("uploadAnswer")
        ]
        known = [url for url in urls if url]
        return len(known) - len(set(known))


def _standing(upload: Upload) -> str:
    parts = []
    for kind, task in (("transcode", upload.transcode), ("transcribe", upload.transcribe)):
        stands = f"{task.status} start {task.starts}" if task else "unclaimed"
        parts.append(f"{kind} {stands}")
    outcome = upload.outcome
    return ", ".join([*parts, f"outcome {outcome.kind if outcome else 'none'}"])
