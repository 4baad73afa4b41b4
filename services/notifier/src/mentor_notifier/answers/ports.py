"""What the notifier's decisions need of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_notifier.answers.outcome import Verdict, judge

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.jobs import Answers, Job, Reader, Upload
    from mentor_notifier.answers.gateway import Gateway
    from mentor_notifier.answers.outcome_publisher import Herald


@dataclass(frozen=True)
class Pace:
    """When to look again, in seconds."""

    poll: float = 15
    read_back: float = 60
    stalled: float = 24 * 3600


@dataclass(frozen=True)
class Ports:
    """The jobs table, GraphQL, S3, the topic, and times.

    Parameters
    ----------
    answers, reader
        The jobs table.
    gateway
        GraphQL.
    storage, bucket
        Where transcripts and captions lie.
    herald
        Says outcomes.
    clock, pace
        Times.
    """

    answers: Answers
    reader: Reader
    gateway: Gateway
    storage: Storage
    bucket: str
    herald: Herald
    clock: Clock
    pace: Pace

    def judge(self, upload: Upload, job: Job, *, newest: bool = True) -> Verdict:
        """Judge an upload as of now."""
        now, stalled = self.clock.now(), self.pace.stalled
        return judge(upload, job, newest=newest, now=now, stalled_after=stalled)

    def decide(self, upload: Upload, verdict: Verdict) -> Verdict:
        """Fix a verdict as OUTCOME before anything is told; an earlier decision stands."""
        if verdict.kind == "running" or upload.outcome is not None:
            return verdict
        outcome = verdict.outcome(self.clock.now())
        return Verdict.of(self.answers.put_outcome(upload.upload_id, upload.attempt_pair, outcome))
