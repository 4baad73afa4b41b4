"""The history of an upload, in sentences for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mentor_api.console.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_api.console.models import Tone
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Outcome, Task, Upload
    from mentor_common.jobs.task import PastAttempt

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


class _Step(NamedTuple):
    at: float | None
    what: str
    tone: Tone = "plain"
    more: str | None = None


def history(upload: Upload) -> list[Event]:
    """Return what happened, the oldest first; what has not happened yet is left out."""
    steps = [*_arrival(upload), *_outcomes(upload)]
    for kind, work in _WORK.items():
        task = upload.task(kind)
        if task is not None:
            steps += _attempts(work, task)
    events = [Event(**step._asdict()) for step in steps if step.at is not None]
    return sorted(events, key=lambda event: event.at)


def _arrival(upload: Upload) -> Iterator[_Step]:
    job = upload.job
    if job is None:
        return
    yield _Step(job.prepared_at, "The upload arrived", more=f"sent by user {job.user}")
    yield _Step(job.accepted_at, "Accepted; work may begin")
    if job.status == "ABORTED":
        yield _Step(job.prepared_at, "Not accepted; nothing was changed", "warn")
    if upload.cancel is not None:
        yield _Step(upload.cancel.at, "Cancelled", "warn", f"by {upload.cancel.by}")


def _attempts(work: str, task: Task) -> Iterator[_Step]:
    for past in task.past:
        yield _Step(past.first_at, f"{work}: attempt {past.attempt} begun")
        yield _failure(work, past)
    attempt = f"{work}: attempt {task.attempt}"
    yield _Step(task.first_at, f"{attempt} begun", more=f"on {task.owner}")
    for start, (at, why) in enumerate(task.errors, start=1):
        yield _Step(at, f"{attempt}, start {start} did not finish", "warn", why)
    if task.status == "DONE":
        yield _Step(task.finished_at, f"{work}: done", "good")
    elif task.status == "FAILED":
        yield _failure(work, task)


def _failure(work: str, one: Task | PastAttempt) -> _Step:
    more = "; ".join(part for part in (one.reason, one.last_error) if part)
    return _Step(one.finished_at, f"{work}: attempt {one.attempt} failed ({one.code})", "bad", more)


def _outcomes(upload: Upload) -> Iterator[_Step]:
    for pair, outcome in upload.outcomes.items():
        ended, tone = _ENDED[outcome.kind]
        yield _Step(outcome.at, f"Decided: {ended}", tone, _reason(pair, outcome))
        yield _Step(outcome.said_at, f"The mentor was told: {ended}", tone)


def _reason(pair: str, outcome: Outcome) -> str:
    video, speech = pair.split(".")
    attempts = f"attempt {video} of the video, {speech} of the speech"
    return f"{outcome.reason} ({attempts})" if outcome.reason else attempts
