"""Wiring of the api's two processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.captions.captioner import Captioner
from mentor_api.console.console import Console
from mentor_api.http.asset_store import AssetStore
from mentor_api.http.permissions import Permissions
from mentor_api.http.readiness import Readiness
from mentor_api.mentors.mentors import MentorDirectory
from mentor_api.presign import Presigner
from mentor_api.resumable.parts import Resumable
from mentor_api.transfers.accept import TransferAcceptor
from mentor_api.transfers.copier import Copier
from mentor_api.transfers.copying import FanOut, Manifests, medium_runner
from mentor_api.transfers.remote import Exceptions, FetchLimits, Hosts, RemoteFetcher
from mentor_api.transfers.sweep import TransferSweep
from mentor_api.uploads.accept import Acceptor, Buckets
from mentor_api.uploads.cancel import Canceller
from mentor_api.uploads.gauges import Gauges
from mentor_api.uploads.retry import Retrier
from mentor_api.uploads.status import Statuses
from mentor_api.uploads.streaming import Streams
from mentor_api.uploads.sweep import Sweep
from mentor_api.word_timings import WordTimings
from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.events import MediaCopyRequested, MentorImported
from mentor_common.explain import Backlog
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Intake
from mentor_common.operating.dead_letter_queue import DeadLetterQueues
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import TransferReader
from mentor_common.work.worker import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mentor_api.settings import IngestSettings, WebSettings
    from mentor_common.consumer import Queue
    from mentor_common.consumer.loop import Handler
    from mentor_common.jobs import Reader

_SWEEP_SECONDS = 5.0
_GAUGE_SECONDS = 10.0


@dataclass(frozen=True)
class Web:
    """What the routes need."""

    settings: WebSettings
    acceptor: Acceptor
    reader: Reader
    statuses: Statuses
    presigner: Presigner
    readiness: Readiness
    permissions: Permissions
    asset_store: AssetStore
    captioner: Captioner
    canceller: Canceller
    transfers: TransferAcceptor
    resumable: Resumable
    retrier: Retrier
    mentors: MentorDirectory
    streams: Streams
    console: Console | None


def web(settings: WebSettings) -> Web:
    """Wire the web process."""
    adapters = Adapters.connect(settings)
    graphql = GraphQLClient(settings)
    probes = {**adapters.probes(settings.signed_upload_bucket), "graphql": graphql.probe}
    permissions = Permissions(graphql)
    asset_store = AssetStore(
        graphql,
        adapters.storage,
        adapters.clock,
        settings.static_bucket,
        settings.static_url_base,
    )
    presigner = Presigner(settings)
    word_timings = WordTimings(adapters.reader, adapters.storage, settings.static_bucket)
    canceller = cancelling(adapters, graphql)
    return Web(
        settings=settings,
        acceptor=accepting(settings, adapters, graphql),
        reader=adapters.reader,
        statuses=Statuses(
            adapters.reader,
            adapters.clock,
            Backlog(adapters.table, adapters.clock),
            settings.static_url_base,
        ),
        presigner=presigner,
        readiness=Readiness(probes, adapters.clock),
        permissions=permissions,
        asset_store=asset_store,
        captioner=Captioner(permissions, asset_store, word_timings),
        resumable=Resumable(
            adapters.storage,
            presigner,
            settings.signed_upload_bucket,
            settings.resumable_max_bytes,
        ),
        canceller=canceller,
        retrier=retrying(settings, adapters, graphql),
        mentors=MentorDirectory(graphql, permissions),
        streams=Streams(settings.streams, settings.events_max_seconds),
        transfers=transferring(settings, adapters, graphql),
        console=Console.connect(settings, adapters, permissions, canceller.cancel_for)
        if settings.console_enabled
        else None,
    )


def cancelling(adapters: Adapters, graphql: GraphQLClient) -> Canceller:
    """Wire the cancelling of uploads to a given outside."""
    intake = Intake(adapters.table, adapters.clock)
    return Canceller(Permissions(graphql), intake, adapters.reader, adapters.topic)


def retrying(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Retrier:
    """Wire the retrying of uploads to a given outside."""
    queues = DeadLetterQueues(clients.client("sqs", settings.aws_region), settings)
    intake = Intake(adapters.table, adapters.clock)
    return Retrier(Permissions(graphql), intake, adapters.reader, queues)


def transferring(
    settings: WebSettings, adapters: Adapters, graphql: GraphQLClient
) -> TransferAcceptor:
    """Wire the acceptance of transfers to a given outside."""
    return TransferAcceptor(
        graphql=graphql,
        storage=adapters.storage,
        topic=adapters.topic,
        clock=adapters.clock,
        intake=TransferIntake(adapters.table, adapters.clock),
        reader=TransferReader(adapters.table),
        bucket=settings.signed_upload_bucket,
    )


def accepting(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Acceptor:
    """Wire the acceptance of uploads to a given outside."""
    return Acceptor(
        permissions=Permissions(graphql),
        word_timings=WordTimings(adapters.reader, adapters.storage, settings.static_bucket),
        graphql=graphql,
        storage=adapters.storage,
        intake=Intake(adapters.table, adapters.clock),
        reader=adapters.reader,
        topic=adapters.topic,
        clock=adapters.clock,
        buckets=Buckets(
            uploads=settings.signed_upload_bucket,
            static=settings.static_bucket,
            static_url_base=settings.static_url_base,
            max_bytes=max(settings.upload_max_bytes, settings.resumable_max_bytes),
            form_max_bytes=settings.upload_max_bytes,
        ),
    )


def ingest(settings: IngestSettings, queue: Queue, scratch: Path) -> Wiring:
    """Wire the ingest worker to the real outside."""
    adapters = Adapters.connect(settings)
    handlers = copying(settings, adapters, queue, scratch)
    gauges = Gauges(Backlog(adapters.table, adapters.clock), adapters.clock)
    sweeps = {gauges.run: _GAUGE_SECONDS}
    return wire_ingest(settings, adapters, GraphQLClient(settings), handlers, sweeps)


def wire_ingest(
    settings: IngestSettings,
    adapters: Adapters,
    graphql: GraphQLClient,
    handlers: Mapping[str, Handler] | None = None,
    sweeps: Mapping[Callable[[], None], float] | None = None,
) -> Wiring:
    """Wire the ingest worker to a given outside; without handlers it only sweeps.

    ``sweeps`` are more functions to call, with the seconds between their calls.
    """
    intake = Intake(adapters.table, adapters.clock)
    sweep = Sweep(intake, adapters.reader, adapters.topic, graphql, adapters.clock)
    transfer_sweep = TransferSweep(
        TransferIntake(adapters.table, adapters.clock),
        TransferReader(adapters.table),
        adapters.topic,
        graphql,
        adapters.clock,
    )
    return Wiring(
        handlers=handlers or {},
        probes={**adapters.probes(settings.static_bucket), "graphql": graphql.probe},
        sweeps={
            sweep.run: _SWEEP_SECONDS,
            transfer_sweep.run: _SWEEP_SECONDS,
            **(sweeps or {}),
        },
    )


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
    hosts = Hosts(max(1, settings.concurrency // 2), rest_seconds=1.5 * answer_seconds)
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
