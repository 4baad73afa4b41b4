"""The notifier's writes: its lease on an answer, what was decided, what was written to GraphQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.day_index import day_attributes
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from mentor_common.jobs.model import TTL_SECONDS, AnswerKey, Cancel, upload_pk
from mentor_common.jobs.outcome import AnswerState, Outcome
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.clock import Clock
    from mentor_common.jobs.model import Job

DUE_KIND = "notifier"
_SK = "NOTIFY"
_LONGEST_ERROR = 500


@dataclass(frozen=True)
class AnswerLease:
    """The right to write one answer to GraphQL.

    Parameters
    ----------
    lease
        On the answer's NOTIFY item.
    until
        Epoch seconds.
    state
        The item as of the last write under the lease.
    observed
        How many requests came before the holder began to observe: a later one is still open.
    """

    lease: Lease
    until: float
    state: AnswerState
    observed: int


class Answers:
    """The notifier's items of the jobs table.

    GraphQL timeouts must be under half of ``lease_seconds``.
    """

    def __init__(self, table: Table, clock: Clock, lease_seconds: float = 30) -> None:
        self._table = table
        self._clock = clock
        self._leases = Leases(table, clock, fenced_by="lease_token")
        self.lease_seconds = lease_seconds

    def request(
        self,
        answer: AnswerKey,
        uploads: Iterable[str],
        *,
        sweep: bool = False,
        read_back: bool = False,
    ) -> None:
        """Ask that the uploads are reconciled; survives a crash of the notifier.

        Parameters
        ----------
        sweep
            The next sweep is to see to it; else only where no notifier has done so within a lease.
        read_back
            The read-back is due now: something may have been written late.
        """
        now = self._clock.now()
        changes, added = self._requested(answer, uploads)
        changes |= ({"due_at": now} if sweep else {}) | ({"read_back_at": now} if read_back else {})
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
        update += " ADD " + ", ".join(f"#{name} :{name}" for name in added)
        self._table.write(Write(answer.pk, _SK, update=update, values=changes | added))

    def _requested(
        self, answer: AnswerKey, uploads: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a request sets, and what it adds."""
        now = self._clock.now()
        changes = {
            "mentor": answer.mentor,
            "question": answer.question,
            "due_kind": DUE_KIND,
            "due_at": now + self.lease_seconds,
            "ttl": int(now) + TTL_SECONDS,
        }
        opened = set(uploads)
        return changes, {"wanted": 1} | ({"open": opened} if opened else {})

    def acquire(self, answer: AnswerKey, requested: Iterable[str] = ()) -> AnswerLease | None:
        """Take the lease; ``None`` while another holds it.

        ``requested`` are uploads that are asked for in the same write: the holder of a lease that
        is not free will see to them. Without any, ``None`` also where nothing is due.
        """
        uploads = set(requested)
        changes, added = self._requested(answer, uploads) if uploads else ({}, {})
        taken = self._leases.acquire(
            answer.pk, _SK, self.lease_seconds, changes, add=added, due=not uploads
        )
        if taken is None:
            if uploads:
                self.request(answer, uploads)
            return None
        lease, item = taken
        state = AnswerState.from_item(item)
        return AnswerLease(lease, state.lease_until, state, state.wanted)

    def renew(self, held: AnswerLease, **changes: Any) -> AnswerLease:
        """Extend the lease, record ``changes`` as :meth:`record` does, and read the item again.

        Raises
        ------
        LeaseLostError
            When it had ended and another notifier took it.
        """
        item = self._leases.renew(held.lease, self.lease_seconds, changes)
        state = AnswerState.from_item(item)
        return AnswerLease(held.lease, state.lease_until, state, held.observed)

    def renew_for_requests(self, held: AnswerLease) -> AnswerLease:
        """Extend the lease, to observe again because of what was requested meanwhile."""
        renewed = self.renew(held)
        return replace(renewed, observed=renewed.state.wanted)

    def release(
        self,
        held: AnswerLease,
        *,
        settled: Iterable[str],
        due_at: float | None,
        read_back_at: float | None,
    ) -> bool:
        """Let the lease go unless something was requested meanwhile.

        Parameters
        ----------
        settled
            Uploads with an outcome that was published: the notifier is done with them.
        due_at
            When the sweep has to reconcile again, or ``None``.
        read_back_at
            When what was written has to be read back, or ``None``.

        Returns
        -------
        bool
            ``False`` when the holder has to observe again, or has lost the lease.
        """
        changes: dict[str, Any] = {}
        removed = ["lease_token", "last_error"]
        if due_at is None:
            removed += ["due_kind", "due_at"]
        else:
            changes = {"due_kind": DUE_KIND, "due_at": due_at}
        if read_back_at is None:
            removed.append("read_back_at")
        else:
            changes["read_back_at"] = read_back_at
        done = set(settled)
        try:
            self._leases.release(
                held.lease,
                changes,
                remove=removed,
                delete={"open": done} if done else None,
                unchanged={"wanted": held.observed},
            )
        except LeaseLostError:
            return False
        return True

    def postpone(
        self,
        held: AnswerLease,
        *,
        due_at: float,
        error: str | None = None,
        read_back_at: float | None = None,
    ) -> None:
        """Let the lease go after a failure; the sweep reconciles again at ``due_at``.

        ``error`` says for the operator why, until the answer was reconciled. ``read_back_at`` has
        the answer read back then, whatever is observed before that: a write may come late.
        """
        changes: dict[str, Any] = {"due_kind": DUE_KIND, "due_at": due_at}
        if error:
            changes["last_error"] = error[:_LONGEST_ERROR]
        if read_back_at is not None:
            changes["read_back_at"] = read_back_at
        try:
            self._leases.release(held.lease, changes, remove=["lease_token"])
        except LeaseLostError:
            return

    def record(self, held: AnswerLease, **changes: Any) -> AnswerLease:
        """Record what was written to GraphQL (``switched``, ``thumbnail``, ``read_back_at``)."""
        item = self._leases.write(held.lease, changes)
        return AnswerLease(held.lease, held.until, AnswerState.from_item(item), held.observed)

    def put_cancel(self, upload_id: str, by: str) -> None:
        """Put CANCEL; the first one stands."""
        now = self._clock.now()
        put = Cancel(by=by, at=now).item() | {"ttl": int(now) + TTL_SECONDS}
        try:
            self._table.write(
                Write(upload_pk(upload_id), "CANCEL", put=put, condition="attribute_not_exists(pk)")
            )
        except ConditionFailedError:
            return

    def put_outcome(self, upload_id: str, pair: str, outcome: Outcome) -> Outcome:
        """Decide how a pair of attempts ended; an earlier decision stands and is returned."""
        sk = f"OUTCOME#{pair}"
        put = outcome.item() | {"ttl": int(self._clock.now()) + TTL_SECONDS}
        try:
            self._table.write(
                Write(upload_pk(upload_id), sk, put=put, condition="attribute_not_exists(pk)")
            )
        except ConditionFailedError:
            stands = self._table.get(upload_pk(upload_id), sk)
            return Outcome.from_item(stands or {})
        metrics.UPLOADS_ENDED.labels(outcome=outcome.kind, code=outcome.code or "").inc()
        return outcome

    def mark_published(self, job: Job, pair: str) -> None:
        """Record that GraphQL shows the outcome and that its event was published."""
        now = self._clock.now()
        changes = {"said": True, "said_at": now, **day_attributes("OUTCOME", now)}
        if job.accepted_at is not None:
            changes["accepted_at"] = job.accepted_at
        self._table.write(
            Write(
                upload_pk(job.upload_id),
                f"OUTCOME#{pair}",
                update="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                values=changes,
            )
        )

    def due(self, until: float | None = None) -> list[AnswerKey]:
        """Return the answers that the sweep has to reconcile, now or ``until``."""
        items = self._table.due(DUE_KIND, self._clock.now() if until is None else until)
        return [AnswerKey.of_pk(item["pk"]) for item in items]

    def set_aside(self, answer: AnswerKey) -> None:
        """Make an answer of which an item cannot be read due later: a later release may read it."""
        self._table.set_aside(answer.pk, _SK, self._clock.now())
