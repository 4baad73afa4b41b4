"""Reasons why an upload, or one unit of its work, is not ready: sentences for people.

What changes by the second is rounded, so that a polling client sees something new only when there
is something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.explain.reason import Reason
from mentor_common.explain.waiting import (
    MINUTE,
    minutes_text,
    rough_minutes,
    waiting_for_worker,
)
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.jobs.kinds import KINDS
from mentor_common.jobs.outcome import STALLED
from mentor_common.jobs.state import state

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.explain.backlog import Backlog
    from mentor_common.explain.queue_estimate import Position
    from mentor_common.jobs.model import Job, Upload
    from mentor_common.jobs.outcome import Outcome
    from mentor_common.jobs.reader import Validity
    from mentor_common.jobs.task import Task

_TAKE_OVER_SECONDS: Final = 120
"""By then the message of a worker that went away is visible again."""

_DECIDED: Final = frozenset({"READY", "FAILED", "CANCELLED", "SUPERSEDED"})
_RESULT: Final[dict[TaskKind, str]] = {"transcode": "the video", "transcribe": "the transcript"}
_RUNNING: Final[dict[TaskKind, str]] = {
    "transcode": "the video is being made",
    "transcribe": "the transcript is being written",
}
_SUPERSEDED: Final = "a newer upload of this answer was accepted; nothing more is done for this one"
_NOT_CURRENT: Final[dict[str, str]] = {
    "superseded": _SUPERSEDED,
    "cancelled": "it is being cancelled; work on it stops within seconds",
    "undecided": "it is on hold while a newer upload of this answer is being prepared",
}
_ENDED: Final[dict[str, str]] = {"cancelled": "it was cancelled", "superseded": _SUPERSEDED}
_NOT_SHOWN_YET: Final = "everything is ready; the answer is about to show it"
_WAITING_FOR_RETRY: Final = Reason.of("waiting_for_retry", "waiting to be tried again")
_NOT_ACCEPTED: Final = Reason.of("not_accepted", "not begun: the upload was not accepted")
_UNDECIDED: Final = Reason.of("not_accepted_yet", "not begun: the upload is not accepted yet")
_TASK_ENDED: Final = {
    STALLED: Reason.of("stalled", "given up: it was not finished within a day"),
    "superseded": Reason.of(
        "superseded", "no longer needed: a newer upload of this answer was accepted"
    ),
}


def why_not_ready(
    upload: Upload, now: float, backlog: Backlog | None, validity: Validity | None = None
) -> str | None:
    """Return why an upload is not ready; ``None`` when it is and the answer shows it.

    The sentence is chosen by the upload's :func:`state <.state.state>`, so that the two agree.

    Parameters
    ----------
    now
        Epoch seconds.
    backlog
        Who else waits; ``None`` to say nothing about that.
    validity
        Whether work for it still counts, where that was asked.
    """
    job, outcome, stands = upload.job, upload.outcome, state(upload)
    if job is None:
        return "there is no such upload"
    if stands in {"PREPARING", "ABORTED"}:
        return _unaccepted(job, now)
    if outcome is not None and stands in _DECIDED:
        return _ended(outcome)
    if validity != "superseded" and stands == "CANCELLING":
        validity = "cancelled"
    return _NOT_CURRENT.get(validity or "current") or _in_progress(upload, job, now, backlog)


def why_task_waits(
    kind: TaskKind, upload: Upload, job: Job, now: float, backlog: Backlog | None
) -> Reason | None:
    """Return what a unit of work waits for; ``None`` while it runs well and once it has ended.

    ``now`` and ``backlog`` are those of :func:`why_not_ready`.
    """
    task = upload.task(kind)
    if task is not None and task.terminal:
        return _WAITING_FOR_RETRY if kind in upload.retries_requested else None
    not_needed = _not_needed(upload, job)
    if not_needed is not None:
        return not_needed
    if task is None:
        return waiting_for_worker(kind, _position(kind, job, backlog))
    if task.status == "WAITING":
        return _waiting_for_aws(task, now)
    if task.lease_until <= now:
        return _interrupted(kind, task, job, now, backlog)
    return _trying_again(task) if task.starts > 1 else None


def _unaccepted(job: Job, now: float) -> str:
    if job.status == "ABORTED":
        return "it was not accepted and nothing was changed; it can be sent again"
    if job.prepared_at + PREPARING_SECONDS < now:
        return "it was interrupted while being received; soon it can be sent again"
    return "it is being received; it will be accepted or refused within seconds"


def _ended(outcome: Outcome) -> str | None:
    if outcome.kind == "ready":
        return None if outcome.said else _NOT_SHOWN_YET
    if outcome.kind != "failed":
        return _ENDED[outcome.kind]
    if outcome.failed == ["transcribing"]:
        return f"the answer shows the video, without a transcript: {outcome.reason}"
    return f"it failed: {outcome.reason}"


def _in_progress(upload: Upload, job: Job, now: float, backlog: Backlog | None) -> str:
    failed = _failed_undecided(upload)
    if failed is not None:
        return failed
    clauses = [_clause(kind, upload, job, now, backlog) for kind in job.kinds]
    return "; ".join(each for each in clauses if each) or _NOT_SHOWN_YET


def _failed_undecided(upload: Upload) -> str | None:
    """Return what failed where the outcome is not decided yet: the state is ``IN_PROGRESS``."""
    if upload.retries_requested:
        return None
    video, transcript = upload.transcode, upload.transcribe
    if video is not None and video.status == "FAILED":
        return f"the video could not be made; the answer will say so shortly: {video.reason}"
    if video is None or video.status != "DONE" or transcript is None:
        return None
    if transcript.status == "FAILED":
        return f"the video is ready, without a transcript, and shown soon: {transcript.reason}"
    return None


def _clause(
    kind: TaskKind, upload: Upload, job: Job, now: float, backlog: Backlog | None
) -> str | None:
    task = upload.task(kind)
    reason = why_task_waits(kind, upload, job, now, backlog)
    waits = reason.text if reason else ""
    if task is None or task.status != "IN_PROGRESS" or task.lease_until <= now:
        return f"{_RESULT[kind]} is {waits}" if waits.startswith("waiting") else waits
    percent = f": {task.percent} %" if task.percent else ""
    return f"{_RUNNING[kind]}{percent}" + (f", {waits}" if waits else "")


def _not_needed(upload: Upload, job: Job) -> Reason | None:
    """Return why nothing is done for an upload, as far as its own items say so."""
    if job.status != "ACCEPTED":
        return _NOT_ACCEPTED if job.status == "ABORTED" else _UNDECIDED
    if upload.outcome is None:
        return None
    return _TASK_ENDED.get(upload.outcome.code or upload.outcome.kind)


def _position(kind: TaskKind, job: Job, backlog: Backlog | None) -> Position | None:
    estimate = backlog.estimate(kind) if backlog else None
    return estimate.position(job.accepted_at or job.prepared_at) if estimate else None


def _trying_again(task: Task) -> Reason:
    text = f"trying again (try {task.starts} of {task.max_starts})"
    return Reason.of("trying_again", text, start=task.starts, most=task.max_starts)


def _waiting_for_aws(task: Task, now: float) -> Reason:
    waits, seconds = "waiting for AWS Transcribe to write down what is said", now - task.started_at
    minutes = rough_minutes(seconds) if seconds >= MINUTE else 0
    text = f"{waits}, since {minutes_text(minutes)}" if minutes else waits
    return Reason.of("waiting_for_aws", text, minutes=minutes)


def _interrupted(
    kind: TaskKind, task: Task, job: Job, now: float, backlog: Backlog | None
) -> Reason:
    """Return why no worker is at a task that was begun."""
    worker = KINDS[kind].service
    if task.retry_at is not None and task.retry_at > now:
        return _start_failed(worker, task, rough_minutes(task.retry_at - now))
    if 0 < now - task.lease_until < _TAKE_OVER_SECONDS:
        text = f"the {worker} working on it stopped; another takes over within a minute"
        return Reason.of("worker_stopped", text)
    position = _position(kind, job, backlog)
    return waiting_for_worker(kind, position, "retry" if task.last_error else "continue")


def _start_failed(worker: str, task: Task, minutes: int) -> Reason:
    start, most = task.starts, task.max_starts
    then = "it is given up" if start >= most else "the next begins"
    text = f"try {start} of {most} of the {worker} failed; {then} in {minutes_text(minutes)}"
    return Reason.of("start_failed", text, start=start, most=most, minutes=minutes)
