"""Copying a transfer's media, the ingest worker's part: each medium is a message of its own."""

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

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.errors import HandBackError, PermanentError, RemoteHostError
from mentor_common.events import (
    Event,
    MediaCopied,
    MediaCopyFailed,
    MediaCopyRequested,
    MentorImported,
)
from mentor_common.jobs import EXHAUSTED
from mentor_common.process_name import process_name
from mentor_common.telemetry.logs import get_logger
from mentor_common.threads import in_current_context
from mentor_common.transfers.manifest import ListedMedium, Manifest
from mentor_common.transfers.model import TransferReader, medium_sk, transfer_pk
from mentor_common.work.claims import Claimant, Tasks
from mentor_common.work.result import WorkDone
from mentor_common.work.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_api.transfers.copier import Copier
    from mentor_common.adapters import Adapters
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.consumer import Delivery, Queue
    from mentor_common.events import SourceObject, Topic
    from mentor_common.jobs import Task
    from mentor_common.work.runner import Run

_log = get_logger(__name__)
_MANIFESTS_KEPT = 4
_PUBLISHERS = 8
_TURN_SECONDS = 2
_EXHAUSTED_REASON = "We tried several times and could not fetch the file. The team has been told."


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
    """Handler of ``mentor.imported``: publishes one ``media.copy_requested`` for each medium.

    A repetition publishes again those that have not come to an end; claims make that harmless.
    """

    manifests: Manifests
    reader: TransferReader
    topic: Topic
    clock: Clock

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        await asyncio.to_thread(self._publish_all, cast("MentorImported", delivery.event.data))

    def _publish_all(self, imported: MentorImported) -> None:
        if not self.reader.is_current(imported.transfer_id, imported.mentor):
            _log.info("no work", why="the transfer no longer counts")
            return
        state = self.reader.transfer(imported.transfer_id)
        ended = state.in_state("DONE") | state.in_state("FAILED")
        at = (state.imported and state.imported.imported_at) or self.clock.now()

        def publish(numbered: tuple[int, ListedMedium]) -> None:
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
        with ThreadPoolExecutor(_PUBLISHERS) as pool:
            for _ in pool.map(
                in_current_context(publish), [pair for pair in listed if pair[0] not in ended]
            ):
                pass  # the first one that cannot be published raises


@dataclass(frozen=True)
class MediumWork:
    """Copying of one medium into the static bucket; see :class:`mentor_common.work.runner.Work`."""

    request: MediaCopyRequested
    manifests: Manifests
    transfers: TransferReader
    copier: Copier
    work_dir: Path
    owner: str
    lease_seconds: float
    max_starts: int

    @property
    def name(self) -> str:
        """Name of the kind of work in the log."""
        return "copy-media"

    @property
    def claimant(self) -> Claimant:
        """The claimant of the transfer's medium."""
        return Claimant(
            transfer_pk(self.request.transfer_id),
            medium_sk(self.request.number),
            [self._medium.label],
            self.owner,
            self.lease_seconds,
            self.max_starts,
            _EXHAUSTED_REASON,
        )

    @property
    def _medium(self) -> ListedMedium:
        return self.manifests.of(self.request.manifest).media[self.request.number]

    async def obsolete(self) -> str | None:
        """Return why the medium is not to be copied (any more), or ``None``."""
        request = self.request
        counts = await asyncio.to_thread(
            self.transfers.is_current, request.transfer_id, request.mentor
        )
        if not counts:
            return "the transfer no longer counts"
        # Off the event loop: the manifest is needed at once and may be long.
        await asyncio.to_thread(self.manifests.of, request.manifest)
        return None

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Take a turn at the medium's host: one that does not answer must not take all slots."""
        host = self.copier.host_of(self._medium)
        if host is None:
            yield
            return
        with self.copier.fetcher.hosts.slot(host) as free:
            if not free:
                raise HandBackError(f"{host} has not answered yet", _TURN_SECONDS)
            yield

    async def run(self, run: Run) -> WorkDone:
        """Copy the medium under a key of this claim."""
        request, starts = self.request, run.task.starts
        claim = f"{request.transfer_id}/{run.task.claim}"
        prefix = f"videos/{request.mentor}/{request.question}/{claim}"
        stop = threading.Event()
        try:
            with tempfile.TemporaryDirectory(dir=self.work_dir) as folder:
                copied = await asyncio.to_thread(
                    self.copier.copy, self._medium, prefix, Path(folder), _on_bytes(run), stop
                )
        except RemoteHostError as error:
            # Given up when another party's host has failed it after the last of these pauses.
            pauses = self.copier.fetcher.limits.pauses[: self.max_starts - 1]
            if starts > len(pauses):
                raise _given_up(error, starts) from error
            error.retry_after = pauses[starts - 1]
            raise
        finally:
            stop.set()
        return WorkDone(results=copied.results, facts=copied.facts)

    def started(self, task: Task) -> None:
        """Return no event: nothing waits for it, and the claim shows that the copying began."""

    def ended(self, task: Task, at: float) -> Event:
        """Return ``media.copied`` or ``media.copy_failed``."""
        about = {
            "transfer_id": self.request.transfer_id,
            "mentor": self.request.mentor,
            "question": self.request.question,
            "number": self.request.number,
            "attempt": task.attempt,
        }
        data: MediaCopied | MediaCopyFailed
        if task.status == "DONE":
            data = MediaCopied(**about, results=task.results)
        else:
            data = MediaCopyFailed(**about, code=task.code, reason=task.reason)
        step = f"{self.request.number}/{task.attempt}"
        return Event.of(data, service="api", step=step, at=at)

    def subject(self) -> dict[str, str]:
        """Return the medium as a dead letter names it."""
        return {"transfer": self.request.transfer_id, "medium": str(self.request.number)}


def medium_runner(
    manifests: Manifests,
    copier: Copier,
    work_dir: Path,
    adapters: Adapters,
    queue: Queue,
    *,
    lease_seconds: float,
    max_starts: int,
) -> Runner:
    """Return the handler of ``media.copy_requested``; see :class:`MediumWork`."""
    transfers, owner = TransferReader(adapters.table), process_name()

    def work_of(request: MediaCopyRequested) -> MediumWork:
        return MediumWork(
            request, manifests, transfers, copier, work_dir, owner, lease_seconds, max_starts
        )

    tasks = Tasks(adapters.table, adapters.clock)
    return Runner(work_of, tasks, adapters.topic, queue, adapters.clock)


def _given_up(error: RemoteHostError, tries: int) -> PermanentError:
    """Return the end of a medium that another party's host has failed each time."""
    times = "once" if tries == 1 else f"{tries} times"
    return PermanentError(
        EXHAUSTED,
        f"We tried {times} and could not fetch the file. {error.reason} It stays at its old "
        "address; import again when that host answers.",
    )


def _on_bytes(run: Run) -> Callable[[int, int | None], None]:
    """Return a callback by which a thread reports progress to the event loop."""
    loop = asyncio.get_running_loop()

    def report(done: int, size: int | None) -> None:
        if size:
            loop.call_soon_threadsafe(run.on_percent, done * 100 // size)

    return report
