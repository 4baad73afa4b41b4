"""The ingest worker's part of a transfer: each medium is a message of its own."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from structlog.contextvars import bound_contextvars

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.errors import HandBackError, PermanentError, RemoteHostError, StoppedError
from mentor_common.events import (
    Event,
    MediaCopied,
    MediaCopyFailed,
    MediaCopyRequested,
    MentorImported,
)
from mentor_common.jobs import EXHAUSTED, Task
from mentor_common.telemetry.logs import get_logger
from mentor_common.threads import in_current_context
from mentor_common.transfers.manifest import ListedMedium, Manifest
from mentor_common.transfers.model import MediumHolder, TransferReader
from mentor_common.work.claimed import HeldWork, Turn, WorkDone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_api.transfers.copier import Copier
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.consumer import Delivery
    from mentor_common.events import SourceObject, Topic
    from mentor_common.work.claimed import Ports

_log = get_logger(__name__)
_MANIFESTS_KEPT = 4
_SPEAKERS = 8
_TURN_SECONDS = 2


class Manifests:
    """Reads manifests; keeps the last few, since a message asks for one line of a long list."""

    def __init__(self, storage: Storage) -> None:
        self._read = lru_cache(_MANIFESTS_KEPT)(
            lambda bucket, key, _etag: Manifest.model_validate_json(storage.get_text(bucket, key))
        )

    def of(self, source: SourceObject) -> Manifest:
        """Return a manifest.

        Raises
        ------
        PermanentError
            It has expired: the message is of a transfer long ago.
        """
        try:
            return self._read(source.bucket, source.key, source.etag)
        except ObjectMissingError:
            raise PermanentError(
                "manifest_missing", "The list of media is no longer there. Import again."
            ) from None


@dataclass(frozen=True)
class FanOut:
    """Handler of ``mentor.imported``: says one ``media.copy_requested`` for each medium.

    A repetition says again those that have not come to an end; claims make that harmless.
    """

    manifests: Manifests
    reader: TransferReader
    topic: Topic
    clock: Clock

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        await asyncio.to_thread(self._say_all, cast("MentorImported", delivery.event.data))

    def _say_all(self, imported: MentorImported) -> None:
        if not self.reader.still_counts(imported.transfer_id, imported.mentor):
            _log.info("no work: transfer no longer counts")
            return
        state = self.reader.transfer(imported.transfer_id)
        ended = state.in_state("DONE") | state.in_state("FAILED")
        at = (state.imported and state.imported.imported_at) or self.clock.now()

        def say(numbered: tuple[int, ListedMedium]) -> None:
            number, medium = numbered
            data = MediaCopyRequested(
                transfer_id=imported.transfer_id,
                mentor=imported.mentor,
                question=medium.question,
                number=number,
                tag=medium.tag or "",
                manifest=imported.manifest,
            )
            self.topic.publish(Event.of(data, service="api", step=str(number), at=at))

        listed = enumerate(self.manifests.of(imported.manifest).media)
        with ThreadPoolExecutor(_SPEAKERS) as pool:
            for _ in pool.map(
                in_current_context(say), [pair for pair in listed if pair[0] not in ended]
            ):
                pass  # the first one that cannot be said raises


class CopyWork(HeldWork[MediaCopyRequested]):
    """Handler of ``media.copy_requested``: copies one medium into the static bucket."""

    def __init__(
        self,
        manifests: Manifests,
        reader: TransferReader,
        copier: Copier,
        work_dir: Path,
        ports: Ports,
        *,
        lease_seconds: float,
        max_starts: int,
    ) -> None:
        super().__init__("api", ports, lease_seconds=lease_seconds, max_starts=max_starts)
        # A medium is given up when another's host has failed it after the last of these.
        self._pauses = copier.fetcher.limits.pauses[: max_starts - 1]
        self._manifests = manifests
        self._transfers = reader
        self._copier = copier
        self._work_dir = work_dir

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        delivery.names["task"] = "copy-media"
        with bound_contextvars(**delivery.names):
            await super().__call__(delivery)

    def _holding(self, data: MediaCopyRequested) -> MediumHolder:
        label = self._manifests.of(data.manifest).media[data.number].label
        return MediumHolder(
            data.transfer_id,
            data.number,
            [label],
            self._owner,
            self._lease_seconds,
            self._max_starts,
        )

    async def _no_longer_counts(self, data: MediaCopyRequested) -> bool:
        counts = await self._ports.io(self._transfers.still_counts, data.transfer_id, data.mentor)
        if counts:
            # Off the event loop: the manifest is needed at once and may be long.
            await self._ports.io(self._manifests.of, data.manifest)
        if not counts:
            _log.info("no work: transfer no longer counts")
        return not counts

    @contextmanager
    def _turn(self, data: MediaCopyRequested) -> Iterator[None]:
        """Keep a host that has not answered yet from taking all slots."""
        host = self._copier.host_of(self._manifests.of(data.manifest).media[data.number])
        if host is None:
            yield
            return
        with self._copier.fetcher.hosts.turn(host) as free:
            if not free:
                raise HandBackError(f"{host} has not answered yet", _TURN_SECONDS)
            yield

    async def _still_wanted(self, data: MediaCopyRequested) -> None:
        if await self._no_longer_counts(data):
            raise StoppedError("the transfer no longer counts")

    async def _do(self, data: MediaCopyRequested, turn: Turn) -> WorkDone:
        medium = self._manifests.of(data.manifest).media[data.number]
        claim = f"{data.transfer_id}/{turn.task.claim}"
        prefix = f"videos/{data.mentor}/{data.question}/{claim}"
        stop = threading.Event()
        try:
            with tempfile.TemporaryDirectory(dir=self._work_dir) as folder:
                copied = await self._ports.io(
                    self._copier.copy, medium, prefix, Path(folder), _percent(turn), stop
                )
        except RemoteHostError as error:
            if turn.task.starts > len(self._pauses):
                raise _given_up(error, turn.task.starts) from error
            error.retry_after = self._pauses[turn.task.starts - 1]
            raise
        finally:
            stop.set()
        return WorkDone(results=copied.results, facts=copied.facts)

    async def _say_start(self, data: MediaCopyRequested, task: Task) -> None:
        """Nobody waits for it: the claim shows that it was begun."""

    async def _say_end(self, data: MediaCopyRequested, task: Task) -> None:
        about = {
            "transfer_id": data.transfer_id,
            "mentor": data.mentor,
            "question": data.question,
            "number": data.number,
            "attempt": task.attempt,
        }
        said: MediaCopied | MediaCopyFailed
        if task.status == "DONE":
            said = MediaCopied(**about, results=task.results)
        else:
            said = MediaCopyFailed(**about, code=task.code, reason=task.reason)
        await self._say(said, f"{data.number}/{task.attempt}", self._ended_at(task))

    def _letter(self, data: MediaCopyRequested) -> dict[str, str]:
        return {"transfer": data.transfer_id, "medium": str(data.number)}


def _given_up(error: RemoteHostError, tries: int) -> PermanentError:
    """Return how a medium ends that another's host has failed each time."""
    times = "once" if tries == 1 else f"{tries} times"
    return PermanentError(
        EXHAUSTED,
        f"We tried {times} and could not fetch the file. {error.reason} It stays at its old "
        "address; import again when that host answers.",
    )


def _percent(turn: Turn) -> Callable[[int, int | None], None]:
    """Return how a thread tells the event loop of progress."""
    loop = asyncio.get_running_loop()

    def tell(done: int, size: int | None) -> None:
        if size:
            loop.call_soon_threadsafe(turn.on_percent, done * 100 // size)

    return tell
