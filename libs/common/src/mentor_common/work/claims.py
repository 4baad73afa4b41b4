"""Claiming a unit of work, holding it under a lease, and ending it.

A claim is a conditional write against what was seen. It raises ``claim`` and gives the item a new
token, the fencing token on which every later write of the worker is conditional
(:mod:`mentor_common.jobs.lease`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError
from mentor_common.errors import StoppedError
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from mentor_common.jobs.model import TTL_SECONDS, upload_pk
from mentor_common.jobs.task import Task
from mentor_common.telemetry import metrics
from mentor_common.work.next_claim import next_claim, with_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.aws.table import Table
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind

_LONGEST_ERROR = 500
_TASK = "TASK#"
_RUNNING = {"status": "IN_PROGRESS"}
EXHAUSTED_REASON = (
    "We tried several times and could not finish this step. "
    "The team has been told; you can also upload the video again."
)


@dataclass(frozen=True)
class Claimed:
    """The task is ours until the lease ends."""

    task: Task


@dataclass(frozen=True)
class Ended:
    """The task is terminal: its event is to be published again."""

    task: Task


@dataclass(frozen=True)
class Busy:
    """Another worker's lease lives until ``until`` (epoch seconds)."""

    until: float


Claim = Claimed | Ended | Busy


@dataclass(frozen=True)
class Claimant:
    """The one that claims an item, and on which terms.

    Parameters
    ----------
    pk, sk
        Key of the item; :meth:`of_task` gives that of an upload's unit of work.
    sub_tasks
        The sub-tasks shown to people that the unit of work stands for.
    owner
        Host and process, for the operator.
    lease_seconds
        Length of the lease that a claim gives and a heartbeat renews.
    max_starts
        After so many starts the next claim ends the attempt.
    exhausted_reason
        The reason shown to people then.
    """

    pk: str
    sk: str
    sub_tasks: Sequence[str]
    owner: str
    lease_seconds: float
    max_starts: int = 5
    exhausted_reason: str = EXHAUSTED_REASON

    @classmethod
    def of_task(
        cls,
        upload_id: str,
        kind: TaskKind,
        sub_tasks: Sequence[str],
        owner: str,
        lease_seconds: float,
        max_starts: int = 5,
    ) -> Claimant:
        """Return the claimant of a TASK item of an upload."""
        return cls(upload_pk(upload_id), task_sk(kind), sub_tasks, owner, lease_seconds, max_starts)

    @property
    def kind(self) -> str:
        """Name of the unit of work: ``transcode``, ``transcribe`` or ``copy``."""
        return self.sk.removeprefix(_TASK) if self.sk.startswith(_TASK) else "copy"

    def lease(self, task: Task) -> Lease:
        """Return the lease that a claim has given."""
        return Lease(self.pk, self.sk, task.token)


