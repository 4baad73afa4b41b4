"""Acceptance of an upload: the answer's lock and the states PREPARING, ACCEPTED, ABORTED.

Everything is one conditional write or one transaction, so that any number of web processes and
sweeps need no leader.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.errors import DependencyDownError
from mentor_common.jobs.admission import admission
from mentor_common.jobs.answers import FIRST_LOOK_SECONDS, request_write
from mentor_common.jobs.day_index import day_attributes
from mentor_common.jobs.due import due_now
from mentor_common.jobs.model import (
    TTL_SECONDS,
    AnswerKey,
    Cancel,
    Current,
    Job,
    UploadRef,
    upload_id_of_pk,
    upload_pk,
)
from mentor_common.jobs.outcome import SUPERSEDED, answer_shows
from mentor_common.jobs.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.clock import Clock
    from mentor_common.jobs.outcome import AnswerState

DUE_KIND = "api"
PREPARING_SECONDS = 60
"""A preparation that takes longer is aborted by the sweep."""
PUBLISH_SECONDS = 5
"""An accepted upload that is unpublished for longer is published by the sweep."""
UNCLAIMED_SECONDS = 15 * 60
"""An upload whose work was not taken up for so long is published again."""
_TRIES = 5
_ACCEPTING = {0, 1}
"""Positions of the writes to JOB and CURRENT in the transaction that accepts an upload."""


class InProgressError(Exception):
    """Another upload of the same answer is active, and this one does not replace it."""


class UnsettledError(Exception):
    """Another request is in the middle of the same step: try again in a moment."""


class PreparationLostError(Exception):
    """The preparation cannot be accepted: it was aborted, or what it would replace is ready."""


class Intake:
    """The api's writes to the jobs table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._reader = Reader(table)

    def prepare(
        self, job: Job, seen: tuple[Current | None, AnswerState | None] | None = None
    ) -> Job:
        """Take the answer for ``job``; return it with its revision and its predecessor.

        ``seen`` is what was just read of the answer; without it that is read here.

        Where the active upload is the same work, that one is returned, accepted as it is.

        Raises
        ------
        InProgressError
            When another upload holds the answer.
        UnsettledError
            When that cannot be decided at this moment: try again.
        """
        current, answer_state = seen or self._reader.answer(job.answer)
        upload = None
        if current and not (current.accepted and answer_shows(current.upload_id, answer_state)):
            upload = self._reader.upload(current.upload_id)
        admitted = admission(job, current, upload, answer_state)
        if admitted == "join" and upload and upload.job:
            return upload.job
        if admitted == "refuse":
            raise InProgressError
        if admitted == "wait":
            raise UnsettledError
        seq = (current.seq if current else 0) + 1
        previous = _predecessor(current)
        job = job.model_copy(update={"revision": seq, "previous": previous})
        taken = Current(
            upload_id=job.upload_id,
            revision=seq,
            accepted=False,
            seq=seq,
            previous=previous,
        )
        try:
            self._table.transact(
                Write(
                    upload_pk(job.upload_id),
                    "JOB",
                    put=job.item()
                    | self._due(PREPARING_SECONDS)
                    | day_attributes("JOB", job.prepared_at),
                    condition="attribute_not_exists(pk) OR #status = :aborted",
                    values={"aborted": "ABORTED"},
                ),
                self._take(job.answer, current, taken),
            )
        except ConditionFailedError as error:
            raise UnsettledError from error
        return job

    def _take(self, answer: AnswerKey, seen: Current | None, taken: Current) -> Write:
        put = taken.item() | {"ttl": self._ttl()}
        if seen is None:
            return Write(answer.pk, "CURRENT", put=put, condition="attribute_not_exists(pk)")
        return Write(
            answer.pk,
            "CURRENT",
            put=put,
            condition="#upload_id = :id AND #seq = :seq AND #accepted = :accepted",
            values={"id": seen.upload_id, "seq": seen.seq, "accepted": seen.accepted},
        )

    def accept(self, job: Job, seen: AnswerState | None = None) -> Job:
        """Make a prepared upload count, its predecessor superseded, and the notifier know.

        ``seen`` is the notifier's state of the answer as it was read before: what the answer showed
        then it has shown.

        A predecessor without an outcome gets its outcome in the same transaction, so
        that it is either shown or superseded, never called ready and not shown.

        Raises
        ------
        PreparationLostError
            When it is no longer this preparation's to accept, or the predecessor became ready.
        """
        for _ in range(_TRIES):
            now = self._clock.now()
            try:
                superseding = self._superseding(job, now, seen)
                self._table.transact(*self._accepting(job, now), *superseding)
            except ConditionFailedError as error:
                if _ACCEPTING & set(error.failed):
                    raise PreparationLostError from error
                continue  # The predecessor's outcome was decided meanwhile.
            return job.model_copy(update={"status": "ACCEPTED", "accepted_at": now})
        raise PreparationLostError

    def _accepting(self, job: Job, now: float) -> list[Write]:
        return [
            Write(
                upload_pk(job.upload_id),
                "JOB",
                update="SET #status = :accepted, #accepted_at = :now, #due_at = :due",
                condition="#status = :preparing AND #token = :token",
                values={
                    "accepted": "ACCEPTED",
                    "now": now,
                    "due": now + PUBLISH_SECONDS,
                    "preparing": "PREPARING",
                    "token": job.token,
                },
            ),
            Write(
                job.answer.pk,
                "CURRENT",
                update="SET #accepted = :yes",
                condition="#upload_id = :id",
                values={"yes": True, "id": job.upload_id},
            ),
            request_write(job.answer, (job.upload_id,), now, now + FIRST_LOOK_SECONDS),
        ]

    def _superseding(self, job: Job, now: float, seen: AnswerState | None) -> list[Write]:
        """Return the write that decides on the predecessor, none where that has been done."""
        if job.previous is None:
            return []
        older = self._reader.upload(job.previous.upload_id)
        if older.job is None:
            return []
        if older.outcome is None:
            put = SUPERSEDED.model_copy(update={"at": now}).item() | {"ttl": self._ttl()}
            sk, new = f"OUTCOME#{older.attempt_pair}", "attribute_not_exists(pk)"
            return [Write(upload_pk(older.upload_id), sk, put=put, condition=new)]
        if older.outcome.kind != "ready" or answer_shows(older.upload_id, seen):
            return []
        if not answer_shows(older.upload_id, self._reader.answer_state(job.answer)):
            raise PreparationLostError
        return []

    def abort(self, job: Job) -> bool:
        """End a preparation and give the answer back to the predecessor.

        ``False`` when there was nothing to abort. Where a newer upload has taken the answer (the
        preparation was cancelled) there is nothing to give back, and it ends all the same.
        """
        ended = Write(
            upload_pk(job.upload_id),
            "JOB",
            update="SET #status = :aborted REMOVE #due_kind, #due_at",
            condition="#status = :preparing AND #token = :token",
            values={"aborted": "ABORTED", "preparing": "PREPARING", "token": job.token},
        )
        current = self._reader.current(job.answer)
        try:
            if current is None or current.upload_id != job.upload_id or current.accepted:
                self._table.write(ended)
            else:
                self._table.transact(ended, self._give_back(job, current))
        except ConditionFailedError:
            return False
        return True

    def _give_back(self, job: Job, current: Current) -> Write:
        restored = None
        if current.previous is not None:
            restored = Current(**current.previous.item(), accepted=True, seq=current.seq).item()
            restored["ttl"] = self._ttl()
        return Write(
            job.answer.pk,
            "CURRENT",
            put=restored,
            condition="#upload_id = :id AND #accepted = :no",
            values={"id": job.upload_id, "no": False},
        )

    def expire_preparation(self, job: Job) -> None:
        """Have the sweep abort the preparation as soon as it can, not only at its deadline."""
        now = self._clock.now()
        with suppress(ConditionFailedError):
            self._update(
                job,
                "SET #prepared_at = :overdue, #due_at = :now",
                condition="#status = :preparing AND #token = :token",
                overdue=now - PREPARING_SECONDS,
                now=now,
                preparing="PREPARING",
                token=job.token,
            )

    def mark_published(self, job: Job) -> None:
        """Record that the upload was announced; it is checked again in 15 minutes."""
        self._update(
            job,
            "SET #published = :yes, #due_kind = :kind, #due_at = :due",
            condition="#status = :accepted",
            yes=True,
            kind=DUE_KIND,
            due=self._clock.now() + UNCLAIMED_SECONDS,
            accepted="ACCEPTED",
        )

    def mark_claimed(self, job: Job) -> None:
        """Record that all work on the upload has been taken up: the sweep leaves it alone."""
        self._update(job, "REMOVE #due_kind, #due_at")

    def cancel(self, job: Job, by: str) -> Cancel:
        """Put CANCEL; the first one stands and is returned.

        The sweep publishes it unless :meth:`mark_cancel_published` is called soon.

        Raises
        ------
        DependencyDownError
            When others write the upload at this very moment, again and again.
        """
        now = self._clock.now()
        cancel = Cancel(by=by, at=now)
        for _ in range(_TRIES):
            try:
                self._table.transact(
                    Write(
                        upload_pk(job.upload_id),
                        "CANCEL",
                        put=cancel.item() | {"ttl": self._ttl()},
                        condition="attribute_not_exists(pk)",
                    ),
                    Write(
                        upload_pk(job.upload_id),
                        "JOB",
                        update="SET #due_kind = :kind, #due_at = :due",
                        values={"kind": DUE_KIND, "due": now + PUBLISH_SECONDS},
                    ),
                )
            except ConditionFailedError:
                stands = self._reader.upload(job.upload_id).cancel
                if stands is not None:
                    return stands
            else:
                return cancel
        raise DependencyDownError("dynamodb", "the upload is being written all the time")

    def mark_cancel_published(self, job: Job) -> None:
        """Record that ``upload.cancelled`` was published."""
        self._table.write(
            Write(
                upload_pk(job.upload_id), "CANCEL", update="SET #said = :yes", values={"yes": True}
            )
        )

    def mark_retried(self, job: Job, attempts: Mapping[str, int]) -> None:
        """Record the failed attempts that shall be followed by another, for people to see."""
        self._update(job, "SET #retried = :attempts", attempts=dict(attempts))

    def _update(
        self, job: Job, update: str, *, condition: str | None = None, **values: object
    ) -> None:
        pk = upload_pk(job.upload_id)
        self._table.write(Write(pk, "JOB", update=update, condition=condition, values=values))

    def due(self, until: float | None = None) -> list[str]:
        """Return the ids of the uploads that are due for the api's sweep, now or ``until``."""
        if until is None:
            items = due_now(self._table, DUE_KIND, self._clock.now())
        else:
            items = self._table.due(DUE_KIND, until)
        return [upload_id_of_pk(item["pk"]) for item in items]

    def set_aside(self, upload_id: str) -> None:
        """Make an upload of which an item cannot be read due later: a later release may read it."""
        self._table.set_aside(upload_pk(upload_id), "JOB", self._clock.now())

    def _ttl(self) -> int:
        return int(self._clock.now()) + TTL_SECONDS

    def _due(self, seconds: float) -> dict[str, object]:
        due_at = self._clock.now() + seconds
        return {"due_kind": DUE_KIND, "due_at": due_at, "ttl": self._ttl()}


def _predecessor(current: Current | None) -> UploadRef | None:
    if current is None:
        return None
    if not current.accepted:
        # The holder was aborted but the answer not given back: its predecessor is ours.
        return current.previous
    return UploadRef(upload_id=current.upload_id, revision=current.revision)
