"""Reasons why an upload, or one unit of its work, is not ready: sentences for people.

What changes by the second is rounded, so that a polling client sees something new only when there
is something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.jobs.kinds import KINDS
from mentor_common.jobs.outcome import STALLED
from mentor_common.jobs.state import state

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.explain.backlog import Backlog
    from mentor_common.explain.queue_estimate import Halted, Position
    from mentor_common.jobs.model import Job, Upload
    from mentor_common.jobs.outcome import Outcome
    from mentor_common.jobs.reader import Validity
    from mentor_common.jobs.task import Task

_MINUTE: Final = 60
_HOUR: Final = 3600
_EXACT_MINUTES: Final = 10
_MOST_MINUTES: Final = 90
_EXACT_COUNT: Final = 100
_TAKE_OVER_SECONDS: Final = 120
"""By then the message of a worker that went away is visible again."""

_DECIDED: Final = frozenset({"READY", "FAILED", "CANCELLED", "SUPERSEDED"})
_RESULT: Final[dict[TaskKind, str]] = {"transcode": "the video", "transcribe": "the transcript"}
_RUNNING: Final[dict[TaskKind, str]] = {
    "transcode": "the video is being made",
    "transcribe": "the transcript is being written",
}
_HALTED: Final[dict[Halted, str]] = {
    "absent": "no {worker} is running",
    "outage": "the {worker} is waiting for a service that it depends on",
    "failing": "most uploads are failing, so the {worker} is trying one at a time",
}
_SUPERSEDED: Final = "a newer upload of this answer was accepted; nothing more is done for this one"
_NOT_CURRENT: Final[dict[str, str]] = {
    "superseded": _SUPERSEDED,
    "cancelled": "it is being cancelled; work on it stops within seconds",
    "undecided": "it is on hold while a newer upload of this answer is being prepared",
}
_ENDED: Final[dict[str, str]] = {"cancelled": "it was cancelled", "superseded": _SUPERSEDED}
_NOT_SHOWN_YET: Final = "everything is ready; the answer is about to show it"
_TASK_UNACCEPTED: Final = {"PREPARING": "is not accepted yet", "ABORTED": "was not accepted"}
_TASK_ENDED: Final = {
    STALLED: "given up: it was not finished within a day",
    "superseded": "no longer needed: a newer upload of this answer was accepted",
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
) -> str | None:
    """Return what a unit of work waits for; ``None`` while it runs well and once it has ended.

    ``now`` and ``backlog`` are those of :func:`why_not_ready`.
    """
    task = upload.task(kind)
    if task is not None and task.terminal:
        return "waiting to be tried again" if kind in upload.retries_requested else None
    not_needed = _not_needed(upload, job)
    if not_needed is not None:
        return not_needed
    if task is None:
        return waiting_for_worker(kind, _position(kind, job, backlog))
    if task.status == "WAITING":
        return _waiting_for_aws(task, now)
    if task.lease_until <= now:
        return _interrupted(kind, task, job, now, backlog)
    return f"trying again (try {task.starts} of {task.max_starts})" if task.starts > 1 else None


def waiting_for_worker(kind: TaskKind, position: Position | None, purpose: str = "") -> str:
    """Return what a unit of work waits for that no worker has.

    ``position`` is ``None`` when that could not be read; ``purpose`` is what the worker is needed
    for, where that is not to begin.
    """
    waits = f"waiting for a free {KINDS[kind].service}{purpose}"
    if position is None or (position.is_lower_bound and not position.ahead):
        return waits
    if position.is_lower_bound:
        unit = 10 ** max(0, len(str(position.ahead)) - 2)
        least = f"{waits}: more than {position.ahead // unit * unit} uploads ahead"
        if position.seconds is None or position.seconds < _MINUTE:
            return least
        return f"{least}, at least {rough_duration(position.seconds).removeprefix('about ')}"
    ahead = f"{rough_count(position.ahead)} ahead" if position.ahead else "next in line"
    if position.halted is not None:
        return f"{waits}: {ahead}; {why_halted(kind, position.halted)}"
    if position.seconds is not None:
        return f"{waits}: {ahead}, {rough_duration(position.seconds)}"
    return f"{waits}: {ahead}" if position.ahead else waits


def why_halted(kind: TaskKind, halted: Halted) -> str:
    """Return why no worker works at all."""
    return _HALTED[halted].format(worker=KINDS[kind].service)


def rough_duration(seconds: float) -> str:
    """Return a time as people say it: the shorter, the more exactly."""
    minutes = round(seconds / _MINUTE)
    if minutes < 1:
        return "less than a minute"
    if minutes > _MOST_MINUTES:
        return f"about {round(seconds / _HOUR)} h"
    if minutes > _EXACT_MINUTES:
        minutes = 5 * round(minutes / 5)
    return f"about {minutes} min"


def rough_count(uploads: int) -> str:
    """Return a number of uploads; a large one to two digits."""
    if uploads >= _EXACT_COUNT:
        return f"about {round(uploads, 2 - len(str(uploads)))} uploads"
    return "1 upload" if uploads == 1 else f"{uploads} uploads"


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
    waits = why_task_waits(kind, upload, job, now, backlog)
    if task is None or task.status != "IN_PROGRESS" or task.lease_until <= now:
        return f"{_RESULT[kind]} is {waits}" if (waits or "").startswith("waiting") else waits
    percent = f": {task.percent} %" if task.percent else ""
    return f"{_RUNNING[kind]}{percent}" + (f", {waits}" if waits else "")


def _not_needed(upload: Upload, job: Job) -> str | None:
    """Return why nothing is done for an upload, as far as its own items say so."""
    if job.status != "ACCEPTED":
        unaccepted = _TASK_UNACCEPTED.get(job.status, _TASK_UNACCEPTED["PREPARING"])
        return f"not begun: the upload {unaccepted}"
    if upload.outcome is None:
        return None
    return _TASK_ENDED.get(upload.outcome.code or upload.outcome.kind)


def _position(kind: TaskKind, job: Job, backlog: Backlog | None) -> Position | None:
    estimate = backlog.estimate(kind) if backlog else None
    return estimate.position(job.accepted_at or job.prepared_at) if estimate else None


def _waiting_for_aws(task: Task, now: float) -> str:
    waits = "waiting for AWS Transcribe to write down what is said"
    asked = now - task.started_at
    return f"{waits}, since {rough_duration(asked)}" if asked >= _MINUTE else waits


def _interrupted(kind: TaskKind, task: Task, job: Job, now: float, backlog: Backlog | None) -> str:
    """Return why no worker is at a task that was begun."""
    worker = KINDS[kind].service
    if task.retry_at is not None and task.retry_at > now:
        failed = f"try {task.starts} of {task.max_starts} of the {worker} failed"
        then = "it is given up" if task.starts >= task.max_starts else "the next begins"
        return f"{failed}; {then} in {rough_duration(task.retry_at - now)}"
    if 0 < now - task.lease_until < _TAKE_OVER_SECONDS:
        return f"the {worker} working on it stopped; another takes over within a minute"
    purpose = " to try again" if task.last_error else " to go on"
    return waiting_for_worker(kind, _position(kind, job, backlog), purpose)
