"""The adapters of a service to the outside: jobs table, topic, S3, clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.aws import clients
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.clock import Clock, SystemClock
from mentor_common.errors import PermanentError
from mentor_common.events import Topic
from mentor_common.jobs import Reader, Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.events import SourceObject
    from mentor_common.settings import CommonSettings


@dataclass(frozen=True)
class Adapters:
    """The adapters that every service has."""

    clock: Clock
    table: Table
    reader: Reader
    topic: Topic
    storage: Storage

    @classmethod
    def connect(cls, settings: CommonSettings, most_calls: int | None = None) -> Adapters:
        """Make the clients; nothing is sent yet.

        ``most_calls`` is how many calls of each dependency may be under way at once.
        """
        region = settings.aws_region
        table = Table(settings.jobs_table_name, region, most_calls=most_calls)
        sns = clients.client("sns", region, most_calls=most_calls)
        s3 = clients.client("s3", region, most_calls=most_calls)
        return cls(
            clock=SystemClock(),
            table=table,
            reader=Reader(table),
            topic=Topic(sns, settings.topic_arn),
            storage=Storage(s3),
        )

    def probes(self, bucket: str) -> dict[str, Callable[[], None]]:
        """Return probes by dependency; each raises ``DependencyDownError`` while it is down."""
        return {
            "dynamodb": self.table.probe,
            "s3": lambda: self.storage.probe(bucket),
            "sns": self.topic.probe,
        }


async def fetch_source(storage: Storage, source: SourceObject, path: Path) -> str:
    """Write an upload's pinned bytes to ``path``; return their SHA-1 as hex.

    Raises
    ------
    PermanentError
        ``source_missing``: the object is gone or was replaced since it was accepted.
    """
    try:
        return await asyncio.to_thread(
            storage.download, source.bucket, source.key, source.etag, path
        )
    except ObjectMissingError:
        raise PermanentError(
            "source_missing", "The uploaded video is no longer there. Upload it again."
        ) from None