class Tasks:
    """A worker's writes to the items it claims."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._leases = Leases(table, clock)

    def read(self, upload_id: str, kind: TaskKind) -> Task | None:
        """Return a task of an upload, or ``None`` when not claimed yet."""
        return self._get(upload_pk(upload_id), task_sk(kind))

    def _get(self, pk: str, sk: str) -> Task | None:
        item = self._table.get(pk, sk)
        return Task.from_item(item) if item else None

    def claim(self, claimant: Claimant, redriven: int | None = None) -> Claim:
        """Try to get the task.

        ``redriven`` is the attempt that a redriven message names as failed.
        """
        seen: Task | None = None  # Almost always right, so that is tried before it is read.
        while True:
            now = self._clock.now()
            if seen and seen.terminal and (seen.status == "DONE" or redriven != seen.attempt):
                return Ended(seen)
            if seen and not seen.terminal and seen.lease_until > now:
                return Busy(seen.lease_until)
            task = next_claim(seen, claimant, now)
            item = task.item() | {"ttl": int(now) + TTL_SECONDS}
            try:
                self._leases.put(claimant.pk, claimant.sk, item, _as_seen(seen))
            except ConditionFailedError:
                seen = self._get(claimant.pk, claimant.sk)
                continue
            if task.terminal:
                count_end(claimant.kind, task)
                return Ended(task)
            _count_start(claimant.kind)
            return Claimed(task)

    def extend(self, claimant: Claimant, task: Task, percent: int) -> None:
        """Renew the lease and write progress.

        Raises
        ------
        StoppedError
            When the lease was lost, or given back.
        """
        try:
            self._leases.do(
                self._leases.renewal(
                    claimant.lease(task),
                    claimant.lease_seconds,
                    {"percent": percent},
                    unchanged=_RUNNING,
                )
            )
        except LeaseLostError:
            raise _lost() from None

    def finish(self, claimant: Claimant, task: Task, changes: dict[str, Any]) -> Task:
        """Write the end of the attempt; return the task as it stands.

        Raises
        ------
        StoppedError
            When the lease was lost: another worker's result counts.
        """
        ended = {"finished_at": self._clock.now()} | changes
        try:
            item = self._leases.do(
                self._leases.ending(claimant.lease(task), ended, unchanged=_RUNNING)
            )
        except LeaseLostError:
            raise _lost() from None
        finished = Task.from_item(item)
        count_end(claimant.kind, finished)
        return finished

    def park(self, claimant: Claimant, task: Task, changes: dict[str, Any]) -> Task:
        """Write that the work goes on elsewhere; see :mod:`mentor_common.work.parked`.

        Raises
        ------
        StoppedError
            When the lease was lost.
        """
        try:
            item = self._leases.write(claimant.lease(task), changes, unchanged=_RUNNING)
        except LeaseLostError:
            raise _lost() from None
        return Task.from_item(item)

    def hand_back(
        self,
        claimant: Claimant,
        task: Task,
        *,
        uncount: bool,
        error: str | None = None,
        retry_at: float | None = None,
    ) -> None:
        """End the lease now, so that the next claim need not wait; a lost lease is left alone.

        Parameters
        ----------
        uncount
            Take the start back (clean stop, dependency down).
        error
            Why this start did not finish, for the operator.
        retry_at
            Until when its message is hidden, epoch seconds.
        """
        changes: dict[str, Any] = {"starts": task.starts - 1 if uncount else task.starts}
        if error:
            error = error[:_LONGEST_ERROR]
            changes["last_error"] = error
            changes["errors"] = with_error(task.errors, self._clock.now(), error)
        if retry_at is not None:
            changes["retry_at"] = retry_at
        try:
            self._leases.do(self._leases.ending(claimant.lease(task), changes, unchanged=_RUNNING))
        except LeaseLostError:
            return


def _as_seen(seen: Task | None) -> dict[str, Any] | None:
    """Return the attributes on which a claim of what was seen is conditional."""
    if seen is None:
        return None
    return {"token": seen.token, "status": seen.status, "lease_until": seen.lease_until}


def _lost() -> StoppedError:
    return StoppedError("the lease was lost")


def _count_start(kind: str) -> None:
    metrics.TASK_STARTS.labels(task=kind).inc()
    # A series that appears with its first end has not increased, as far as a query sees.
    for outcome in ("done", "failed"):
        metrics.TASK_SECONDS.labels(task=kind, outcome=outcome)


def count_end(kind: str, task: Task) -> None:
    """Count the end of an attempt: called by the writer of the end."""
    about = {"task": kind, "outcome": task.status.lower()}
    metrics.TASK_ENDS.labels(**about, code=task.code or "").inc()
    if task.finished_at is not None:
        metrics.TASK_SECONDS.labels(**about).observe(task.finished_at - task.first_at)


def task_sk(kind: TaskKind) -> str:
    """Return the sort key of a TASK item."""
    return f"{_TASK}{kind}"
