"""Wiring of the notifier."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mentor_common.adapters import Adapters
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Answers
from mentor_common.transfers.imports import Imports
from mentor_common.transfers.model import TransferReader
from mentor_common.work.worker import Wiring
from mentor_notifier.answers.gateway import Gateway
from mentor_notifier.answers.outcome_publisher import OutcomePublisher
from mentor_notifier.answers.ports import Pace, Ports
from mentor_notifier.answers.reconciler import Reconciler
from mentor_notifier.canary import AnswerCanary
from mentor_notifier.handlers import handlers, sweep, transfer_handlers
from mentor_notifier.transfers.answer_writer import AnswerWriter
from mentor_notifier.transfers.decide import TransferPace
from mentor_notifier.transfers.gateway import TransferGateway
from mentor_notifier.transfers.importing import Importer
from mentor_notifier.transfers.reconciler import TransferReconciler

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import Queue
    from mentor_notifier.settings import NotifierSettings


def build(settings: NotifierSettings, _queue: Queue, _scratch: Path) -> Wiring:
    """Wire the worker to the real outside."""
    return wire(settings, Adapters.connect(settings), GraphQLClient(settings))


def wire(settings: NotifierSettings, adapters: Adapters, graphql: GraphQLClient) -> Wiring:
    """Wire the worker to a given outside."""
    answers = Answers(adapters.table, adapters.clock, settings.lease_seconds)
    ports = Ports(
        answers=answers,
        reader=adapters.reader,
        gateway=Gateway(graphql),
        storage=adapters.storage,
        bucket=settings.static_bucket,
        publisher=OutcomePublisher(adapters.topic),
        clock=adapters.clock,
        pace=Pace(settings.poll_seconds, settings.read_back_seconds, settings.stalled_seconds),
    )
    reconciler = Reconciler(ports)
    importer = importing(settings, adapters, graphql)
    return Wiring(
        handlers={**handlers(answers, reconciler), **transfer_handlers(importer)},
        probes={**adapters.probes(settings.static_bucket), "graphql": graphql.probe},
        sweeps={
            partial(sweep, answers, reconciler): settings.sweep_seconds,
            importer.reconciler.sweep: settings.transfer_sweep_seconds,
        },
        canary=AnswerCanary(adapters, graphql),
    )


def importing(settings: NotifierSettings, adapters: Adapters, graphql: GraphQLClient) -> Importer:
    """Wire the notifier's part in transfers."""
    gateway = TransferGateway(graphql, settings.import_timeout_seconds)
    imports = Imports(adapters.table, adapters.clock, settings.visibility_seconds)
    reader = TransferReader(adapters.table)
    writer = AnswerWriter(
        imports, adapters.reader, reader, gateway, adapters.storage, settings.static_bucket
    )
    pace = TransferPace(settings.transfer_repeat_seconds, settings.transfer_stalled_seconds)
    reconciler = TransferReconciler(
        imports, reader, gateway, writer, adapters.topic, adapters.clock, pace
    )
    return Importer(
        imports,
        reader,
        gateway,
        adapters.storage,
        adapters.clock,
        reconciler,
        settings.transfer_stalled_seconds,
    )
