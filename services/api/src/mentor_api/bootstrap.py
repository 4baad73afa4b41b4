"""Wiring of the api's two processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.accept import Acceptor, Buckets
from mentor_api.cancel import Canceller
from mentor_api.captioning import Captioner
from mentor_api.heard import Heard
from mentor_api.ingest import Sweep
from mentor_api.permissions import Permissions
from mentor_api.presign import Presigner
from mentor_api.publishing import Publisher
from mentor_api.readiness import Readiness
from mentor_common.adapters import Adapters
from mentor_common.consumer import Wiring
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Intake

if TYPE_CHECKING:
    from mentor_api.settings import IngestSettings, WebSettings
    from mentor_common.consumer import SqsQueue
    from mentor_common.jobs import Reader

_SWEEP_SECONDS = 5.0


@dataclass(frozen=True)
class Web:
    """What the routes need."""

    settings: WebSettings
    acceptor: Acceptor
    reader: Reader
    presigner: Presigner
    readiness: Readiness
    permissions: Permissions
    publisher: Publisher
    captioner: Captioner
    canceller: Canceller


def web(settings: WebSettings) -> Web:
    """Wire the web process."""
    adapters = Adapters.connect(settings)
    graphql = GraphQLClient(settings)
    probes = {**adapters.probes(settings.signed_upload_bucket), "graphql": graphql.probe}
    permissions = Permissions(graphql)
    publisher = Publisher(
        graphql,
        adapters.storage,
        adapters.clock,
        settings.static_bucket,
        settings.static_url_base,
    )
    heard = Heard(adapters.reader, adapters.storage, settings.static_bucket)
    return Web(
        settings=settings,
        acceptor=accepting(settings, adapters, graphql),
        reader=adapters.reader,
        presigner=Presigner(settings),
        readiness=Readiness(probes, adapters.clock),
        permissions=permissions,
        publisher=publisher,
        captioner=Captioner(permissions, publisher, heard),
        canceller=Canceller(
            permissions,
            Intake(adapters.table, adapters.clock),
            adapters.reader,
            adapters.topic,
        ),
    )


def accepting(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Acceptor:
    """Wire the acceptance of uploads to a given outside."""
    return Acceptor(
        permissions=Permissions(graphql),
        heard=Heard(adapters.reader, adapters.storage, settings.static_bucket),
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
            max_bytes=settings.upload_max_bytes,
        ),
    )


def ingest(settings: IngestSettings, _queue: SqsQueue) -> Wiring:
    """Wire the ingest worker to the real outside."""
    return wire_ingest(settings, Adapters.connect(settings), GraphQLClient(settings))


def wire_ingest(settings: IngestSettings, adapters: Adapters, graphql: GraphQLClient) -> Wiring:
    """Wire the ingest worker to a given outside."""
    intake = Intake(adapters.table, adapters.clock)
    sweep = Sweep(intake, adapters.reader, adapters.topic, graphql, adapters.clock)
    return Wiring(
        handlers={},
        probes={**adapters.probes(settings.static_bucket), "graphql": graphql.probe},
        sweeps={sweep.run: _SWEEP_SECONDS},
    )
