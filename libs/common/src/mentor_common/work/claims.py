"""Claiming, holding and finishing a unit of work (DESIGN rules 7, 8, 10 and 11).

A claim is a conditional write. It raises ``claim`` and gives a new token, the fencing token on
which every later write of the worker is conditional.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.errors import StoppedError
from mentor_common.jobs.model import EXHAUSTED, TTL_SECONDS, PastAttempt, SubTask, Task, upload_pk
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind

_LONGEST_ERROR = 500
_MOST_ERRORS = 20
_PAST_ATTEMPTS = 10
WENT_AWAY = "went away without a word"
"""How the last error of a start ends whose process was killed."""

EXHAUSTED_REASON = (
    "We tried several times and could not finish this step. "
    "The team has been told; you can also upload the video again."
)


@dataclass(frozen=True)
class Claimed:
    """The task is ours until the lease ends; ``first`` when the attempt has just begun."""

    task: Task


@dataclass(frozen=True)
class Over:
    """The task is terminal: say its event again."""

    task: Task


@dataclass(frozen=True)
class Busy:
    """Another worker's lease lives until ``until`` (epoch seconds)."""

    until: float


Claim = Claimed | Over | Busy


class Holding(Protocol):
    """Which item is held, and who asks; :class:`Holder` is that of an upload's work."""

    @property
    def pk(self) -> str:
        """Partition of the item."""
        ...

    @property
    def sk(self) -> str:
        """Sort key of the item."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Names shown to people that the unit stands for."""
        ...

    @property
    def owner(self) -> str:
        """Host and process, for the operator."""
        ...

    @property
    def lease_seconds(self) -> float:
        """How long a claim or a beat is good for."""
        ...

    @property
    def max_starts(self) -> int:
        """After so many starts the next claim only reports."""
        ...

    @property
    def gave_up(self) -> str:
        """What people are told then."""
        ...


@dataclass(frozen=True)
class Holder:
    """Which unit of work of which upload, and who asks.

    Parameters
    ----------
    upload_id, kind
        The TASK item.
    names
        Names shown to people that the unit stands for.
    owner
        Host and process, for the operator.
    lease_seconds
        How long a claim or a beat is good for.
    max_starts
        After so many starts the next claim only reports.
    """

    upload_id: str
    kind: TaskKind
    names: Sequence[str]
    owner: str
    lease_seconds: float
    max_starts: int = 5

    @property
    def pk(self) -> str:
        """Partition of the TASK item."""
        return upload_pk(self.upload_id)

    @property
    def sk(self) -> str:
        """Sort key of the TASK item."""
        return _sk(self.kind)

    @property
    def gave_up(self) -> str:
        """What people are told when all starts were in vain."""
        return EXHAUSTED_REASON


