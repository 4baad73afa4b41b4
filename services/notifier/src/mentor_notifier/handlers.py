"""Every event says the same to the notifier: look at that upload."""

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
    TransferRequested,
    UploadData,
)
from mentor_common.jobs import AnswerKey
from mentor_common.sweeping import Sweeping

if TYPE_CHECKING:
    from mentor_common.consumer import Delivery
    from mentor_common.consumer.loop import Handler
    from mentor_common.jobs import Answers
    from mentor_notifier.answers.reconciler import Looker
    from mentor_notifier.transfers.importing import Importer

_sweeping = Sweeping("an answer cannot be looked at")
_NO_NEWS = {AnswerReady.TYPE, AnswerFailed.TYPE, AlignmentRequested.TYPE}
"""The notifier's own, and what says no more than the acceptance that it is said beside."""


def handlers(answers: Answers, looker: Looker) -> dict[str, Handler]:
    """Return event type to handler: all of what the others say."""

    def want_and_look(answer: AnswerKey, upload_id: str) -> None:
        answers.want(answer, (upload_id,))
        looker.look(answer)

    async def handle(delivery: Delivery) -> None:
        data = cast("UploadData", delivery.event.data)
        answer = AnswerKey(data.mentor, data.question)
        await asyncio.to_thread(want_and_look, answer, data.upload_id)

    return {
        name: handle
        for name, model in MODELS.items()
        if issubclass(model, UploadData) and name not in _NO_NEWS
    }


def transfer_handlers(importer: Importer) -> dict[str, Handler]:
    """Return event type to handler of what is said about transfers."""

    async def handle(delivery: Delivery) -> None:
        # Thousands of media end within seconds; the sweep looks once for all of them.
        transfer_id = delivery.event.data.subject
        await asyncio.to_thread(importer.imports.want, transfer_id)

    return {
        TransferRequested.TYPE: importer,
        MediaCopied.TYPE: handle,
        MediaCopyFailed.TYPE: handle,
    }


def sweep(answers: Answers, looker: Looker) -> None:
    """Look at every answer whose due time has come (DESIGN rule 19)."""
    _sweeping.each(
        answers.due(),
        looker.look,
        lambda answer: {"mentor": answer.mentor, "question": answer.question},
    )
