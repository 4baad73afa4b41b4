"""The ingest worker's canary message: a medium to copy, of a transfer that nobody asked for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentor_common.events import CANARY, Event, MediaCopyRequested, SourceObject
from mentor_common.jobs import Task
from mentor_common.transfers.manifest import ListedMedium, Manifest, import_key
from mentor_common.transfers.model import (
    Import,
    Newest,
    Transfer,
    medium_sk,
    mentor_pk,
    transfer_pk,
)
from mentor_common.work.canary import ANSWER, CanaryError, expire

if TYPE_CHECKING:
    from mentor_common.adapters import Adapters
    from mentor_common.graphql import GraphQLClient
    from mentor_common.jobs.item import StoredItem
    from mentor_common.settings import CommonSettings

_NUMBER = 0
_KEPT_SECONDS = 3600
"""Until what a canary leaves that is killed is removed."""
_CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\ncanary\n"


@dataclass(frozen=True)
class MediumCanary:
    """Captions of our own to copy inside S3; see :class:`mentor_common.work.canary.Canary`.

    What a transfer has in the jobs table and in the upload bucket by then is written here, but for
    its due times: no sweep finds it.
    """

    adapters: Adapters
    graphql: GraphQLClient
    settings: CommonSettings
    transfer_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self) -> Event:
        """Write the transfer; return the message that asks for its one medium."""
        self.graphql.check_credential()
        captions = f"{ANSWER.prefix}{self.transfer_id}/source.vtt"
        self.adapters.storage.put_text(_CAPTIONS, self.settings.static_bucket, captions)
        medium = ListedMedium(question=CANARY, field="vttMedia", tag="en", url=captions)
        manifest = self._store(Manifest(media=[medium]))
        for pk, sk, item in self._items(manifest):
            content = item.model_dump(exclude_defaults=True) | {"ttl": self._ttl}
            self.adapters.table.overwrite(pk, sk, content)
        data = MediaCopyRequested(
            transfer_id=self.transfer_id,
            mentor=CANARY,
            question=CANARY,
            number=_NUMBER,
            tag="en",
            manifest=manifest,
        )
        return Event.of(data, service="api", step=str(_NUMBER), at=self.adapters.clock.now())

    def outcome(self) -> str:
        """Say that the captions were copied."""
        item = self.adapters.table.get(transfer_pk(self.transfer_id), medium_sk(_NUMBER))
        task = Task.from_item(item) if item else None
        if task is None or task.status != "DONE":
            raise CanaryError(f"the medium is {task.status if task else 'not there'}")
        return "captions were copied inside S3"

    def expire(self) -> None:
        """Let the transfer's items be removed."""
        pk = transfer_pk(self.transfer_id)
        for sk in ("JOB", "IMPORT", medium_sk(_NUMBER)):
            expire(self.adapters, pk, sk)
        expire(self.adapters, mentor_pk(CANARY), "TRANSFER")

    @property
    def _ttl(self) -> int:
        return int(self.adapters.clock.now()) + _KEPT_SECONDS

    def _store(self, manifest: Manifest) -> SourceObject:
        storage, bucket = self.adapters.storage, self.settings.signed_upload_bucket
        key = import_key(self.transfer_id, "canary", "manifest")
        storage.put_text(manifest.model_dump_json(), bucket, key)
        head = storage.head(bucket, key)
        return SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size)

    def _items(self, manifest: SourceObject) -> list[tuple[str, str, StoredItem]]:
        """Return partition, sort key and content of what a transfer has once it is imported."""
        now, pk = self.adapters.clock.now(), transfer_pk(self.transfer_id)
        job = Transfer(
            transfer_id=self.transfer_id,
            mentor=CANARY,
            user=CANARY,
            status="ACCEPTED",
            token="canary",  # noqa: S106 -- of a lease
            payload=manifest,
            digest="",
            prepared_at=now,
            accepted_at=now,
            published=True,
        )
        imported = Import(
            transfer_id=self.transfer_id,
            mentor=CANARY,
            status="IMPORTED",
            token="canary",  # noqa: S106 -- of a lease
            lease_until=now,
            intended_at=now,
            imported_at=now,
            announced_at=now,
            manifest=manifest,
            media=1,
        )
        newest = Newest(transfer_id=self.transfer_id)
        return [
            (pk, "JOB", job),
            (pk, "IMPORT", imported),
            (mentor_pk(CANARY), "TRANSFER", newest),
        ]