class Tasks:
    """A worker's writes to its TASK items, or to others that are claimed like them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def read(self, upload_id: str, kind: TaskKind) -> Task | None:
        """Return the task, or ``None`` when nobody has claimed it."""
        return self._get(upload_pk(upload_id), _sk(kind))

    def _get(self, pk: str, sk: str) -> Task | None:
        item = self._table.get(pk, sk)
        return Task.model_validate(item) if item else None

    def claim(self, holder: Holding, redriven: int | None = None) -> Claim:
        """Try to get the task.

        Parameters
        ----------
        holder
            What is claimed, by whom.
        redriven
            The attempt that a redriven message says has failed; ``None`` for other messages.
        """
        while True:
            seen = self._get(holder.pk, holder.sk)
            now = self._clock.now()
            if seen and seen.terminal and (seen.status == "DONE" or redriven != seen.attempt):
                return Over(seen)
            if seen and not seen.terminal and seen.lease_until > now:
                return Busy(seen.lease_until)
            wanted = self._next(seen, holder, now)
            try:
                self._replace(holder, seen, wanted)
            except ConditionFailedError:
                continue  # Somebody was faster: look again.
            if wanted.terminal:
                count_end(holder.sk, wanted)
                return Over(wanted)
            _count_start(_label(holder.sk))
            return Claimed(wanted)

    def _next(self, seen: Task | None, holder: Holding, now: float) -> Task:
        base: dict[str, Any] = {
            "token": uuid.uuid4().hex,
            "owner": holder.owner,
            "lease_until": now + holder.lease_seconds,
            "max_starts": holder.max_starts,
            "retry_at": None,
            "names": {name: SubTask(status="IN_PROGRESS") for name in holder.names},
            "started_at": now,
        }
        if seen is None:
            return Task(status="IN_PROGRESS", first_at=now, **base)
        if seen.terminal:
            return Task(
                status="IN_PROGRESS",
                attempt=seen.attempt + 1,
                claim=seen.claim + 1,
                first_at=now,
                past=[*seen.past, PastAttempt.model_validate(seen.item())][-_PAST_ATTEMPTS:],
                **base,
            )
        # A lease that was given back is 0; one that merely ended belonged to somebody who is gone.
        gone = f"{seen.owner} {WENT_AWAY}" if seen.lease_until else None
        last_error = gone or seen.last_error
        errors = [*seen.errors, [now, gone]][-_MOST_ERRORS:] if gone else seen.errors
        if seen.starts >= holder.max_starts:
            return seen.model_copy(
                update={
                    "last_error": last_error,
                    "errors": errors,
                    "retry_at": None,
                    "status": "FAILED",
                    "token": base["token"],
                    "lease_until": 0,
                    "names": {
                        name: SubTask(status="FAILED", code=EXHAUSTED, reason=holder.gave_up)
                        for name in holder.names
                    },
                    "code": EXHAUSTED,
                    "reason": holder.gave_up,
                    "finished_at": now,
                }
            )
        again = {
            "status": "IN_PROGRESS",
            "starts": seen.starts + 1,
            "claim": seen.claim + 1,
            "percent": 0,
            "job": None,
            "check_at": None,
        }
        told = {"last_error": last_error, "errors": errors}
        return seen.model_copy(update=base | again | told)

    def _replace(self, holder: Holding, seen: Task | None, wanted: Task) -> None:
        condition = "attribute_not_exists(pk)"
        values: dict[str, Any] = {}
        if seen is not None:
            condition = "#token = :token AND #status = :status AND #lease_until = :lease"
            values = {"token": seen.token, "status": seen.status, "lease": seen.lease_until}
        ttl = int(self._clock.now()) + TTL_SECONDS
        self._table.write(
            Write(
                holder.pk,
                holder.sk,
                put=wanted.item() | {"ttl": ttl},
                condition=condition,
                values=values,
            )
        )

    def extend(self, holder: Holding, task: Task, percent: int) -> None:
        """Extend the lease and write progress.

        Raises
        ------
        StoppedError
            When the lease was lost, or given back: a late beat must not take it again.
        """
        until = self._clock.now() + holder.lease_seconds
        changes = {"lease_until": until, "percent": percent}
        self._mine(holder, task, changes, " AND #lease_until > :ended", ended=0)

    def finish(self, holder: Holding, task: Task, changes: dict[str, Any]) -> Task:
        """Write the end of the attempt; return the task as it stands.

        Raises
        ------
        StoppedError
            When the lease was lost: another worker's result counts.
        """
        ended = {"lease_until": 0, "finished_at": self._clock.now()} | changes
        stands = Task.model_validate(self._mine(holder, task, ended))
        count_end(holder.sk, stands)
        return stands

    def park(self, holder: Holding, task: Task, changes: dict[str, Any]) -> Task:
        """Write that the work goes on elsewhere; see :mod:`mentor_common.work.parked`.

        Raises
        ------
        StoppedError
            When the lease was lost.
        """
        return Task.model_validate(self._mine(holder, task, changes))

    def hand_back(
        self,
        holder: Holding,
        task: Task,
        *,
        uncount: bool,
        error: str | None = None,
        retry_at: float | None = None,
    ) -> None:
        """End the lease now, so that the next claim need not wait; lost leases are left alone.

        ``uncount`` takes the start back (clean stop, dependency down). ``error`` says for the
        operator why this start did not finish, ``retry_at`` (epoch seconds) until when its
        message is hidden.
        """
        changes: dict[str, Any] = {
            "lease_until": 0,
            "starts": task.starts - 1 if uncount else task.starts,
        }
        if error:
            error = error[:_LONGEST_ERROR]
            changes["last_error"] = error
            changes["errors"] = [*task.errors, [self._clock.now(), error]][-_MOST_ERRORS:]
        if retry_at is not None:
            changes["retry_at"] = retry_at
        try:
            self._mine(holder, task, changes)
        except StoppedError:
            return

    def _mine(
        self, holder: Holding, task: Task, changes: dict[str, Any], also: str = "", **more: Any
    ) -> dict[str, Any]:
        values = {**changes, **more, "mine": task.token, "running": "IN_PROGRESS"}
        try:
            return self._table.write(
                Write(
                    holder.pk,
                    holder.sk,
                    update="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                    condition="#token = :mine AND #status = :running" + also,
                    values=values,
                )
            )
        except ConditionFailedError:
            raise StoppedError("the lease was lost") from None


def _count_start(task: str) -> None:
    metrics.TASK_STARTS.labels(task=task).inc()
    # A series that appears with its first end has not increased, as far as a query can tell.
    for outcome in ("done", "failed"):
        metrics.TASK_SECONDS.labels(task=task, outcome=outcome)


def count_end(sk: str, task: Task) -> None:
    """Count the end of an attempt: called by whoever has written it."""
    about = {"task": _label(sk), "outcome": task.status.lower()}
    metrics.TASK_ENDS.labels(**about, code=task.code or "").inc()
    if task.finished_at is not None:
        metrics.TASK_SECONDS.labels(**about).observe(task.finished_at - task.first_at)


def _label(sk: str) -> str:
    """Return a unit of work's name in metrics: ``transcode``, ``transcribe`` or ``copy``."""
    return sk.removeprefix("TASK#") if sk.startswith("TASK#") else "copy"


def _sk(kind: TaskKind) -> str:
    return f"TASK#{kind}"
