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
from mentor_common.threads import side_by_side
from mentor_notifier.answers import superseded_objects, writes
from mentor_notifier.answers.observe import is_predecessor
from mentor_notifier.tagging import tag_superseded

if TYPE_CHECKING:
    from mentor_common.jobs import Job
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
    is_newest
        Whether the upload was seen to be the newest just now, and nothing was written to GraphQL
        since.
    published
        The upload and the pair of attempts whose outcome was published, which is to be recorded.
    """

    lease: AnswerLease
    read_back_at: float | None = None
    observe_again: bool = False
    is_newest: bool = False
    published: tuple[Job, str] | None = None


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
        lease, answer, upload = done.lease, self.observed.job.answer, self.observed.upload
        recorded: dict[str, Any] = {"before": step.before.item()} if step.before else {}
        shown: dict[str, Any] = {"switched": self.observed.pair_id}
        if step.content:
            decided = (upload.attempt_pair, step.outcome) if step.outcome else None
            # A copy that is not shown in the end is in nobody's way.
            begin, copy_picture = side_by_side(
                lambda: self.ports.answers.renew_as_newest(
                    lease, answer, upload.upload_id, decided, **recorded
                ),
                lambda: step.picture is not None and self._copy_picture(step.picture),
            )
            begun = begin()
            if begun is None:
                return replace(done, observe_again=True)
            picture = step.picture.picture if step.picture and copy_picture() else None
            lease = begun
            if not self._is_fresh():
                return replace(done, lease=lease, observe_again=True)
            if not self.ports.gateway.switch(answer, dict(step.content), picture):
                _log.warning("thumbnail not set")
            if step.picture:
                shown["thumbnail"] = upload.upload_id
        elif recorded:
            lease = self.ports.answers.record(lease, **recorded)
        done = self._after_write(lease)
        shown["read_back_at"] = done.read_back_at
        # At once: from now on the answer is free for another upload.
        try:
            newest = self.ports.answers.renew_as_newest(lease, answer, upload.upload_id, **shown)
        except LeaseLostError:
            self.ports.answers.record(lease, **shown)
            raise
        return replace(done, lease=newest or lease, is_newest=True)

    def _copy_picture(self, step: writes.SetThumbnail) -> bool:
        """Copy the upload's thumbnail to the mentor's pictures; return whether that was done."""
        bucket = self.ports.bucket
        try:
            self.ports.storage.copy((bucket, step.source, None), bucket, step.picture)
        except ObjectMissingError as error:
            _log.warning("thumbnail not set", error=str(error))
            return False
        return True

    @_apply.register
    def _set_thumbnail(self, step: writes.SetThumbnail, done: Applied) -> Applied:
        """Set the mentor's thumbnail; its failure never fails the video."""
        upload, answer = self.observed.upload, self.observed.job.answer
        lease = self._renew_before_write(done)
        try:
            if self._copy_picture(step):
                self.ports.gateway.update_thumbnail(answer.mentor, step.picture)
        except GraphQLRefusedError as error:
            _log.warning("thumbnail not set", error=str(error))
        lease = self.ports.answers.record(lease, thumbnail=upload.upload_id)
        return replace(done, lease=lease, is_newest=False)

    @_apply.register
    def _show_late_captions(self, step: writes.ShowLateCaptions, done: Applied) -> Applied:
        if step.captions is not None:
            lease = self._renew_before_write(done)
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
            lease = self._renew_before_write(done)
            self.ports.gateway.update_media(answer, dict(step.media))
            done = self._after_write(lease)
        if step.transcript is not None:
            lease = self._renew_before_write(done)
            repaired = {"transcript": step.transcript, "hasEditedTranscript": False}
            self.ports.gateway.switch(answer, repaired)
            done = self._after_write(lease)
        return done

    # ---- the document ------------------------------------------------------------------------

    @_apply.register
    def _create_document(self, step: writes.CreateDocument, done: Applied) -> Applied:
        lease = self._renew_before_write(done)
        self.ports.gateway.create_task(self.observed.job.answer, step.document)
        _log.info("document written anew", upload_id=self.observed.upload.upload_id)
        return self._after_write(lease)

    @_apply.register
    def _update_document(self, step: writes.UpdateDocument, done: Applied) -> Applied:
        former, upload_id = done.lease.state.ended, self.observed.upload.upload_id
        ends = step.shows_end and former != upload_id
        lease = self._renew_before_write(done, **({"ended": upload_id} if ends else {}))
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
        if outcome.kind == "ready" and job.accepted_at is not None:
            metrics.READY_SECONDS.observe(self.ports.clock.now() - job.accepted_at)
        _log.info("outcome", kind=outcome.kind, code=outcome.code, upload_id=self.observed.pair_id)
        if outcome.code == STALLED:
            name = (upload.upload_id, upload.attempt_pair)
            error_reports.report("an upload stalled and has failed", code=STALLED, once=name)
        return replace(done, published=(job, upload.attempt_pair))

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
        live, tagged = upload.upload_id, done.lease.state.tagged
        unneeded = superseded_objects.unneeded_keys(
            superseded_objects.not_tagged_yet(keys, live, tagged), upload, job
        )
        if not unneeded:
            return done
        # Only now: an import may have made others name them since NOTIFY was read.
        lease = ports.answers.renew(self._renew_before_write(done))
        shown = self.observed.shown
        documents = (shown.content or {}, shown.document or {})
        named = superseded_objects.NamedKeys(documents, lease.state.shared)
        superseded = superseded_objects.superseded_keys(unneeded, named, left_by)
        if tag_superseded(ports.storage, ports.bucket, superseded):
            left = {
                key
                for key in set(unneeded) - set(superseded)
                if not superseded_objects.stays_for_good(key, left_by)
            }
            now_tagged = superseded_objects.all_tagged(keys, live, left)
            lease = ports.answers.record(lease, tagged=now_tagged)
        return replace(done, lease=lease)

    # ---- under the lease ---------------------------------------------------------------------

    def _renew_before_write(self, done: Applied, **changes: Any) -> AnswerLease:
        """Renew the lease before a write, and check that the upload is still the newest.

        ``changes`` are recorded with it: what has to be known should the write get lost.
        """
        if done.is_newest and not changes:
            return done.lease
        answer, upload_id = self.observed.job.answer, self.observed.upload.upload_id
        renewed = self.ports.answers.renew_as_newest(done.lease, answer, upload_id, **changes)
        return renewed or done.lease

    def _after_write(self, lease: AnswerLease) -> Applied:
        """Plan the read-back of a write; `LeaseLostError` if it ended after the lease."""
        now = self.ports.clock.now()
        if now > lease.until:
            raise LeaseLostError
        return Applied(lease, now + self.ports.pace.read_back)
