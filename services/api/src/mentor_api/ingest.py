"""Wiring of the ingest worker, which serves nobody and needs nothing of the web process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mentor_api.console.action_rounds import Rounds
from mentor_api.console.action_sweep import ActionSweep
from mentor_api.console.actions import Actions
from mentor_api.transfers.canary import MediumCanary
from mentor_api.transfers.copier import Copier
from mentor_api.transfers.copying import FanOut, Manifests, medium_runner
from mentor_api.transfers.remote import Exceptions, FetchLimits, Hosts, RemoteFetcher
from mentor_api.transfers.sweep import TransferSweep
from mentor_api.uploads.gateway import Gateway
from mentor_api.uploads.gauges import Gauges, WaitingLog
from mentor_api.uploads.sweep import Sweep
from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.events import MediaCopyRequested, MentorImported
from mentor_common.explain import Backlog
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Intake
from mentor_common.operating.audit import Audit
from mentor_common.operating.dead_letter_queue import DeadLetterQueues
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import TransferReader
from mentor_common.work.worker import Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mentor_api.settings import IngestSettings
    from mentor_common.consumer import Queue
    from mentor_common.consumer.loop import Handler

_SWEEP_SECONDS = 5.0
_ACTION_SECONDS = 2.0
_GAUGE_SECONDS = 10.0
_LOG_SECONDS = 60.0


def build(settings: IngestSettings, queue: Queue, scratch: Path) -> Wiring:
    """Wire the ingest worker to the real adapters."""
    adapters = Adapters.connect(settings)
    handlers = copying(settings, adapters, queue, scratch)
    graphql, backlog = GraphQLClient(settings), Backlog(adapters.table, adapters.clock)
    wiring = wire_ingest(settings, adapters, graphql, handlers)
    return replace(
        wiring,
        gauges={
            Gauges(backlog, adapters.clock).run: _GAUGE_SECONDS,
            WaitingLog(backlog, adapters.clock).run: _LOG_SECONDS,
        },
        canary=MediumCanary(adapters, graphql, settings),
    )


def wire_ingest(
    settings: IngestSettings,
    adapters: Adapters,
    graphql: GraphQLClient,
    handlers: Mapping[str, Handler] | None = None,
) -> Wiring:
    """Wire the ingest worker to given adapters; without handlers it only sweeps."""
    intake = Intake(adapters.table, adapters.clock)
    gateway = Gateway(graphql)
    sweep = Sweep(intake, adapters.reader, adapters.topic, gateway, adapters.clock)
    transfer_sweep = TransferSweep(
        TransferIntake(adapters.table, adapters.clock),
        TransferReader(adapters.table),
        adapters.topic,
        graphql,
        adapters.clock,
    )
    sweeps = {sweep.run: _SWEEP_SECONDS, transfer_sweep.run: _SWEEP_SECONDS}
    if settings.console_enabled:
        sweeps[ActionSweep(operating(settings, adapters)).run] = _ACTION_SECONDS
    return Wiring(
        handlers=handlers or {},
        probes={**adapters.probes(settings.static_bucket), "graphql": graphql.probe},
        sweeps=sweeps,
    )


def operating(settings: IngestSettings, adapters: Adapters) -> Actions:
    """Wire operators' actions to given adapters."""
    queues = DeadLetterQueues(clients.client("sqs", settings.aws_region), settings)
    bucket = settings.signed_upload_bucket
    rounds = Rounds(queues, adapters.reader, adapters.storage, bucket)
    audit = Audit(adapters.table, adapters.clock)
    return Actions(adapters.table, adapters.clock, audit, rounds)


def copying(
    settings: IngestSettings, adapters: Adapters, queue: Queue, scratch: Path
) -> dict[str, Handler]:
    """Return the handlers that copy the media of transfers."""
    reader = TransferReader(adapters.table)
    manifests = Manifests(adapters.storage)
    answer_seconds = settings.remote_fetch_answer_seconds
    limits = FetchLimits(
        settings.remote_fetch_max_bytes,
        settings.remote_fetch_seconds,
        answer_seconds,
        idle_seconds=answer_seconds,
        pauses=settings.remote_fetch_pauses,
    )
    hosts = Hosts(max(1, settings.concurrency // 2), pause_seconds=1.5 * answer_seconds)
    copier = Copier(
        storage=adapters.storage,
        bucket=settings.static_bucket,
        fetcher=RemoteFetcher(limits, Exceptions.parse(settings.remote_fetch_exceptions), hosts),
        static_url_base=settings.static_url_base,
        max_bytes=settings.remote_fetch_max_bytes,
    )
    work = medium_runner(
        manifests,
        copier,
        scratch,
        adapters,
        queue,
        lease_seconds=settings.visibility_seconds,
        max_starts=settings.max_starts,
    )
    return {
        MentorImported.TYPE: FanOut(manifests, reader, adapters.topic, adapters.clock),
        MediaCopyRequested.TYPE: work,
    }
