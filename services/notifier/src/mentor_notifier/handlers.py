"""Every event asks the notifier for the same: to reconcile that upload's answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from mentor_common.events import (
    MODELS,
    AlignmentRequested,
    AnswerFailed,
    AnswerReady,
    MediaCopied,
    MediaCopyFailed,
    TaskStarted,
    TransferRequested,
    UploadAccepted,
    UploadData,
)
from mentor_common.jobs import FIRST_LOOK_SECONDS, AnswerKey
from mentor_common.sweeping import Sweeping

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery
    from mentor_common.consumer.loop import Handler
    from mentor_common.jobs import Answers
    from mentor_notifier.answers.reconciler import Reconciler
    from mentor_notifier.transfers.importing import Importer

_sweeping = Sweeping("an answer was not reconciled")
_BEGINNINGS = {UploadAccepted.TYPE: FIRST_LOOK_SECONDS, TaskStarted.TYPE: 0.0}
"""They end nothing: a sweep in so many seconds reconciles once for all of them."""
_NO_NEWS = {AnswerReady.TYPE, AnswerFailed.TYPE, AlignmentRequested.TYPE}
"""The notifier's own, and what is published beside an acceptance and says no more."""


def handlers(answers: Answers, reconciler: Reconciler) -> dict[str, Handler]:
    """Return event type to handler: all that the others publish."""

    async def reconcile(delivery: Delivery) -> None:
        data = cast("UploadData", delivery.event.data)
        answer = AnswerKey(data.mentor, data.question)
        await asyncio.to_thread(reconciler.reconcile, answer, (data.upload_id,))

    async def request(delivery: Delivery) -> None:
        data = cast("UploadData", delivery.event.data)
        answer = AnswerKey(data.mentor, data.question)
        after = _BEGINNINGS[delivery.event.data.TYPE]
        await asyncio.to_thread(answers.request, answer, (data.upload_id,), after=after)

    return {
        name: request if name in _BEGINNINGS else reconcile
        for name, model in MODELS.items()
        if issubclass(model, UploadData) and name not in _NO_NEWS
    }


def transfer_handlers(importer: Importer) -> dict[str, Handler]:
    """Return event type to handler of what is published about transfers."""

    async def handle(delivery: Delivery) -> None:
        # Thousands of media end within seconds; the sweep reconciles once for all of them.
        transfer_id = delivery.event.data.subject
        await asyncio.to_thread(importer.imports.request, transfer_id)

    return {
        TransferRequested.TYPE: importer,
        MediaCopied.TYPE: handle,
        MediaCopyFailed.TYPE: handle,
    }


def sweep(answers: Answers, reconciler: Reconciler) -> None:
    """Reconcile every answer whose due time has come."""
    _sweeping.each(
        answers.due(),
        reconciler.reconcile,
        answers.set_aside,
        lambda answer: {"mentor": answer.mentor, "question": answer.question},
    )
