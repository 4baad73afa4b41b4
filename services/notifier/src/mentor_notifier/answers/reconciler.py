"""Reconciling an answer: GraphQL is made equal to the jobs table.

An event only says "reconcile": duplicates and any order are harmless, because the whole state is
observed each time, and only what differs is written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from mentor_common.errors import DependencyDownError, UnreadableItemError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import FIRST_PAIR, LeaseLostError
from mentor_common.telemetry import error_reports, metrics, tracing
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.answers.apply import Applied, Applier
from mentor_notifier.answers.decide import decide
from mentor_notifier.answers.observe import observe
from mentor_notifier.answers.outcome import outcome_of, superseded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.jobs import AnswerKey, AnswerLease, AnswerState, Job, Upload
    from mentor_common.jobs.reader import Newest
    from mentor_notifier.answers.ports import Ports

_log = get_logger(__name__)
_OWN_REQUEST = {
    "wanted": 0,
    "open": set(),
    "lease_token": None,
    "lease_until": 0,
    "due_at": None,
}
"""Attributes of NOTIFY that taking the lease changes; all others show what others have done."""
_UNDECIDED_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
_OUTAGE_SECONDS = 5.0


@dataclass(frozen=True)
class Result:
    """Remaining work on an answer.

    Parameters
    ----------
    settled
        Uploads that the notifier is done with.
    due_at
        When to reconcile again, epoch seconds, or ``None``.
    read_back_at
        When to read the answer back, or ``None``.
    observed_at
        When GraphQL was read; ``None`` where it was not.
    published
        The upload and the pair of attempts whose outcome was published, which is to be recorded.
    """

    settled: frozenset[str]
    due_at: float | None
    read_back_at: float | None
    observed_at: float | None = None
    published: tuple[Job, str] | None = None


class Reconciler:
    """Makes GraphQL true about one answer at a time, under that answer's lease."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._answers = ports.answers
        self._clock = ports.clock
        self._refusals = error_reports.ReportThrottle()

    def reconcile(self, answer: AnswerKey, requested: Iterable[str] = ()) -> None:
        """Reconcile until nothing was requested meanwhile; nothing while another is at it.

        Binds the upload to the log context. The holder of the lease will see to the uploads that
        are ``requested``, and the sweep to those that run: then nothing is written.
        """
        requested, looked_at = tuple(requested), self._clock.now()
        seen = self._seen(answer, requested[0]) if requested else None
        if seen is not None and self._is_early(seen, set(requested)):
            return
        lease = self._answers.acquire(answer, requested)
        if lease and not self._stands(seen, looked_at, lease):
            seen = None
        while lease is not None:
            try:
                result = self._once(answer, lease, requested, seen)
            except LeaseLostError:
                self._request_again(answer, lease)
                return
            except DependencyDownError as error:
                now = self._clock.now()
                # What got no answer in time can still be applied, after others have observed.
                self._answers.postpone(
                    lease,
                    due_at=now + _OUTAGE_SECONDS,
                    error=error_summary(error),
                    read_back_at=now + self._ports.pace.read_back,
                )
                raise
            except GraphQLRefusedError as error:
                _log.error("GraphQL refuses", error=str(error))
                # The same for all answers: what GraphQL has against one it mostly has against all.
                self._refusals.report_first(
                    "GraphQL", "GraphQL refuses", error, code="graphql_refuses"
                )
                later = self._clock.now() + _REFUSED_SECONDS
                self._answers.postpone(lease, due_at=later, error=error_summary(error))
                return
            if self._answers.release(
                lease,
                settled=result.settled,
                due_at=result.due_at,
                read_back_at=result.read_back_at,
                observed_at=result.observed_at,
                published=result.published,
            ):
                return
            try:
                lease = self._answers.renew_for_requests(lease)
            except LeaseLostError:
                self._request_again(answer, lease)
                return
            seen = None

    def _request_again(self, answer: AnswerKey, lease: AnswerLease) -> None:
        """Request another reconcile: a late write may have been applied."""
        _log.warning("lease lost while reconciling an answer")
        self._answers.request(answer, (), read_back=True)
        self._answers.postpone(lease, due_at=self._clock.now())

    def _once(
        self, answer: AnswerKey, lease: AnswerLease, requested: tuple[str, ...], seen: Newest | None
    ) -> Result:
        now = self._clock.now()
        if seen is None:
            likely = next(iter((*requested, *lease.state.open)), lease.state.shown_upload)
            seen = self._ports.reader.newest(answer, likely)
        current, upload = seen.current, seen.upload
        if current is not None and not current.accepted:
            return Result(frozenset(), now + _UNDECIDED_SECONDS, lease.state.read_back_at)
        newest = current.upload_id if current else None
        settled = frozenset(old for old in lease.state.open if old != newest)
        for old in settled:
            self._settle_superseded(old)
        if newest is None or upload is None:
            return Result(settled, None, None)
        bind_contextvars(upload_id=newest)
        if upload.job is None:
            return Result(settled | {newest}, None, None)
        if (look_at := self._next_look(upload, upload.job, lease.state)) > now:
            return Result(settled, look_at, lease.state.read_back_at)
        # One that a sweep or an older upload's event asked for belongs to this upload's trace.
        with (
            tracing.upload_span("reconcile", upload.job.traceparent, newest),
            metrics.timed(metrics.RECONCILE_SECONDS),
        ):
            return self._newest(upload, upload.job, lease, settled)

    def _next_look(self, upload: Upload, job: Job, state: AnswerState) -> float:
        """Return when the document of an upload is to be read, epoch seconds; 0 for now.

        That of one that runs is not read at each step of its way: most end within seconds.
        """
        now, stalled = self._clock.now(), self._ports.pace.stalled
        if outcome_of(upload, job, now=now, stalled_after=stalled) is not None:
            return 0
        is_first_pair = upload.attempt_pair == FIRST_PAIR and not upload.outcomes
        if not is_first_pair or (state.read_back_at or math.inf) <= now:
            return 0
        return max(job.accepted_at or 0, state.observed_at or 0) + self._ports.pace.first_look

    def _seen(self, answer: AnswerKey, upload_id: str) -> Newest | None:
        """Return the answer as it stands before its lease is taken; ``None`` if unreadable."""
        try:
            return self._ports.reader.newest(answer, upload_id)
        except UnreadableItemError:
            return None  # Met again under the lease, where it delays the answer.

    def _stands(self, seen: Newest | None, looked_at: float, lease: AnswerLease) -> bool:
        """Return whether nobody has reconciled an answer between a look at it and its lease.

        Whoever did has left another NOTIFY, or died and kept the lease for its whole length.
        """
        before, length = seen.answer_state if seen else None, self._answers.lease_seconds
        if before is None or lease.until - length - looked_at >= length:
            return False
        if lease.state.wanted != before.wanted + 1:
            return False
        after = lease.state.model_copy(update=_OWN_REQUEST)
        return before.model_copy(update=_OWN_REQUEST) == after

    def _is_early(self, seen: Newest, requested: set[str]) -> bool:
        """Return whether the requested upload runs, and the sweep looks after it and no other.

        Whoever sees the last of its tasks end sees the ends of all.
        """
        current, upload, state = seen.current, seen.upload, seen.answer_state
        if not (current and current.accepted and upload and upload.job and state):
            return False
        if {upload.upload_id} != requested or state.open != requested or state.due_at is None:
            return False
        bind_contextvars(upload_id=upload.upload_id)
        return self._next_look(upload, upload.job, state) > self._clock.now()

    def _newest(
        self, upload: Upload, job: Job, lease: AnswerLease, settled: frozenset[str]
    ) -> Result:
        """Observe, decide and apply, until all was found as it had been observed."""
        read_back_at = lease.state.read_back_at
        while True:
            observed = observe(self._ports, upload, job, lease.state, read_back_at)
            decision = decide(observed)
            done = Applier(self._ports, observed).apply(decision.writes, Applied(lease))
            lease = done.lease
            read_back_at = done.read_back_at or read_back_at
            if not done.observe_again:
                break
            upload = self._ports.reader.upload(upload.upload_id)
        if done.read_back_at is None:
            read_back_at = decision.read_back_at
        if decision.settled:
            settled |= {upload.upload_id}
        due_at = decision.due_at(read_back_at, self._clock.now(), self._ports.pace)
        return Result(settled, due_at, read_back_at, observed.at, done.published)

    def _settle_superseded(self, upload_id: str) -> None:
        """Decide, publish and record how an upload ended that a newer one follows."""
        upload = self._ports.reader.upload(upload_id)
        if upload.job is None or upload.job.status != "ACCEPTED":
            return
        outcome = superseded(upload, self._clock.now())
        if upload.outcome is None:
            outcome = self._answers.put_outcome(upload_id, upload.attempt_pair, outcome)
        elif outcome.said:
            return
        elif outcome.kind == "superseded":
            # Decided with the acceptance of the newer one, where it is not counted.
            metrics.UPLOADS_ENDED.labels(outcome=outcome.kind, code=outcome.code or "").inc()
        # Also one that was ready: the notifier that switched it may have died before publishing it.
        self._ports.publisher.publish(upload, upload.job, outcome)
        self._answers.mark_published(upload.job, upload.attempt_pair)
