"""The list of a transfer's media, which lies in S3 beside the export: it can grow."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

TAGS: dict[str, str] = {"webMedia": "web", "mobileMedia": "mobile", "vttMedia": "en"}
"""Field of an answer to the one tag that its medium may have."""
_KINDS: dict[str, str] = {
    "webMedia": "web video",
    "mobileMedia": "mobile video",
    "vttMedia": "captions",
}


class ListedMedium(BaseModel):
    """One medium that GraphQL marked as lying elsewhere."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: str
    field: str = Field(description="of an answer; one that another release knows is not copied")
    tag: str | None = Field(default=None, description="as exported: not to be trusted")
    url: str
    transparent_url: str = ""

    @property
    def label(self) -> str:
        """Name of it for people."""
        return f"{_KINDS.get(self.field, 'medium')} of question {self.question}"


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
