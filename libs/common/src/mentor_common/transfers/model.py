"""The items of a mentor transfer, and reading them.

``TRANSFER#id / JOB`` is the api's, ``IMPORT`` the notifier's, ``MEDIUM#n`` the ingest worker's.
``MENTOR#id / TRANSFER`` names the mentor's newest transfer: one at a time is active.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mentor_common.events.models import ObjectId, SourceObject
from mentor_common.jobs.item import Count, EpochSeconds, StoredItem, unreadable
from mentor_common.jobs.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.aws.table import Table

_TRANSFER = "TRANSFER#"
_MEDIUM = "MEDIUM#"
_MEDIUM_SK = re.compile(r"MEDIUM#([0-9]{1,9})")
TransferStatus = Literal["QUEUED", "IN_PROGRESS", "DONE", "FAILED"]
NEVER_BEGUN = "The import was not begun; nothing was changed. Please import the file again."


def transfer_pk(transfer_id: str) -> str:
    """Return the partition of a transfer's items."""
    return f"{_TRANSFER}{transfer_id}"


def transfer_id_of_pk(pk: str) -> str:
    """Return the transfer whose items lie in a partition."""
    return pk.removeprefix(_TRANSFER)


def medium_sk(number: int) -> str:
    """Return the sort key of a medium of a transfer."""
    return f"{_MEDIUM}{number:05d}"


def _number(sk: str, medium: dict[str, Any]) -> int:
    """Return the number of a medium, by its item's sort key."""
    match = _MEDIUM_SK.fullmatch(sk)
    if match is None:
        raise unreadable(medium, "its key has no number", Task.__name__)
    return int(match[1])


def mentor_pk(mentor: str) -> str:
    """Return the partition of a mentor's items."""
    return f"MENTOR#{mentor}"


class Transfer(StoredItem):
    """A transfer from the api's side."""

    transfer_id: str
    mentor: ObjectId
    user: str
    status: str = Field(
        description="PREPARING, ACCEPTED or ABORTED; one of another release is left to that"
    )
    token: str = Field(description="of the preparation that may accept or abort it")
    payload: SourceObject
    digest: str = Field(description="SHA-256 of the payload: the same one again is the same one")
    prepared_at: EpochSeconds
    accepted_at: EpochSeconds | None = None
    published: bool = False


class Newest(StoredItem):
    """The mentor's newest transfer."""

    transfer_id: str


class Import(StoredItem):
    """A transfer from the notifier's side.

    ``INTENT`` is put before GraphQL is asked to import, ``IMPORTED`` is its result. An intent
    whose lease has ended without a result can never be tried again: ``FAILED``.
    """

    transfer_id: str
    mentor: ObjectId
    status: str = Field(
        description="INTENT, IMPORTED, DONE or FAILED; one of another release is left to that"
    )
    token: str
    lease_until: EpochSeconds
    wanted: int = 0
    intended_at: EpochSeconds
    imported_at: EpochSeconds | None = None
    announced_at: EpochSeconds | None = Field(
        default=None, description="when `mentor.imported` was said"
    )
    manifest: SourceObject | None = None
    details_key: str | None = Field(
        default=None, description="what GraphQL's import forgets of the media"
    )
    media: Count = 0
    left_out: list[str] = Field(default_factory=list, description="what could not be imported")
    written: set[str] = Field(
        default_factory=set, description="numbers of the media that the answers show"
    )
    code: str | None = None
    reason: str | None = None
    told: bool = Field(default=False, description="the import task shows the end")
    ended_at: EpochSeconds | None = None

    @property
    def ended(self) -> bool:
        """Whether the transfer is over."""
        return self.status in {"DONE", "FAILED"}


@dataclass(frozen=True)
class TransferState:
    """All items of a transfer, read at one go."""

    transfer_id: str
    job: Transfer | None
    imported: Import | None
    media: dict[int, Task]

    @property
    def active(self) -> bool:
        """Whether it keeps the mentor from another transfer."""
        if self.job is None or self.job.status == "ABORTED":
            return False
        return self.imported is None or not self.imported.ended

    @property
    def status(self) -> TransferStatus:
        """Status that people are shown."""
        if self.job is not None and self.job.status == "ABORTED":
            return "FAILED"
        if self.imported is None:
            return "QUEUED"
        if self.imported.status == "DONE":
            return "DONE"
        return "FAILED" if self.imported.status == "FAILED" else "IN_PROGRESS"

    @property
    def reason(self) -> str | None:
        """Reason why it failed."""
        if self.job is not None and self.job.status == "ABORTED":
            return NEVER_BEGUN
        return self.imported.reason if self.imported else None

    @property
    def updated_at(self) -> float | None:
        """When something last changed, epoch seconds."""
        times = [task.finished_at or task.started_at for task in self.media.values()]
        if self.job:
            times += [self.job.accepted_at or self.job.prepared_at]
        if self.imported:
            seen = self.imported
            times += [seen.intended_at, seen.imported_at or 0, seen.ended_at or 0]
        return max(times, default=None)

    @property
    def progressed_at(self) -> float:
        """When the media last came forward, epoch seconds."""
        times = [task.finished_at or 0 for task in self.media.values()]
        return max([*times, (self.imported.imported_at or 0) if self.imported else 0])

    @property
    def media_ended(self) -> int:
        """The number of media that have come to an end, copied or failed."""
        return len(self.in_state("DONE") | self.in_state("FAILED"))

    def in_state(self, status: str) -> set[int]:
        """Return the numbers of the media whose copying has that status."""
        return {number for number, task in self.media.items() if task.status == status}

    @classmethod
    def of(cls, transfer_id: str, items: Mapping[str, dict[str, Any]]) -> TransferState:
        """Build from the transfer's partition.

        Raises
        ------
        UnreadableItemError
            One of its items fits no model.
        """
        return cls(
            transfer_id,
            Transfer.from_item(items["JOB"]) if "JOB" in items else None,
            Import.from_item(items["IMPORT"]) if "IMPORT" in items else None,
            {
                _number(sk, item): Task.from_item(item)
                for sk, item in items.items()
                if sk.startswith(_MEDIUM)
            },
        )


class TransferReader:
    """Consistent reads of whole transfers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def transfer(self, transfer_id: str) -> TransferState:
        """Return all items; ``job`` is ``None`` when there is no such transfer.

        Here and below, ``UnreadableItemError`` is raised for what fits no model.
        """
        return TransferState.of(transfer_id, self._table.partition(transfer_pk(transfer_id)))

    def newest(self, mentor: str) -> str | None:
        """Return the id of the mentor's newest transfer."""
        item = self._table.get(mentor_pk(mentor), "TRANSFER")
        return Newest.from_item(item).transfer_id if item else None

    def is_current(self, transfer_id: str, mentor: str) -> bool:
        """Return whether the transfer's media are still to be copied."""
        job = self._table.get(transfer_pk(transfer_id), "JOB")
        imported = self._table.get(transfer_pk(transfer_id), "IMPORT")
        if job is None or imported is None or Transfer.from_item(job).status != "ACCEPTED":
            return False
        failed = Import.from_item(imported).status == "FAILED"
        return not failed and self.newest(mentor) == transfer_id
