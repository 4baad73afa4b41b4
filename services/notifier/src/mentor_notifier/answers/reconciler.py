"""Looking at an answer and making GraphQL equal to the jobs table (DESIGN rules 14 to 20).

An event only says "look": duplicates and any order are harmless, because each look reads the
whole state and writes what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from mentor_common.errors import DependencyDownError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import LeaseLostError
from mentor_common.telemetry import error_reports, metrics, tracing
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.answers.sync import Telling

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerKey, Lease
    from mentor_notifier.answers.ports import Ports

_log = get_logger(__name__)
_UNDECIDED_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
_OUTAGE_SECONDS = 5.0


@dataclass(frozen=True)
class Round:
    """What a look leaves behind."""

    settled: frozenset[str]
    due_at: float | None
    read_back_at: float | None


class Looker:
    """Makes GraphQL true about one answer at a time, under that answer's lease."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._answers = ports.answers
        self._clock = ports.clock
        self._refusals = error_reports.ReportThrottle()

    def look(self, answer: AnswerKey) -> None:
        """Look until nothing was wanted meanwhile; nothing when another notifier is at it.

        Binds the upload to the log context.
        """
        lease = self._answers.lease(answer)
        while lease is not None:
            try:
                done = self._round(answer, lease)
            except LeaseLostError:
                self._look_again(answer, lease)
                return
            except DependencyDownError as error:
                now = self._clock.now()
                # What got no answer in time can still be applied, after others have looked.
                self._answers.drop(
                    answer,
                    lease,
                    due_at=now + _OUTAGE_SECONDS,
                    error=error_summary(error),
                    read_back_at=now + self._ports.pace.read_back,
                )
                raise
            except GraphQLRefusedError as error:
                _log.error("GraphQL refuses", error=str(error))
                # The same for all answers: what GraphQL has against one it mostly has against all.
                self._refusals.failed("GraphQL", "GraphQL refuses", error, code="graphql_refuses")
                later = self._clock.now() + _REFUSED_SECONDS
                self._answers.drop(answer, lease, due_at=later, error=error_summary(error))
                return
            if self._answers.release(
                answer,
                lease,
                settled=done.settled,
                due_at=done.due_at,
                read_back_at=done.read_back_at,
            ):
                return
            try:
                lease = self._answers.renew(answer, lease)
            except LeaseLostError:
                self._look_again(answer, lease)
                return

    def _look_again(self, answer: AnswerKey, lease: Lease) -> None:
        """Have somebody look at what we may have written late."""
        _log.warning("lost the right to tell GraphQL")
        self._answers.want(answer, (), read_back=True)
        self._answers.drop(answer, lease, due_at=self._clock.now())

    def _round(self, answer: AnswerKey, lease: Lease) -> Round:
        now = self._clock.now()
        current = self._ports.reader.current(answer)
        if current is not None and not current.accepted:
            return Round(frozenset(), now + _UNDECIDED_SECONDS, lease.notify.read_back_at)
        newest = current.upload_id if current else None
        settled = {old for old in lease.notify.open if old != newest}
        for old in settled:
            self._settle_superseded(old)
        if newest is None:
            return Round(frozenset(settled), None, None)
        bind_contextvars(upload_id=newest)
        upload = self._ports.reader.upload(newest)
        if upload.job is None:
            return Round(frozenset({*settled, newest}), None, None)
        telling = Telling(self._ports, answer, upload, upload.job, lease)
        # A look that a sweep or an older upload's event asked for belongs to this upload's trace.
        with (
            tracing.upload_span("look", upload.job.traceparent, newest),
            metrics.timed(metrics.LOOK_SECONDS),
        ):
            is_settled = telling.tell()
        if is_settled:
            settled.add(newest)
        back = telling.read_back_at
        if is_settled:
            return Round(frozenset(settled), back, back)
        return Round(frozenset(settled), self._clock.now() + self._ports.pace.poll, back)

    def _settle_superseded(self, upload_id: str) -> None:
        upload = self._ports.reader.upload(upload_id)
        if upload.job is None or upload.job.status != "ACCEPTED":
            return
        verdict = self._ports.judge(upload, upload.job, newest=False)
        verdict = self._ports.decide(upload, verdict)
        if upload.outcome is None or not upload.outcome.said:
            if upload.outcome is not None and verdict.kind == "superseded":
                # Decided with the acceptance of the newer one, where nobody counts.
                metrics.UPLOADS_ENDED.labels(outcome=verdict.kind, code=verdict.code or "").inc()
            # Also one that was ready: who switched it may have died before saying so.
            self._ports.herald.say(upload, upload.job, verdict)
            self._answers.mark_said(upload.job, upload.attempt_pair)
