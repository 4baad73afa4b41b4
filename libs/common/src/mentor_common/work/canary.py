"""Canary messages: a small piece of real work by which a new version proves itself.

Their ids are :data:`.events.CANARY`, which nobody has: no list shows them, no subscription
matches what is published about them, and what they leave in the jobs table and in the buckets
expires.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.aws.table import ConditionFailedError, Write
from mentor_common.events import CANARY, Event, SourceObject, UploadAccepted
from mentor_common.jobs.model import AnswerKey, upload_pk
from mentor_common.work.claims import Tasks, task_sk

if TYPE_CHECKING:
    from mentor_common.adapters import Adapters
    from mentor_common.events import TaskKind
    from mentor_common.settings import CommonSettings

CLIP = Path(__file__).with_name("canary.webm")
"""Two seconds of speech over a moving picture, made by ``canary.sh`` beside it."""
ANSWER = AnswerKey(CANARY, CANARY)


class CanaryError(Exception):
    """A canary's work cannot be begun, or has not ended as it should; the message says how."""


class Canary(Protocol):
    """The canary message of a service."""

    def message(self) -> Event:
        """Prepare what the work is about, and return the message that asks for it."""
        ...

    def outcome(self) -> str:
        """Return what came of it; raise :class:`CanaryError` where that is not what it should."""
        ...

    def expire(self) -> None:
        """Let what it has left in the jobs table be removed."""
        ...


@dataclass(frozen=True)
class UploadCanary:
    """An upload of :data:`CLIP`, for transcoder and transcriber.

    Its source lies in the static bucket, where workers may write; that they may read uploads is
    asked of an object which is not there.
    """

    kind: TaskKind
    adapters: Adapters
    settings: CommonSettings
    upload_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self) -> Event:
        """See :class:`Canary`."""
        storage, uploads = self.adapters.storage, self.settings.signed_upload_bucket
        try:
            storage.probe(uploads)
        except ObjectMissingError:
            raise CanaryError(f"there is no bucket {uploads} (SIGNED_UPLOAD_BUCKET)") from None
        bucket = self.settings.static_bucket
        key = f"{ANSWER.prefix}{self.upload_id}/source{CLIP.suffix}"
        with suppress(ObjectMissingError):
            storage.head(uploads, key)
        storage.upload(CLIP, bucket, key)
        head = storage.head(bucket, key)
        source = SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size)
        data = UploadAccepted(
            upload_id=self.upload_id, mentor=CANARY, question=CANARY, source=source, transcribe=True
        )
        return Event.of(data, service="api", step="", at=self.adapters.clock.now())

    def outcome(self) -> str:
        """See :class:`Canary`."""
        task = self._tasks.read(self.upload_id, self.kind)
        if task is None or task.status not in {"DONE", "WAITING"}:
            raise CanaryError(f"its task is {task.status if task else 'not there'}")
        if task.job is not None:
            return f"{task.job} was started"
        if task.facts.get("words") == 0:
            raise CanaryError(f"{task.engine} recognised no word of a clip with speech")
        by = f" by {task.engine}" if task.engine else ""
        return f"{', '.join(sorted(task.results))}{by}"

    def expire(self) -> None:
        """See :class:`Canary`. A job that still runs elsewhere is waited for no longer."""
        expire(self.adapters, upload_pk(self.upload_id), task_sk(self.kind))

    @property
    def _tasks(self) -> Tasks:
        return Tasks(self.adapters.table, self.adapters.clock)


def expire(adapters: Adapters, pk: str, sk: str) -> None:
    """Let the table remove an item, where there is one, and no sweep find it until then."""
    with suppress(ConditionFailedError):
        adapters.table.write(
            Write(
                pk,
                sk,
                update="SET #ttl = :now REMOVE #due_kind, #due_at",
                condition="attribute_exists(#pk)",
                values={"now": int(adapters.clock.now())},
            )
        )
