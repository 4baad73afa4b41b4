"""The console's parts, wired, and what an operator does to a single upload."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.console.action_rounds import Rounds
from mentor_api.console.actions import Actions, Beginner
from mentor_api.console.day import LastDay
from mentor_api.console.models import NO_UPLOAD
from mentor_api.console.operators import Operators
from mentor_api.console.selection import Selector
from mentor_api.console.uploads import Uploads
from mentor_api.http.problems import Problem, not_found
from mentor_common.aws import clients
from mentor_common.explain import Backlog
from mentor_common.jobs import Answers
from mentor_common.operating.ages import OldestMessageAges
from mentor_common.operating.audit import Audit
from mentor_common.operating.dead_letter_queue import DeadLetterQueues
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.retry import retry
from mentor_common.operating.search import UploadFinder
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.http.permissions import Permissions
    from mentor_api.settings import WebSettings
    from mentor_common.adapters import Adapters
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Reader, Table, Upload

    Cancel = Callable[[str, str], Upload]

_log = get_logger(__name__)


@dataclass(frozen=True)
class Console:
    """Everything that the routes of the console need."""

    stage: str
    table: Table
    reader: Reader
    clock: Clock
    queues: DeadLetterQueues
    ages: OldestMessageAges
    backlog: Backlog
    operators: Operators
    uploads: Uploads
    actions: Actions
    beginner: Beginner
    day: LastDay
    audit: Audit
    cancel_upload: Cancel

    @classmethod
    def connect(
        cls, settings: WebSettings, adapters: Adapters, permissions: Permissions, cancel: Cancel
    ) -> Console:
        """Wire the console to a given outside.

        ``cancel`` cancels an upload by its id for a user who may, named first.
        """
        table, reader, clock = adapters.table, adapters.reader, adapters.clock
        region, bucket = settings.aws_region, settings.signed_upload_bucket
        queues = DeadLetterQueues(
            clients.client("sqs", region, most_calls=settings.web_calls), settings
        )
        audit = Audit(table, clock)
        finder = UploadFinder(table, reader, clock)
        rounds = Rounds(queues, reader, adapters.storage, bucket)
        actions = Actions(table, clock, audit, rounds)
        backlog = Backlog(table, clock)
        return cls(
            stage=settings.stage,
            table=table,
            reader=reader,
            clock=clock,
            queues=queues,
            ages=OldestMessageAges(
                clients.client("cloudwatch", region, most_calls=settings.web_calls)
            ),
            backlog=backlog,
            operators=Operators(permissions, clock),
            uploads=Uploads(finder, reader, clock, backlog, settings.trace_url_template),
            actions=actions,
            beginner=Beginner(actions, Selector(queues, finder, clock)),
            day=LastDay(table, clock),
            audit=audit,
            cancel_upload=cancel,
        )

    def retry(self, who: str, upload_id: str, kind: TaskKind | None) -> dict[str, int]:
        """Ask for the next attempt of an upload's failed tasks; return task to attempt.

        Raises
        ------
        Problem
            404, or 409 where nothing would come of it.
        """
        self._check_known(upload_id)
        to = {"upload": upload_id, "task": kind}
        try:
            with self.audit.recorded(who, "console", "retry", to) as result:
                opened = retry(upload_id, kind, self.reader, self.queues)
                result["opens"] = opened
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
        self._check_known(upload_id)
        with self.audit.recorded(who, "console", "cancel", {"upload": upload_id}):
            upload = self.cancel_upload(f"operator {who}", upload_id)
            if upload.job is not None:
                # A lease of no length: the notifier's sweep reconciles at once.
                answers = Answers(self.table, self.clock, lease_seconds=0)
                answers.request(upload.job.answer, (upload_id,))
        _log.info("operator cancelled", who=who, upload_id=upload_id)

    def _check_known(self, upload_id: str) -> None:
        if self.reader.upload(upload_id).job is None:
            raise not_found(NO_UPLOAD)
