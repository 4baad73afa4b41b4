"""Wiring of the notifier."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mentor_common.adapters import Adapters
from mentor_common.consumer import Wiring
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Answers
from mentor_notifier.gateway import Gateway
from mentor_notifier.handlers import handlers, sweep
from mentor_notifier.herald import Herald
from mentor_notifier.look import Looker
from mentor_notifier.ports import Pace, Ports

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import SqsQueue
    from mentor_notifier.settings import NotifierSettings


def build(settings: NotifierSettings, _queue: SqsQueue, _scratch: Path) -> Wiring:
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
        herald=Herald(adapters.topic, adapters.clock),
        clock=adapters.clock,
        pace=Pace(settings.poll_seconds, settings.read_back_seconds, settings.stalled_seconds),
    )
    looker = Looker(ports)
    return Wiring(
        handlers=handlers(answers, looker),
        probes={**adapters.probes(settings.static_bucket), "graphql": graphql.probe},
        sweeps={partial(sweep, answers, looker): settings.sweep_seconds},
    )
