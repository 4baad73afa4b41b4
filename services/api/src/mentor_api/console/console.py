"""The console's parts, wired, and what an operator does to a single upload."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import Problem, not_found
from mentor_common.jobs import Answers
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.retry import retry
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.console.actions import Actions
    from mentor_api.console.day import Day
    from mentor_api.console.dead_letters import Letters
    from mentor_api.console.operators import Operators
    from mentor_api.console.queues import Queues
    from mentor_api.console.uploads import Uploads
    from mentor_api.uploads.cancel import Canceller
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Reader, Table
    from mentor_common.operating.audit import Audit
    from mentor_common.operating.dead_letters import DeadLetters

_log = get_logger(__name__)


@dataclass(frozen=True)
class Console:
    """What the routes of the console need."""

    table: Table
    reader: Reader
    clock: Clock
    operators: Operators
    queues: Queues
    uploads: Uploads
    letters: Letters
    actions: Actions
    day: Day
    audit: Audit
    canceller: Canceller
    boxes: Callable[[str], DeadLetters]

    def retry(self, who: str, upload_id: str, kind: TaskKind | None) -> dict[str, int]:
        """Ask for the next attempt of an upload's failed tasks; return which.

        Raises
        ------
        Problem
            404, or 409 where nothing would come of it.
        """
        self._known(upload_id)
        to = {"upload": upload_id, "task": kind}
        try:
            with self.audit.recorded(who, "console", "retry", to) as said:
                opened = retry(upload_id, kind, self.reader, self.boxes)
                said["opens"] = opened
        except RefusedError as error:
            raise Problem(HTTPStatus.CONFLICT, str(error)) from None
        _log.info("operator retried", who=who, upload_id=upload_id, opens=opened)
        return opened

    def cancel(self, who: str, upload_id: str) -> None:
        """Cancel an upload.

        Raises
        ------
        Problem
            404, or 409 for one that has ended.
        """
        self._known(upload_id)
        to = {"upload": upload_id}
        with self.audit.recorded(who, "console", "cancel", to):
            upload = self.canceller.cancel_for(f"operator {who}", upload_id)
            if upload.job is not None:
                # A lease of no length: the notifier's sweep looks at once.
                answers = Answers(self.table, self.clock, lease_seconds=0)
                answers.request(upload.job.answer, (upload_id,))
        _log.info("operator cancelled", who=who, upload_id=upload_id)

    def _known(self, upload_id: str) -> None:
        if self.reader.upload(upload_id).job is None:
            raise not_found("there is no upload with this id; the list shows those there are")
