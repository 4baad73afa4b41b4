"""The list of a transfer's media, which lies in S3 beside the export: it can grow."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MediaField = Literal["webMedia", "mobileMedia", "vttMedia"]
TAGS: dict[MediaField, str] = {"webMedia": "web", "mobileMedia": "mobile", "vttMedia": "en"}
"""Field of an answer to the one tag that its medium may have."""
_KINDS: dict[MediaField, str] = {
    "webMedia": "web video",
    "mobileMedia": "mobile video",
    "vttMedia": "captions",
}


class ListedMedium(BaseModel):
    """One medium that GraphQL marked as lying elsewhere."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: str
    field: MediaField
    tag: str | None = Field(default=None, description="as exported: not to be trusted")
    url: str
    transparent_url: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{_KINDS[self.field]} of question {self.question}"


class Manifest(BaseModel):
    """All of them; a medium's number is its place."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    media: list[ListedMedium]


def payload_key(transfer_id: str) -> str:
    """Return the key of a transfer's payload in the upload bucket."""
    return f"transfers/{transfer_id}/payload.json"


def import_key(transfer_id: str, token: str, name: str) -> str:
    """Return the key of what one import, and no other, writes."""
    return f"transfers/{transfer_id}/{token}/{name}.json"
