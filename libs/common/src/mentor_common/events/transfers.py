"""Data of the events about transfers of mentors. Within a major version only additions."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from mentor_common.events.models import EventData, ObjectId, SourceObject, UploadId


class TransferData(EventData):
    """Base of the events about the transfer of an exported mentor into another."""

    transfer_id: UploadId
    mentor: ObjectId = Field(description="the mentor that is written to")

    @property
    def subject(self) -> str:
        """The transfer's id."""
        return self.transfer_id

    def identity(self) -> dict[str, Any]:
        """Add the transfer."""
        return {"transfer_id": self.transfer_id, **super().identity()}


class TransferRequested(TransferData):
    """Somebody asked to write an exported mentor into this one."""

    TYPE: ClassVar[str] = "transfer.requested.v1"
    payload: SourceObject = Field(description="the export and its changes, as they were posted")


class MentorImported(TransferData):
    """GraphQL holds the exported mentor; its media still lie where they were."""

    TYPE: ClassVar[str] = "mentor.imported.v1"
    manifest: SourceObject = Field(description="the list of media to copy")
    media: int = Field(ge=0, description="how many that are")


class MediumData(TransferData):
    """Base of the events about one medium of a transfer."""

    question: ObjectId
    number: int = Field(ge=0, description="place in the manifest, from 0")

    def identity(self) -> dict[str, Any]:
        """Add question and number."""
        return super().identity() | {"question": self.question, "medium": self.number}


class MediaCopyRequested(MediumData):
    """One medium is to be copied into the static bucket."""

    TYPE: ClassVar[str] = "media.copy_requested.v1"
    tag: str = Field(description="`web`, `mobile` or `en`")
    manifest: SourceObject


class MediaCopied(MediumData):
    """A medium lies in the static bucket."""

    TYPE: ClassVar[str] = "media.copied.v1"
    attempt: int = Field(ge=1)
    results: dict[str, str] = Field(
        description="name of the result to its key in the static bucket"
    )


class MediaCopyFailed(MediumData):
    """A medium was not copied and will not be retried unless an operator redrives it."""

    TYPE: ClassVar[str] = "media.copy_failed.v1"
    attempt: int = Field(ge=1)
    code: str
    reason: str = Field(description="a sentence a mentor understands")
