"""Items that the notifier writes: an upload's outcomes, and its notes about an answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mentor_common.events.models import ObjectId, unknown_as
from mentor_common.jobs.item import Count, EpochSeconds, StoredItem

STALLED = "stalled"
"""Code of the outcome of an upload without any progress for a day."""

OutcomeKind = Literal["ready", "failed", "cancelled", "superseded"]


class Outcome(StoredItem):
    """End of an upload, for one pair of transcode and transcribe attempts."""

    kind: Annotated[OutcomeKind, unknown_as("failed", OutcomeKind)]
    code: str | None = None
    reason: str | None = None
    failed: list[str] = Field(default_factory=list)
    at: EpochSeconds
    said: bool = False
    said_at: EpochSeconds | None = None


SUPERSEDED = Outcome(
    kind="superseded", code="superseded", reason="A newer upload of this answer was accepted.", at=0
)
"""Outcome of an undecided upload once a newer one is accepted; ``at`` is to be filled in."""


class BeforeSwitch(StoredItem):
    """The fields of an answer that an upload overwrites, as they stood before it did so."""

    of: str = Field(description="upload and pair of attempts, as in `switched`")
    shown: dict[str, Any] | None = Field(
        default=None,
        description="field to what identifies its value; none where it was not readable",
    )


class AnswerState(StoredItem):
    """The notifier's state of an answer."""

    mentor: ObjectId
    question: ObjectId
    wanted: int = 0
    lease_token: str | None = None
    lease_until: EpochSeconds = 0
    open: set[str] = Field(default_factory=set, description="uploads that are not settled")
    switched: str | None = Field(
        default=None, description="upload and pair of attempts that the answer shows"
    )
    before: BeforeSwitch | None = Field(
        default=None, description="of the last switch that was begun; earlier releases kept none"
    )
    shared: set[str] = Field(
        default_factory=set, description="keys that an import made other answers name as well"
    )
    thumbnail: str | None = Field(default=None, description="upload whose thumbnail was shown")
    captions: str | None = Field(
        default=None, description="upload whose late captions were shown, and pair of attempts"
    )
    ended: str | None = Field(
        default=None, description="upload whose end the document shows, or is about to show"
    )
    read_back_at: EpochSeconds | None = None
    tagged: dict[str, Count] = Field(
        default_factory=dict,
        description="uploads whose every object is tagged as superseded, and how many these were",
    )
    observed_at: EpochSeconds | None = Field(
        default=None, description="when GraphQL was read last; earlier releases kept none"
    )
    due_at: EpochSeconds | None = None
    last_error: str | None = Field(
        default=None, description="why the last reconcile failed, for the operator"
    )

    @property
    def shown_upload(self) -> str | None:
        """The upload that the answer was last switched to."""
        return self.switched.partition("/")[0] if self.switched else None


def answer_shows(upload_id: str, answer_state: AnswerState | None) -> bool:
    """Return whether the answer has been changed to show an upload."""
    return answer_state is not None and answer_state.shown_upload == upload_id
