"""Applying what was decided, each write under the lease on the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, singledispatchmethod
from typing import TYPE_CHECKING, Any

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import STALLED, AnswerLease, LeaseLostError
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.answers import superseded_objects, writes
from mentor_notifier.answers.observe import is_predecessor
from mentor_notifier.tagging import tag_superseded

if TYPE_CHECKING:
    from mentor_notifier.answers.observe import Observation
    from mentor_notifier.answers.ports import Ports

_log = get_logger(__name__)
_FRESH_SECONDS = 10.0


@dataclass(frozen=True)
class Applied:
    """Progress of the writes.

    Parameters
    ----------
    read_back_at
        When the answer has to be read back; ``None`` where nothing was written to GraphQL.
    observe_again
        Whether something was found otherwise than it was observed: what is left of the writes was
        not applied.
    """

    lease: AnswerLease
    read_back_at: float | None = None
    observe_again: bool = False


@dataclass(frozen=True)
class Applier:
    """Applies writes to one answer as it was observed.

    Every method takes the lease and returns it as it stands afterwards.
    """

    ports: Ports
    observed: Observation

    def apply(self, steps: tuple[writes.AnswerWrite, ...], done: Applied) -> Applied:
        """Apply writes in their order, until one finds another state than was observed.

        Raises
        ------
        LeaseLostError
            Another notifier may be writing, or a newer upload has been accepted.
        """
        for step in steps:
            if step.to_graphql and not self._is_fresh():
                return replace(done, observe_again=True)
            done = self._apply(step, done)
            if done.observe_again:
                return done
        return done

    def _is_fresh(self) -> bool:
        """Return whether what was observed may be written from.

        GraphQL knows no conditional write. After a long pause a write might
        undo what a person has done meanwhile.
        """
        return self.ports.clock.now() - self.observed.at <= _FRESH_SECONDS

    @singledispatchmethod
    def _apply(self, step: writes.AnswerWrite, _done: Applied) -> Applied:
        raise TypeError(type(step).__name__)

    # ---- the answer --------------------------------------------------------------------------

    @_apply.register
    def _put_cancel(self, step: writes.PutCancel, done: Applied) -> Applied:
        self.ports.answers.put_cancel(self.observed.upload.upload_id, step.by)
        return replace(done, observe_again=True)

    @_apply.register
    def _decide(self, step: writes.DecideOutcome, done: Applied) -> Applied:
        upload = self.observed.upload
        stands = self.ports.answers.put_outcome(upload.upload_id, upload.attempt_pair, step.outcome)
        return replace(done, observe_again=stands != step.outcome)

    @_apply.register
    def _switch(self, step: writes.SwitchAnswer, done: Applied) -> Applied:
        lease, pair_id = done.lease, self.observed.pair_id
        recorded: dict[str, Any] = {"before": step.before.item()} if step.before else {}
        if step.content:
            lease = self._renew_before_write(lease, **recorded)
            self.ports.gateway.switch(self.observed.job.answer, dict(step.content))
        elif recorded:
            lease = self.ports.answers.record(lease, **recorded)
        done = self._after_write(lease)
        # At once: from now on the answer is free for another upload.
        lease = self.ports.answers.record(lease, switched=pair_id, read_back_at=done.read_back_at)
        return replace(done, lease=lease)

    @_apply.register
    def _set_thumbnail(self, step: writes.SetThumbnail, done: Applied) -> Applied:
        """Set the mentor's thumbnail; its failure never fails the video."""
        storage, bucket = self.ports.storage, self.ports.bucket
        upload, answer = self.observed.upload, self.observed.job.answer
        lease = self._renew_before_write(done.lease)
        try:
            etag = storage.head(bucket, step.source).etag
            storage.copy((bucket, step.source, etag), bucket, step.picture)
            self.ports.gateway.update_thumbnail(answer.mentor, step.picture)
        except (GraphQLRefusedError, ObjectMissingError) as error:
            _log.warning("thumbnail not set", error=str(error))
        lease = self.ports.answers.record(lease, thumbnail=upload.upload_id)
        return replace(done, lease=lease)

    @_apply.register
    def _show_late_captions(self, step: writes.ShowLateCaptions, done: Applied) -> Applied:
        if step.captions is not None:
            lease = self._renew_before_write(done.lease)
            media = {"vttMedia": step.captions}
            self.ports.gateway.update_media(self.observed.job.answer, media)
            done = self._after_write(lease)
        lease = self.ports.answers.record(done.lease, captions=self.observed.pair_id)
        return replace(done, lease=lease)

    @_apply.register
    def _repair(self, step: writes.RepairAnswer, done: Applied) -> Applied:
        answer, fields = self.observed.job.answer, sorted(step.media)
        text = [] if step.transcript is None else ["transcript"]
        _log.warning("answer repaired", fields=sorted([*fields, *text]))
        if step.media:
            lease = self._renew_before_write(done.lease)
            self.ports.gateway.update_media(answer, dict(step.media))
            done = self._after_write(lease)
        if step.transcript is not None:
            lease = self._renew_before_write(done.lease)
            repaired = {"transcript": step.transcript, "hasEditedTranscript": False}
            self.ports.gateway.switch(answer, repaired)
            done = self._after_write(lease)
        return done

    # ---- the document ------------------------------------------------------------------------

    @_apply.register
    def _create_document(self, step: writes.CreateDocument, done: Applied) -> Applied:
        lease = self._renew_before_write(done.lease)
        self.ports.gateway.create_task(self.observed.job.answer, step.document)
        _log.info("document written anew", upload_id=self.observed.upload.upload_id)
        return self._after_write(lease)

    @_apply.register
    def _update_document(self, step: writes.UpdateDocument, done: Applied) -> Applied:
        former, upload_id = done.lease.state.ended, self.observed.upload.upload_id
        ends = step.shows_end and former != upload_id
        lease = self._renew_before_write(done.lease, **({"ended": upload_id} if ends else {}))
        found = self.ports.gateway.update_tasks(self.observed.job.answer, step.updates)
        done = self._after_write(lease)
        if all(found):
            return done
        if not found[0]:
            # The end that was recorded just now was not shown.
            answer_state = done.lease.state.model_copy(update={"ended": former})
            done = replace(done, lease=replace(done.lease, state=answer_state))
        return replace(done, observe_again=True)

    # ---- the outcome, and what is left over --------------------------------------------------

    @_apply.register
    def _publish(self, step: writes.PublishOutcome, done: Applied) -> Applied:
        upload, job, outcome = self.observed.upload, self.observed.job, step.outcome
        self.ports.publisher.publish(upload, job, outcome)
        self.ports.answers.mark_published(job, upload.attempt_pair)
        if outcome.kind == "ready" and job.accepted_at is not None:
            metrics.READY_SECONDS.observe(self.ports.clock.now() - job.accepted_at)
        _log.info("outcome", kind=outcome.kind, code=outcome.code, upload_id=self.observed.pair_id)
        if outcome.code == STALLED:
            name = (upload.upload_id, upload.attempt_pair)
            error_reports.report("an upload stalled and has failed", code=STALLED, once=name)
        return done

    @_apply.register
    def _tag_superseded(self, _step: writes.TagSuperseded, done: Applied) -> Applied:
        """Tag what this upload has superseded: all is equal, so it is not needed any more."""
        ports, upload, job = self.ports, self.observed.upload, self.observed.job

        @cache
        def left_by(upload_id: str) -> superseded_objects.LeftOver | None:
            other = job if upload_id == job.upload_id else ports.reader.upload(upload_id).job
            if other is not None and (other is job or is_predecessor(other, job)):
                return superseded_objects.LeftOver(
                    picture_was_shown=other.request.generate_thumbnail
                )
            # The files of a transfer lie there under its id.
            ended_at = ports.reader.transfer_ended_at(upload_id)
            over = ended_at is not None and ended_at < (job.accepted_at or 0)
            return superseded_objects.LeftOver(picture_was_shown=False) if over else None

        keys = ports.storage.list_keys(ports.bucket, job.answer.prefix)
        unneeded = superseded_objects.unneeded_keys(keys, upload, job)
        if not unneeded:
            return done
        # Only now: an import may have made others name them since NOTIFY was read.
        lease = self._renew_before_write(done.lease)
        shown = self.observed.shown
        documents = (shown.content or {}, shown.document or {})
        named = superseded_objects.NamedKeys(documents, lease.state.shared)
        superseded = superseded_objects.superseded_keys(unneeded, named, left_by)
        tag_superseded(ports.storage, ports.bucket, superseded)
        return replace(done, lease=lease)

    # ---- under the lease ---------------------------------------------------------------------

    def _renew_before_write(self, lease: AnswerLease, **changes: Any) -> AnswerLease:
        """Renew the lease before a write, and check that the upload is still the newest.

        ``changes`` are recorded with it: what has to be known should the write get lost.
        """
        lease = self.ports.answers.renew(lease, **changes)
        current = self.ports.reader.current(self.observed.job.answer)
        if current is None or current.upload_id != self.observed.upload.upload_id:
            raise LeaseLostError
        return lease

    def _after_write(self, lease: AnswerLease) -> Applied:
        """Plan the read-back of a write; `LeaseLostError` if it ended after the lease."""
        now = self.ports.clock.now()
        if now > lease.until:
            raise LeaseLostError
        return Applied(lease, now + self.ports.pace.read_back)
