"""The ledger of a chaos run: the conservation law, and effects that happened twice.

``accepted = ready + failed + cancelled + superseded``. *Lost* is an upload that the api answered
200 to and whose outcome was not published, or that is published as ready and cannot be seen.
*Duplicated* is an effect that happened twice: an answer that changed to an upload more than once,
or two events of different content under one event id.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.jobs import SUB_TASK_FIELDS, AnswerKey, Job, Reader, Table, Upload
from mentor_local.provision import SERVICES, client
from mentor_local.search import record_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.chaos.browsers import Answers, Attempt
    from mentor_local.chaos.stack import ChaosStack

_POLL_SECONDS = 1.0
_ENDED = frozenset({"DONE", "FAILED", "CANCELLED"})
_RANK = {"QUEUED": 0, "IN_PROGRESS": 1}
_QUEUE = "mentor-upload-chaos-events"


@dataclass
class Observed:
    """An upload as it was last read."""

    upload: Upload
    ended_at: float | None = None


@dataclass
class Ledger:
    """Watches the jobs table and every event from outside, past the fault proxy.

    Releases an answer when its upload has ended.
    """

    stack: ChaosStack
    answers: Answers
    seen: dict[str, Observed] = field(default_factory=dict)
    contents: dict[str, set[str]] = field(default_factory=dict)
    deliveries: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Connect, and subscribe a queue of its own to every topic."""
        self.reader = Reader(Table(self.stack.aws.jobs_table, "us-east-1"))
        self._table = Table(self.stack.aws.jobs_table, "us-east-1")
        self._sqs = client("sqs", self.stack.aws.endpoint)
        self._queue = record_events(self._sqs, client("sns", self.stack.aws.endpoint), _QUEUE)
        self._threads = [
            threading.Thread(target=self._run, args=(call,), daemon=True)
            for call in (self._read_uploads, self._receive_events)
        ]

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Read everything once more and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._read_uploads()
        while self._receive_events():
            pass

    def _run(self, call: Callable[[], object]) -> None:
        while not self._stop.is_set():
            call()
            self._stop.wait(_POLL_SECONDS)

    def _read_uploads(self) -> None:
        for item in self._table.scan("JOB"):
            job = Job.model_validate(item)
            known = self.seen.get(job.upload_id)
            if job.status != "ACCEPTED" or (known and known.ended_at):
                continue
            upload = self.reader.upload(job.upload_id)
            ended = upload.outcome is not None and upload.outcome.said
            with self._lock:
                self.seen[job.upload_id] = Observed(upload, time.time() if ended else None)
            if ended:
                # The UI deletes its document when it sees the end of an upload.
                where = {"mentor": job.mentor, "question": job.question}
                self.stack.graphql.store.delete("upload_tasks", where)
                current = self.reader.current(job.answer)
                if current is not None and current.upload_id == job.upload_id:
                    self.answers.release((job.mentor, job.question))

    def _receive_events(self) -> bool:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        messages = answer.get("Messages", [])
        for message in messages:
            event = json.loads(message["Body"])
            # What an event id stands for; only the end of an attempt has results to differ in.
            self.contents.setdefault(event["id"], set()).add(
                json.dumps(event["data"], sort_keys=True)
            )
            self.deliveries += 1
            handle = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=handle)
        return bool(messages)

    def unfinished(self) -> list[Upload]:
        """Return accepted uploads whose outcome has not been published."""
        with self._lock:
            return [one.upload for one in self.seen.values() if one.ended_at is None]

    def end_times(self) -> list[float]:
        """Return when each ended upload's end was seen, the first first."""
        with self._lock:
            return sorted(one.ended_at for one in self.seen.values() if one.ended_at)

    def claims_of(self, owner_pid: int) -> dict[str, str]:
        """Return the claims that a process holds: ``upload/kind`` to the claim's token."""
        claims = {}
        for upload in self.unfinished():
            fresh = self.reader.upload(upload.upload_id)
            for kind, task in (("transcode", fresh.transcode), ("transcribe", fresh.transcribe)):
                mine = task and task.owner.endswith(f":{owner_pid}")
                if task and mine and not task.terminal and task.lease_until > time.time():
                    claims[f"{upload.upload_id}/{kind}"] = task.token
        return claims

    def moved_on(self, claims: dict[str, str]) -> bool:
        """Return whether every task of these claims is claimed anew, or over."""
        for name, token in claims.items():
            upload_id, _, kind = name.partition("/")
            task = self.reader.upload(upload_id).task(kind)  # type: ignore[arg-type]  # of claims_of
            if task and not task.terminal and task.token == token:
                return False
        return True

    def outcomes(self) -> Counter[str]:
        """Return the number of uploads by outcome; ``running`` for those without one."""
        with self._lock:
            ended = [one.upload.outcome.kind if one.ended_at and one.upload.outcome else "running"
                     for one in self.seen.values()]  # fmt: skip
        return Counter(ended)

    def dead_letters(self) -> dict[str, int]:
        """Return the number of dead letters by service."""
        found = {}
        for service in SERVICES:
            name = self.stack.aws.services[service].dead_letter_queue_name
            url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            counts = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)
            found[service] = sum(int(counts["Attributes"][kind]) for kind in kinds)
        return found

    def lost(self, attempts: list[Attempt]) -> list[str]:
        """Return a line for each upload that was lost, with the reason."""
        problems = [
            f"{attempt.upload_id}: answered 200, and there is no such job"
            for attempt in attempts
            if attempt.upload_id and attempt.upload_id not in self.seen
        ]
        for upload_id, observed in self.seen.items():
            if observed.ended_at is None:
                problems.append(
                    f"{upload_id}: no outcome was published: {_summary(observed.upload)}"
                )
            elif observed.upload.outcome and observed.upload.outcome.kind == "ready":
                problems += [f"{upload_id}: {why}" for why in self._unseen(observed.upload)]
            elif observed.upload.outcome and not observed.upload.outcome.reason:
                problems.append(f"{upload_id}: failed without a reason")
        return problems

    def _unseen(self, upload: Upload) -> list[str]:
        """Return a line for each result of a ready upload that cannot be seen."""
        storage = Storage(client("s3", self.stack.aws.endpoint))
        problems = []
        tasks = [task for task in (upload.transcode, upload.transcribe) if task]
        for key in [key for task in tasks for key in task.results.values()]:
            try:
                storage.head(self.stack.aws.static_bucket, key)
            except ObjectMissingError:
                problems.append(f"{key} is not stored")
        job = upload.job
        if job is None:
            return [*problems, "its job is gone"]
        current = self.reader.current(AnswerKey(job.mentor, job.question))
        if current is None or current.upload_id != upload.upload_id:
            return problems  # A newer upload has taken its place.
        answer: dict[str, Any] = self.stack.graphql.store.answer(job.mentor, job.question) or {}
        shown = (answer.get("webMedia") or {}).get("url")
        expected = upload.transcode.results.get("web") if upload.transcode else None
        if shown != expected:
            problems.append(f"the answer shows {shown}, not {expected}")
        return problems

    def duplicated(self) -> list[str]:
        """Return a line for each effect that happened twice."""
        problems = [
            f"{event_id}: {len(contents)} different contents"
            for event_id, contents in self.contents.items()
            if len(contents) > 1
        ]
        shown: dict[tuple[str, str], list[str]] = {}
        for write in self.stack.graphql.store.write_log("uploadAnswer"):
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

    def regressions(self) -> list[str]:
        """Return task statuses that moved backwards, or changed after their end.

        CANCELLING is written from outside and may come at any time: it is no step of ours.
        """
        problems = []
        shown: dict[str, str] = {}
        for write in self.stack.graphql.store.write_log():
            given = write.args.get("uploadTaskStatusInput") or write.args.get("status") or {}
            for task in (given.get(name) for name in SUB_TASK_FIELDS.values()):
                if not task or task["status"] == "CANCELLING":
                    continue
                before, now = shown.get(task["task_id"], "QUEUED"), task["status"]
                ended = before in _ENDED and now != before
                if ended or _RANK.get(now, len(_RANK)) < _RANK.get(before, len(_RANK)):
                    problems.append(f"{task['task_id']}: {task['task_name']} {before} -> {now}")
                shown[task["task_id"]] = now
        return problems

    def repeated_switches(self) -> int:
        """Return how often an answer was written again as it was: harmless, but reported."""
        urls = [
            ((write.args.get("answer") or {}).get("webMedia") or {}).get("url")
            for write in self.stack.graphql.store.write_log("uploadAnswer")
        ]
        known = [url for url in urls if url]
        return len(known) - len(set(known))


def _summary(upload: Upload) -> str:
    parts = []
    for kind, task in (("transcode", upload.transcode), ("transcribe", upload.transcribe)):
        state = f"{task.status} start {task.starts}" if task else "unclaimed"
        parts.append(f"{kind} {state}")
    outcome = upload.outcome
    return ", ".join([*parts, f"outcome {outcome.kind if outcome else 'none'}"])
