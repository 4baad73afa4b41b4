"""Wiring of the operator's console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_api.console.actions import Actions
from mentor_api.console.console import Console
from mentor_api.console.day import Day
from mentor_api.console.dead_letters import Letters
from mentor_api.console.operators import Operators
from mentor_api.console.queues import Queues
from mentor_api.console.uploads import Uploads
from mentor_common.aws import clients
from mentor_common.explain import Backlog
from mentor_common.operating.ages import Ages
from mentor_common.operating.audit import Audit
from mentor_common.operating.dead_letters import DeadLetters

if TYPE_CHECKING:
    from mentor_api.console.console import Canceller
    from mentor_api.http.permissions import Permissions
    from mentor_api.settings import WebSettings
    from mentor_common.adapters import Adapters


def operating(
    settings: WebSettings, adapters: Adapters, permissions: Permissions, canceller: Canceller
) -> Console:
    """Wire the console to a given outside."""
    table, reader, clock = adapters.table, adapters.reader, adapters.clock
    region, bucket = settings.aws_region, settings.signed_upload_bucket
    sqs = clients.client("sqs", region)
    audit = Audit(table, clock)
    backlog = Backlog(table, clock)

    def boxes(service: str) -> DeadLetters:
        return DeadLetters(sqs, service, *settings.stage_queue_names(service))

    return Console(
        table=table,
        reader=reader,
        clock=clock,
        operators=Operators(permissions, clock),
        queues=Queues(boxes, Ages(clients.client("cloudwatch", region)), backlog, clock),
        uploads=Uploads(table, reader, clock, backlog, settings.trace_url_template),
        letters=Letters(boxes, reader),
        actions=Actions(table, clock, audit, boxes, adapters.storage, bucket),
        day=Day(table, clock),
        audit=audit,
        canceller=canceller,
        boxes=boxes,
    )
