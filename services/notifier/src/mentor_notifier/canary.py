"""The notifier's canary message: the end of a task of an upload that nobody has."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentor_common.events import CANARY, Event, TaskCompleted
from mentor_common.work.canary import ANSWER, CanaryError, expire
from mentor_notifier.answers.gateway import Gateway

if TYPE_CHECKING:
    from mentor_common.adapters import Adapters
    from mentor_common.graphql import GraphQLClient


@dataclass(frozen=True)
class AnswerCanary:
    """An answer to reconcile that has no upload; see :class:`mentor_common.work.canary.Canary`.

    Reconciling ends before GraphQL is read, so that is read first; nothing is written there.
    """

    adapters: Adapters
    graphql: GraphQLClient
    upload_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self) -> Event:
        """Read the answer from GraphQL; return the message that asks to reconcile it."""
        self.graphql.check_credential()
        Gateway(self.graphql).read(ANSWER)
        data = TaskCompleted(
            upload_id=self.upload_id,
            mentor=CANARY,
            question=CANARY,
            task="transcode",
            names=["transcoding-web", "transcoding-mobile"],
            attempt=1,
            results={},
        )
        return Event.of(data, service="transcoder", step="", at=self.adapters.clock.now())

    def outcome(self) -> str:
        """Say that the answer's item was written, and that nothing is left to do about it."""
        state = self.adapters.reader.answer_state(ANSWER)
        if state is None:
            raise CanaryError("the answer has no item")
        if self.upload_id in state.open:
            raise CanaryError("the upload is not settled; it was left to another notifier's lease")
        return "GraphQL was read, the answer leased and released"

    def expire(self) -> None:
        """Let the answer's item be removed."""
        expire(self.adapters, ANSWER.pk, "NOTIFY")
