"""The notifier's writes: who may tell GraphQL, what was decided, what was told (DESIGN 14-19)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.day_index import day_attributes
from mentor_common.jobs.model import TTL_SECONDS, AnswerKey, Cancel, upload_pk
from mentor_common.jobs.outcome import Notify, Outcome
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.clock import Clock
    from mentor_common.jobs.model import Job

DUE_KIND = "notifier"
_LONGEST_ERROR = 500


class LeaseLostError(Exception):
    """Another notifier may be writing: stop, and have somebody look again."""


@dataclass(frozen=True)
class Lease:
    """The right to tell GraphQL about one answer until ``until`` (epoch seconds)."""

    token: str
    until: float
    notify: Notify


class Answers:
    """The notifier's items of the jobs table.

    Parameters
    ----------
    table, clock
        Where and when.
    lease_seconds
        How long a lease is good for; GraphQL timeouts must be under half of it.
    """

    def __init__(self, table: Table, clock: Clock, lease_seconds: float = 30) -> None:
        self._table = table
        self._clock = clock
        self.lease_seconds = lease_seconds

    def want(self, answer: AnswerKey, uploads: Iterable[str], *, read_back: bool = False) -> None:
        """Ask that somebody looks at the uploads; survives a crash of whoever was asked.

        ``read_back`` makes the read-back due now: something may have been written late.
        """
        now = self._clock.now()
        names: dict[str, Any] = {
            "one": 1,
            "mentor": answer.mentor,
            "question": answer.question,
            "kind": DUE_KIND,
            "due": now + self.lease_seconds,
            "ttl": int(now) + TTL_SECONDS,
        }
        update = (
            "SET #mentor = :mentor, #question = :question, #due_kind = :kind, #due_at = :due,"
            " #ttl = :ttl"
        )
        if read_back:
            update += ", #read_back_at = :now"
            names["now"] = now
        update += " ADD #wanted :one"
        if opened := set(uploads):
            update += ", #open :open"
            names["open"] = opened
        self._table.write(Write(answer.pk, "NOTIFY", update=update, values=names))

    def lease(self, answer: AnswerKey) -> Lease | None:
        """Take the lease; ``None`` when another holds it (it will see what was wanted)."""
        now = self._clock.now()
        token = uuid.uuid4().hex
        until = now + self.lease_seconds
        try:
            item = self._table.write(
                Write(
                    answer.pk,
                    "NOTIFY",
                    update="SET #lease_token = :token, #lease_until = :until",
                    condition="attribute_exists(pk) AND"
                    " (attribute_not_exists(#lease_until) OR #lease_until <= :now)",
                    values={"token": token, "until": until, "now": now},
                )
            )
        except ConditionFailedError:
            return None
        return Lease(token, until, Notify.model_validate(item))

    def renew(self, answer: AnswerKey, lease: Lease) -> Lease:
        """Extend the lease and read the item again.

        Raises
        ------
        LeaseLostError
            When it had ended and somebody else took it.
        """
        until = self._clock.now() + self.lease_seconds
        item = self._mine(answer, lease, "SET #lease_until = :until", {"until": until})
        return Lease(lease.token, until, Notify.model_validate(item))

    def release(
        self,
        answer: AnswerKey,
        lease: Lease,
        *,
        settled: Iterable[str],
        due_at: float | None,
        read_back_at: float | None,
    ) -> bool:
        """Let the lease go unless something was wanted meanwhile.

        Parameters
        ----------
        answer, lease
            What is released; ``lease.notify.wanted`` is the count that was looked at.
        settled
            Uploads with an outcome that has been told: the notifier is done with them.
        due_at
            When the sweep has to look again, or ``None``.
        read_back_at
            When what was written has to be read back, or ``None``.

        Returns
        -------
        bool
            ``False`` when the holder has to look again.
        """
        values: dict[str, Any] = {"zero": 0, "seen": lease.notify.wanted, "mine": lease.token}
        update = "SET #lease_until = :zero"
        removed = ["#lease_token", "#last_error"]
        if due_at is None:
            removed += ["#due_kind", "#due_at"]
        else:
            update += ", #due_kind = :kind, #due_at = :due"
            values |= {"kind": DUE_KIND, "due": due_at}
        if read_back_at is None:
            removed.append("#read_back_at")
        else:
            update += ", #read_back_at = :back"
            values["back"] = read_back_at
        update += f" REMOVE {', '.join(removed)}"
        if done := set(settled):
            update += " DELETE #open :done"
            values["done"] = done
        try:
            self._table.write(
                Write(
                    answer.pk,
                    "NOTIFY",
                    update=update,
                    condition="#lease_token = :mine AND #wanted = :seen",
                    values=values,
                )
            )
        except ConditionFailedError:
            return False
        return True

    def drop(
        self,
        answer: AnswerKey,
        lease: Lease,
        *,
        due_at: float,
        error: str | None = None,
        read_back_at: float | None = None,
    ) -> None:
        """Let the lease go after a failure; the sweep looks again at ``due_at``.

        ``error`` says for the operator why, until a look has come to its end. ``read_back_at`` has
        the answer read back then, whatever the looks before that find: a write may come late.
        """
        values: dict[str, Any] = {"zero": 0, "kind": DUE_KIND, "due": due_at}
        update = "SET #lease_until = :zero, #due_kind = :kind, #due_at = :due"
        if error:
            update += ", #last_error = :error"
            values["error"] = error[:_LONGEST_ERROR]
        if read_back_at is not None:
            update += ", #read_back_at = :back"
            values["back"] = read_back_at
        update += " REMOVE #lease_token"
        try:
            self._mine(answer, lease, update, values)
        except LeaseLostError:
            return

    def record(self, answer: AnswerKey, lease: Lease, **told: Any) -> Lease:
        """Write what GraphQL has been told (``switched``, ``thumbnail``, ``read_back_at``)."""
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in told)
        item = self._mine(answer, lease, update, told)
        return Lease(lease.token, lease.until, Notify.model_validate(item))

    def _mine(
        self, answer: AnswerKey, lease: Lease, update: str, values: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            return self._table.write(
                Write(
                    answer.pk,
                    "NOTIFY",
                    update=update,
                    condition="#lease_token = :mine",
                    values={**values, "mine": lease.token},
                )
            )
        except ConditionFailedError:
            raise LeaseLostError from None

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
            return Outcome.model_validate(stands)
        metrics.UPLOADS_ENDED.labels(outcome=outcome.kind, code=outcome.code or "").inc()
        return outcome

    def mark_said(self, job: Job, pair: str) -> None:
        """Record that the outcome's event was published and GraphQL told."""
        now = self._clock.now()
        told = {"said": True, "said_at": now, **day_attributes("OUTCOME", now)}
        if job.accepted_at is not None:
            told["accepted_at"] = job.accepted_at
        self._table.write(
            Write(
                upload_pk(job.upload_id),
                f"OUTCOME#{pair}",
                update="SET " + ", ".join(f"#{name} = :{name}" for name in told),
                values=told,
            )
        )

    def due(self) -> list[AnswerKey]:
        """Return the answers that the sweep has to look at now."""
        items = self._table.due(DUE_KIND, self._clock.now())
        return [AnswerKey(item["mentor"], item["question"]) for item in items]
