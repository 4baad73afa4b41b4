"""Why an upload is not ready, in one sentence: the same for mentors and for people on call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from mentor_common.events.models import TaskKind
from mentor_common.explain.phrases import unit_words
from mentor_common.jobs.intake import PREPARING_SECONDS

if TYPE_CHECKING:
    from mentor_common.explain.backlog import Backlog
    from mentor_common.jobs.model import Job, Upload
    from mentor_common.jobs.outcome import Outcome
    from mentor_common.jobs.reader import Standing

_WHAT: Final[dict[TaskKind, str]] = {"transcode": "the video", "transcribe": "the transcript"}
_DOING: Final[dict[TaskKind, str]] = {
    "transcode": "the video is being made",
    "transcribe": "the transcript is being written",
}
_STANDING: Final[dict[str, str]] = {
    "superseded": "a newer upload of this answer was accepted; nothing more is done for this one",
    "cancelled": "it is being cancelled; work on it stops within seconds",
    "undecided": "it is held while a newer upload of this answer is being prepared",
}
_OVER: Final[dict[str, str]] = {
    "cancelled": "it was cancelled",
    "superseded": _STANDING["superseded"],
}
_UNTOLD: Final = "all is made; the answer is about to show it"


def why(
    upload: Upload, now: float, backlog: Backlog | None, standing: Standing | None = None
) -> str | None:
    """Return why an upload is not ready; ``None`` when it is, and people have been told.

    Parameters
    ----------
    upload
        The upload's items.
    now
        Epoch seconds.
    backlog
        Who else waits; ``None`` to say nothing about that.
    standing
        Whether work for it still counts, where that was asked.
    """
    job = upload.job
    if job is None:
        return "there is no such upload"
    if job.status != "ACCEPTED":
        return _unaccepted(job, now)
    if upload.outcome is not None and not upload.retries_requested:
        return _ended(upload.outcome)
    if standing != "superseded" and upload.cancel is not None:
        standing = "cancelled"
    return _STANDING.get(standing or "current") or _working(upload, job, now, backlog)


def _unaccepted(job: Job, now: float) -> str:
    if job.status == "ABORTED":
        return "it was not accepted and nothing was changed; it can be sent again"
    if job.prepared_at + PREPARING_SECONDS < now:
        return "its preparation broke off; it will be given up, and then it can be sent again"
    return "it is being prepared; within seconds it is accepted or refused"


def _ended(outcome: Outcome) -> str | None:
    if outcome.kind == "ready":
        return None if outcome.said else _UNTOLD
    if outcome.kind != "failed":
        return _OVER[outcome.kind]
    if outcome.failed == ["transcribing"]:
        return f"the answer shows the video, without a transcript: {outcome.reason}"
    return f"it failed: {outcome.reason}"


def _working(upload: Upload, job: Job, now: float, backlog: Backlog | None) -> str:
    made = upload.transcode
    if made is not None and made.status == "FAILED" and "transcode" not in upload.retries_requested:
        return f"it failed: {made.reason}"
    kinds: tuple[TaskKind, ...] = get_args(TaskKind) if job.needs_transcriber else ("transcode",)
    said = [_unit(kind, upload, job, now, backlog) for kind in kinds]
    return "; ".join(each for each in said if each) or _UNTOLD


def _unit(
    kind: TaskKind, upload: Upload, job: Job, now: float, backlog: Backlog | None
) -> str | None:
    task = upload.task(kind)
    words = unit_words(kind, upload, job, now, backlog)
    if task is None or task.status != "IN_PROGRESS" or task.lease_until <= now:
        return f"{_WHAT[kind]} is {words}" if (words or "").startswith("waiting") else words
    percent = f": {task.percent} %" if task.percent else ""
    return f"{_DOING[kind]}{percent}" + (f", {words}" if words else "")
