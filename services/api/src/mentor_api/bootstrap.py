"""Wiring of the web process; the ingest worker's is in :mod:`mentor_api.ingest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_api.captions import routes as captions
from mentor_api.captions.answer_texts import AnswerTexts
from mentor_api.captions.captioner import Captioner
from mentor_api.captions.transcripts import Transcripts
from mentor_api.console import routes as console
from mentor_api.console.console import Console
from mentor_api.http import health, pages
from mentor_api.http.app import STREAMS, create_app
from mentor_api.http.asset_store import AssetStore
from mentor_api.http.permissions import Permissions
from mentor_api.http.readiness import Readiness
from mentor_api.mentors import routes as mentors
from mentor_api.mentors.directory import MentorDirectory
from mentor_api.openapi import routes as openapi
from mentor_api.pictures import routes as pictures
from mentor_api.pictures.decoder import PictureDecoder
from mentor_api.pictures.store import PictureStore
from mentor_api.presign import Presigner
from mentor_api.resumable import routes as resumable
from mentor_api.resumable.parts import Resumable
from mentor_api.transfers import routes as transfers
from mentor_api.transfers.accept import TransferAcceptor
from mentor_api.transfers.status import TransferStatuses
from mentor_api.uploads import routes as uploads
from mentor_api.uploads.accept import Acceptor
from mentor_api.uploads.cancel import Canceller
from mentor_api.uploads.edited_transcript import EditedTranscripts
from mentor_api.uploads.gateway import Gateway
from mentor_api.uploads.retry import Retrier
from mentor_api.uploads.source import Sources
from mentor_api.uploads.status import Statuses
from mentor_api.uploads.streaming import Streams
from mentor_api.word_timings import WordTimings
from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.explain import Backlog
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Intake
from mentor_common.operating.dead_letter_queue import DeadLetterQueues
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import TransferReader

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from mentor_api.settings import WebSettings

_REQUIRED = frozenset({"dynamodb"})
"""Dependencies without which the web process is of no use: uploads are accepted there."""


def web(settings: WebSettings) -> Flask:
    """Return the application of the web process, wired to the real adapters."""
    adapters = Adapters.connect(settings, settings.web_calls)
    graphql = GraphQLClient(settings, settings.web_calls)
    streams = Streams(
        settings.events_max_streams, settings.events_max_seconds, settings.events_reads_per_second
    )
    probes = {**adapters.probes(settings.signed_upload_bucket), "graphql": graphql.probe}
    app = create_app(
        settings,
        _features(settings, adapters, graphql, streams),
        health.blueprint(Readiness(probes, required=_REQUIRED)),
    )
    app.extensions[STREAMS] = streams
    return app


def _features(
    settings: WebSettings, adapters: Adapters, graphql: GraphQLClient, streams: Streams
) -> list[Blueprint]:
    """Return the routes of each feature."""
    prefix, permissions, presigner = settings.url_prefix, Permissions(graphql), Presigner(settings)
    max_video, decoder = settings.resumable_max_bytes, PictureDecoder(settings.image_max_pixels)
    canceller = cancelling(adapters, graphql)
    retrier = retrying(settings, adapters, graphql)
    assets = _asset_store(settings, adapters, graphql)
    parts = Resumable(adapters.storage, presigner, settings.signed_upload_bucket, max_video)
    features = [
        uploads.sending(presigner, accepting(settings, adapters, graphql), prefix),
        resumable.blueprint(parts),
        uploads.following(_statuses(settings, adapters, permissions), streams, canceller, retrier),
        pictures.blueprint(PictureStore(permissions, assets, decoder)),
        _captions(settings, adapters, graphql),
        transfers.blueprint(
            transferring(settings, adapters, graphql),
            TransferStatuses(permissions, TransferReader(adapters.table)),
            max_body=settings.transfer_max_bytes,
            url_prefix=prefix,
        ),
        mentors.blueprint(MentorDirectory(graphql, permissions), max_video),
        openapi.blueprint(prefix),
        pages.blueprint(settings),
    ]
    if settings.console_enabled:
        operated = Console.connect(settings, adapters, permissions, canceller.cancel_for)
        features.append(console.blueprint(operated))
    return features


def _statuses(settings: WebSettings, adapters: Adapters, permissions: Permissions) -> Statuses:
    backlog = Backlog(adapters.table, adapters.clock)
    base = settings.static_url_base
    return Statuses(permissions, adapters.reader, adapters.clock, backlog, base)


def _asset_store(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> AssetStore:
    bucket, base = settings.static_bucket, settings.static_url_base
    return AssetStore(graphql, adapters.storage, adapters.clock, bucket, base)


def _word_timings(settings: WebSettings, adapters: Adapters) -> WordTimings:
    return WordTimings(adapters.reader, adapters.storage, settings.static_bucket)


def _captions(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Blueprint:
    permissions = Permissions(graphql)
    asset_store = _asset_store(settings, adapters, graphql)
    texts = AnswerTexts(graphql, asset_store, adapters.reader)
    captioner = Captioner(permissions, texts, _word_timings(settings, adapters))
    return captions.blueprint(captioner, Transcripts(permissions, texts))


def cancelling(adapters: Adapters, graphql: GraphQLClient) -> Canceller:
    """Wire the cancelling of uploads to given adapters."""
    intake = Intake(adapters.table, adapters.clock)
    return Canceller(Permissions(graphql), intake, adapters.reader, adapters.topic)


def retrying(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Retrier:
    """Wire the retrying of uploads to given adapters."""
    sqs = clients.client("sqs", settings.aws_region, most_calls=settings.web_calls)
    queues = DeadLetterQueues(sqs, settings)
    intake = Intake(adapters.table, adapters.clock)
    return Retrier(Permissions(graphql), intake, adapters.reader, queues)


def transferring(
    settings: WebSettings, adapters: Adapters, graphql: GraphQLClient
) -> TransferAcceptor:
    """Wire the acceptance of transfers to given adapters."""
    return TransferAcceptor(
        permissions=Permissions(graphql),
        graphql=graphql,
        storage=adapters.storage,
        topic=adapters.topic,
        clock=adapters.clock,
        intake=TransferIntake(adapters.table, adapters.clock),
        reader=TransferReader(adapters.table),
        bucket=settings.signed_upload_bucket,
    )


def accepting(settings: WebSettings, adapters: Adapters, graphql: GraphQLClient) -> Acceptor:
    """Wire the acceptance of uploads to given adapters."""
    return Acceptor(
        gateway=Gateway(graphql, settings.static_url_base),
        sources=Sources(
            adapters.storage,
            settings.signed_upload_bucket,
            max_bytes=max(settings.upload_max_bytes, settings.resumable_max_bytes),
            form_max_bytes=settings.upload_max_bytes,
        ),
        edited_transcripts=EditedTranscripts(
            _word_timings(settings, adapters),
            adapters.storage,
            settings.static_bucket,
            settings.static_url_base,
        ),
        intake=Intake(adapters.table, adapters.clock),
        reader=adapters.reader,
        topic=adapters.topic,
        clock=adapters.clock,
    )
