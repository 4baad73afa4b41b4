"""The outside as reconciling an answer needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.jobs import FIRST_LOOK_SECONDS

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.jobs import Answers, Reader
    from mentor_notifier.answers.gateway import Gateway
    from mentor_notifier.answers.outcome_publisher import OutcomePublisher


@dataclass(frozen=True)
class Pace:
    """When to reconcile again, in seconds."""

    poll: float = 15
    read_back: float = 60
    stalled: float = 24 * 3600
    first_look: float = FIRST_LOOK_SECONDS


@dataclass(frozen=True)
class Ports:
    """The jobs table, GraphQL, S3, the topic, and times."""

    answers: Answers
    reader: Reader
    gateway: Gateway
    storage: Storage
    bucket: str
    publisher: OutcomePublisher
    clock: Clock
    pace: Pace
