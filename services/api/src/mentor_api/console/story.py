"""What happened to an upload, in sentences that need no knowledge of our insides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mentor_common.jobs import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Outcome, Task, Upload
    from mentor_common.jobs.task import PastAttempt

Tone = Literal["plain", "good", "bad", "warn"]
_WORK: dict[TaskKind, str] = {
    "transcode": "Making the video",
    "transcribe": "Writing down the speech",
}
_ENDED: dict[str, tuple[str, Tone]] = {
    "ready": ("ready", "good"),
    "failed": ("failed", "bad"),
    "cancelled": ("cancelled", "warn"),
    "superseded": ("replaced by a newer upload", "warn"),
}


def story(upload: Upload) -> list[dict[str, Any]]:
    """Return events, the oldest first: ``at`` (epoch seconds), ``what``, ``tone``, ``more``."""
    if upload.job is None:
        return []
    told = [*_coming(upload), *_ending(upload)]
    for kind in KINDS:
        task = upload.task(kind)
        if task is not None:
            told += _work(kind, task)
    return sorted((one for one in told if one["at"] is not None), key=lambda one: one["at"])


def _event(
    at: float | None, what: str, tone: Tone = "plain", more: str | None = None
) -> dict[str, Any]:
    return {"at": at, "what": what, "tone": tone, "more": more}


def _coming(upload: Upload) -> Iterator[dict[str, Any]]:
    job = upload.job
    if job is None:
        return
    yield _event(job.prepared_at, "The upload arrived", more=f"sent by user {job.user}")
    yield _event(job.accepted_at, "Accepted; work may begin")
    if job.status == "ABORTED":
        yield _event(job.prepared_at, "Not accepted; nothing was changed", "warn")
    if upload.cancel is not None:
        yield _event(upload.cancel.at, "Cancelled", "warn", f"by {upload.cancel.by}")


def _work(kind: TaskKind, task: Task) -> Iterator[dict[str, Any]]:
    work = _WORK[kind]
    for past in task.past:
        yield _event(past.first_at, f"{work}: attempt {past.attempt} begun")
        yield _failed(work, past)
    yield _event(task.first_at, f"{work}: attempt {task.attempt} begun", more=f"on {task.owner}")
    for start, (at, why) in enumerate(task.errors, start=1):
        yield _event(
            at, f"{work}: attempt {task.attempt}, start {start} did not finish", "warn", why
        )
    if task.status == "DONE":
        yield _event(task.finished_at, f"{work}: done", "good")
    elif task.status == "FAILED":
        yield _failed(work, task)


def _failed(work: str, one: Task | PastAttempt) -> dict[str, Any]:
    more = "; ".join(part for part in (one.reason, one.last_error) if part)
    return _event(
        one.finished_at, f"{work}: attempt {one.attempt} failed ({one.code})", "bad", more
    )


def _ending(upload: Upload) -> Iterator[dict[str, Any]]:
    for pair, outcome in upload.outcomes.items():
        word, tone = _ENDED[outcome.kind]
        yield _event(outcome.at, f"Decided: {word}", tone, _reason(pair, outcome))
        yield _event(outcome.said_at, f"The mentor was told: {word}", tone)


def _reason(pair: str, outcome: Outcome) -> str:
    video, speech = pair.split(".")
    attempts = f"attempt {video} of the video, {speech} of the speech"
    return f"{outcome.reason} ({attempts})" if outcome.reason else attempts
