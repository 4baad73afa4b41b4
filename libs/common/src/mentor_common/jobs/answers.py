"""The notifier's writes: its lease on an answer, what was decided, what was written to GraphQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.day_index import day_attributes
from mentor_common.jobs.due import due_now
from mentor_common.jobs.lease import Lease, LeaseLostError, Leases
from mentor_common.jobs.model import TTL_SECONDS, AnswerKey, Cancel, upload_pk
from mentor_common.jobs.outcome import AnswerState, Outcome
from mentor_common.sweeping import look_again_in
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mentor_common.clock import Clock
    from mentor_common.jobs.model import Job

DUE_KIND = "notifier"
_SK = "NOTIFY"
FIRST_LOOK_SECONDS = 10.0
"""A running upload's document is brought up to date so long after its acceptance at the earliest:
most uploads end before."""
_LONGEST_ERROR = 500
_DECISION = 2
"""Position of the decision in the transaction of :meth:`Answers.renew_as_newest`."""


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
        read_back: bool = False,
        after: float | None = None,
    ) -> None:
        """Ask that the uploads are reconciled; survives a crash of the notifier.

        Parameters
        ----------
        after
            A sweep is to see to it in so many seconds; ``None``: only where no notifier has done so
            within a lease.
        read_back
            The read-back is due now: something may have been written late.
        """
        now = self._clock.now()
        due_at = now + (self.lease_seconds if after is None else after)
        more = {"read_back_at": now} if read_back else {}
        self._table.write(request_write(answer, uploads, now, due_at, more))

    def acquire(self, answer: AnswerKey, requested: Iterable[str] = ()) -> AnswerLease | None:
        """Take the lease; ``None`` while another holds it.

        ``requested`` are uploads that are asked for in the same write: the holder of a lease that
        is not free will see to them. Without any, ``None`` also where nothing is due.
        """
        uploads = set(requested)
        now = self._clock.now()
        due_at = now + self.lease_seconds
        changes, added = _requested(answer, uploads, now, due_at) if uploads else ({}, {})
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
        item = self._leases.do(self._leases.renewal(held.lease, self.lease_seconds, changes))
        state = AnswerState.from_item(item)
        return AnswerLease(held.lease, state.lease_until, state, held.observed)

    def renew_as_newest(
        self,
        held: AnswerLease,
        answer: AnswerKey,
        upload_id: str,
        outcome: tuple[str, Outcome] | None = None,
        **changes: Any,
    ) -> AnswerLease | None:
        """Extend the lease in one transaction that sees that an upload is still the newest.

        Parameters
        ----------
        outcome
            A pair of the upload's attempts and how it ended, decided in the same transaction.
            ``None`` is returned where another decision stands: then nothing was written.
        changes
            Recorded in the same transaction as :meth:`record` does.

        Raises
        ------
        LeaseLostError
            Another notifier took the lease, or a newer upload has the answer.
        """
        until = self._clock.now() + self.lease_seconds
        renewed = {"lease_until": until, **changes}
        writes = [
            self._leases.renewal(held.lease, self.lease_seconds, changes),
            Write(
                answer.pk,
                "CURRENT",
                condition="#upload_id = :newest",
                values={"newest": upload_id},
                checks_only=True,
            ),
        ]
        if outcome is not None:
            writes.append(self._decision(upload_id, *outcome))
        try:
            self._table.transact(*writes)
        except ConditionFailedError as error:
            if error.failed == (_DECISION,):
                return None
            raise LeaseLostError from None
        if outcome is not None:
            _count_end(outcome[1])
        state = AnswerState.from_item(held.state.item() | renewed)
        return AnswerLease(held.lease, until, state, held.observed)

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
        observed_at: float | None = None,
        published: tuple[Job, str] | None = None,
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
        observed_at
            When GraphQL was read, where it was.
        published
            The upload and the pair of attempts whose outcome was just published, to be recorded
            in any case.

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
            if due_at != read_back_at:
                look_again_in(due_at - self._clock.now())
        if read_back_at is None:
            removed.append("read_back_at")
        else:
            changes["read_back_at"] = read_back_at
        if observed_at is not None:
            changes["observed_at"] = observed_at
        done = set(settled)
        writes = [
            self._leases.ending(
                held.lease,
                changes,
                remove=removed,
                delete={"open": done} if done else None,
                unchanged={"wanted": held.observed},
            )
        ]
        if published is not None:
            writes.append(self._said(*published))
        try:
            self._table.write_all(*writes)
        except ConditionFailedError:
            if published is not None:
                self.mark_published(*published)
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
        look_again_in(due_at - self._clock.now())
        if error:
            changes["last_error"] = error[:_LONGEST_ERROR]
        if read_back_at is not None:
            changes["read_back_at"] = read_back_at
        try:
            self._leases.do(self._leases.ending(held.lease, changes, remove=["lease_token"]))
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
        decision = self._decision(upload_id, pair, outcome)
        try:
            self._table.write(decision)
        except ConditionFailedError:
            stands = self._table.get(decision.pk, decision.sk)
            return Outcome.from_item(stands or {})
        _count_end(outcome)
        return outcome

    def _decision(self, upload_id: str, pair: str, outcome: Outcome) -> Write:
        """Return the write that decides an outcome, unless one was decided."""
        put = outcome.item() | {"ttl": int(self._clock.now()) + TTL_SECONDS}
        condition = "attribute_not_exists(pk)"
        return Write(upload_pk(upload_id), f"OUTCOME#{pair}", put=put, condition=condition)

    def mark_published(self, job: Job, pair: str) -> None:
        """Record that GraphQL shows the outcome and that its event was published."""
        self._table.write(self._said(job, pair))

    def _said(self, job: Job, pair: str) -> Write:
        now = self._clock.now()
        changes = {"said": True, "said_at": now, **day_attributes("OUTCOME", now)}
        if job.accepted_at is not None:
            changes["accepted_at"] = job.accepted_at
        return Write(
            upload_pk(job.upload_id),
            f"OUTCOME#{pair}",
            update="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            values=changes,
        )

    def due(self, until: float | None = None) -> list[AnswerKey]:
        """Return the answers that the sweep has to reconcile, now or ``until``."""
        if until is None:
            items = due_now(self._table, DUE_KIND, self._clock.now())
        else:
            items = self._table.due(DUE_KIND, until)
        return [AnswerKey.of_pk(item["pk"]) for item in items]

    def set_aside(self, answer: AnswerKey) -> None:
        """Make an answer of which an item cannot be read due later: a later release may read it."""
        self._table.set_aside(answer.pk, _SK, self._clock.now())


def request_write(
    answer: AnswerKey,
    uploads: Iterable[str],
    now: float,
    due_at: float,
    more: Mapping[str, Any] | None = None,
) -> Write:
    """Return the write that asks the notifier to reconcile uploads, by ``due_at`` at the latest.

    ``more`` are other attributes to set.
    """
    changes, added = _requested(answer, uploads, now, due_at)
    changes |= more or {}
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
    update += " ADD " + ", ".join(f"#{name} :{name}" for name in added)
    return Write(answer.pk, _SK, update=update, values=changes | added)


def _requested(
    answer: AnswerKey, uploads: Iterable[str], now: float, due_at: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a request sets, and what it adds."""
    changes = {
        "mentor": answer.mentor,
        "question": answer.question,
        "due_kind": DUE_KIND,
        "due_at": due_at,
        "ttl": int(now) + TTL_SECONDS,
    }
    opened = set(uploads)
    return changes, {"wanted": 1} | ({"open": opened} if opened else {})


def _count_end(outcome: Outcome) -> None:
    metrics.UPLOADS_ENDED.labels(outcome=outcome.kind, code=outcome.code or "").inc()
