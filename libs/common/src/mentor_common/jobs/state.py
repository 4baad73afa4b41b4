"""State of an upload in one word: the same for the api, for operators and for metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mentor_common.jobs.model import Upload

UNREADABLE = "UNREADABLE"
"""In the place of a state where an item of an upload cannot be read; for operators only."""
State = Literal[
    "UNKNOWN",
    "PREPARING",
    "ABORTED",
    "QUEUED",
    "IN_PROGRESS",
    "CANCELLING",
    "READY",
    "FAILED",
    "CANCELLED",
    "SUPERSEDED",
]
_OUTCOMES: dict[str, State] = {
    "ready": "READY",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
    "superseded": "SUPERSEDED",
}


def state(upload: Upload) -> State:
    """Return the state of an upload; ``UNKNOWN`` when there is no such upload.

    An outcome counts from the moment it is decided, which is before GraphQL shows it; a task that
    failed is not yet one, for a newer upload or a cancel may still come before it. An upload is
    ``QUEUED`` until a worker has claimed one of its units of work, and again when the mentor has
    asked for another attempt.
    """
    if upload.job is None:
        return "UNKNOWN"
    if upload.job.status != "ACCEPTED":
        return "ABORTED" if upload.job.status == "ABORTED" else "PREPARING"
    outcome = upload.outcome
    if upload.retries_requested and (outcome is None or outcome.kind == "failed"):
        return "QUEUED" if upload.cancel is None else "CANCELLING"
    if outcome is not None:
        return _OUTCOMES[outcome.kind]
    if upload.cancel is not None:
        return "CANCELLING"
    return "IN_PROGRESS" if upload.transcode or upload.transcribe else "QUEUED"


def is_over(upload: Upload) -> bool:
    """Return whether nothing more will happen by itself: its outcome is decided and published."""
    if state(upload) == "ABORTED":
        return True
    if upload.retries_requested:
        return False
    return upload.outcome is not None and upload.outcome.said
