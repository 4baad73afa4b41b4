"""The uploads that wait for each unit of work, and the time that will take.

Read from the jobs table alone. The sparse ``due`` index holds, for the api, every upload that was
accepted in the last 15 minutes and each older one that was not claimed; for the notifier,
every answer with an upload that has not ended.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from mentor_common.errors import DependencyDownError
from mentor_common.events.models import SourceObject
from mentor_common.explain.queue_estimate import TaskTimes, Waiting, estimate
from mentor_common.jobs.answers import DUE_KIND as NOTIFIER
from mentor_common.jobs.intake import DUE_KIND as API
from mentor_common.jobs.intake import PUBLISH_SECONDS
from mentor_common.jobs.item import Count, EpochSeconds, StoredItem, Uuid
from mentor_common.jobs.kinds import KINDS
from mentor_common.jobs.model import upload_pk
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.registry import workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mentor_common.aws.table import Table
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind
    from mentor_common.explain.queue_estimate import QueueEstimate

_log = get_logger(__name__)
_MOST: Final = 2000
_CANCEL: Final = "CANCEL"
_KEEP_SECONDS: Final = 3.0
_KEEP_FACTOR: Final = 10
_JOB: Final = (
    *("pk", "sk", "upload_id", "mentor", "question", "revision"),
    *("status", "accepted_at", "transcription", "align_key", "due_at", "source"),
)
_TASK: Final = (
    *("pk", "sk", "status", "lease_until", "retry_at"),
    *("started_at", "finished_at", "job"),
)


class _Job(StoredItem):
    """As much of a JOB item as an estimate needs."""

    upload_id: Uuid
    mentor: str
    question: str
    revision: Count
    status: str
    accepted_at: EpochSeconds | None = None
    transcription: str
    align_key: str | None = None
    due_at: EpochSeconds
    source: SourceObject


class _AnswerState(StoredItem):
    """As much of a NOTIFY item as an estimate needs."""

    open: frozenset[str] = frozenset()


class Backlog:
    """The estimates of all units of work, as they were a few seconds ago.

    Uploads stand in the order in which they were accepted. Where SQS serves its queues fairly, a
    mentor with few uploads overtakes one with many: then it takes less long than is said here.

    Parameters
    ----------
    keep_seconds
        For how long a reading is good. One that took long is kept for longer, so that however
        often it is asked, a tenth of the time at most goes into reading.
    most
        At most so many uploads are read.
    """

    def __init__(
        self, table: Table, clock: Clock, keep_seconds: float = _KEEP_SECONDS, most: int = _MOST
    ) -> None:
        self._table = table
        self._clock = clock
        self._keep = keep_seconds
        self._most = most
        self._lock = threading.Lock()
        self._estimates: dict[TaskKind, QueueEstimate] = {}
        self._good_until = float("-inf")

    def estimate(self, kind: TaskKind) -> QueueEstimate | None:
        """Return the estimate for a unit of work; ``None`` while it cannot be read."""
        # Where another thread reads already, what it read before is good enough.
        if self._clock.now() >= self._good_until and self._lock.acquire(
            blocking=not self._estimates
        ):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._estimates.get(kind)

    def _refresh(self) -> None:
        begun = self._clock.now()
        if begun < self._good_until:
            return  # Another thread has just read it.
        try:
            self._estimates = self._read(begun)
        except DependencyDownError as error:
            _log.warning("backlog not read", error=str(error))
            self._estimates = {}
        took = self._clock.now() - begun
        self._good_until = begun + took + max(self._keep, _KEEP_FACTOR * took)

    def _read(self, now: float) -> dict[TaskKind, QueueEstimate]:
        watched = list(self._table.watched(API, self._most, *_JOB))
        answers = list(self._table.watched(NOTIFIER, self._most, "pk", "sk", "open"))
        is_lower_bound = self._most in {len(watched), len(answers)}
        jobs = list(_Job.from_items(watched))
        waiting = _newest(job for job in jobs if job.status == "ACCEPTED")
        ids = dict.fromkeys(waiting)
        for answer in _AnswerState.from_items(answers):
            ids |= dict.fromkeys(answer.open)
        times, cancelled = self._tasks_and_cancels(list(ids), waiting, now)
        alive = [one for one in workers(self._table, now) if one.liveness(now) == "alive"]
        sizes = {job.upload_id: job.source.size for job in jobs}
        estimates = {}
        for kind, work in KINDS.items():
            tasks = {each: times.get((upload_pk(each), f"TASK#{kind}")) for each in ids}
            estimates[kind] = estimate(
                [
                    Waiting(job.accepted_at or 0, sizes[each], _since(job, tasks[each]))
                    for each, job in waiting.items()
                    if _waits(kind, job, tasks[each], now) and upload_pk(each) not in cancelled
                ],
                [(task, sizes.get(each)) for each, task in tasks.items() if task],
                [worker for worker in alive if worker.service == work.service],
                now,
                is_lower_bound=is_lower_bound,
            )
        return estimates

    def _tasks_and_cancels(
        self, ids: Sequence[str], waiting: Mapping[str, _Job], now: float
    ) -> tuple[dict[tuple[str, str], TaskTimes], set[str]]:
        """Return what is needed of the uploads' tasks, by key, and who of them was cancelled."""
        keys = [(upload_pk(each), f"TASK#{kind}") for each in ids for kind in KINDS]
        keys += [
            (upload_pk(each), _CANCEL)
            for each, job in waiting.items()
            if job.due_at <= now + PUBLISH_SECONDS  # as a cancel leaves it
        ]
        items = {(item["pk"], item["sk"]): item for item in self._table.get_many(keys, *_TASK)}
        times = {
            key: task
            for key, item in items.items()
            if key[1] != _CANCEL
            for task in TaskTimes.from_items([item])
        }
        return times, {pk for pk, sk in items if sk == _CANCEL}


def _newest(jobs: Iterable[_Job]) -> dict[str, _Job]:
    """Return each answer's newest upload by its id: there is no work for the older ones."""
    newest: dict[tuple[str, str], _Job] = {}
    for job in jobs:
        answer = job.mentor, job.question
        if answer not in newest or newest[answer].revision < job.revision:
            newest[answer] = job
    return {job.upload_id: job for job in newest.values()}


def _waits(kind: TaskKind, job: _Job, task: TaskTimes | None, now: float) -> bool:
    if kind == "transcribe" and job.transcription != "wanted" and job.align_key is None:
        return False
    if task is None:
        return True
    return task.status == "IN_PROGRESS" and max(task.lease_until, task.retry_at) <= now


def _since(job: _Job, task: TaskTimes | None) -> float:
    """Return since when an upload waits, epoch seconds: time in work is no waiting.

    One whose work broke off waits since its lease ran out, or since it may be tried again; where
    it was handed back early, since that start.
    """
    accepted_at = job.accepted_at or 0
    if task is None:
        return accepted_at
    return max(accepted_at, task.started_at, task.lease_until, task.retry_at)
