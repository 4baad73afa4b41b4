"""What a unit of work waits for, in words that a person without our jargon understands.

What changes by the second is rounded, so that whoever polls is told something new only when there
is something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.jobs.kinds import KINDS
from mentor_common.jobs.outcome import STALLED

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.explain.backlog import Backlog
    from mentor_common.explain.queue_estimate import Halted, Place
    from mentor_common.jobs.model import Job, Upload
    from mentor_common.jobs.task import Task

_MINUTE: Final = 60
_HOUR: Final = 3600
_EXACT_MINUTES: Final = 10
_MOST_MINUTES: Final = 90
_EXACT_COUNT: Final = 100
_TAKE_OVER_SECONDS: Final = 120
"""By then the message of a worker that went away is visible again."""

_HALTED: Final[dict[Halted, str]] = {
    "absent": "no {worker} is working now",
    "outage": "the {worker} waits until a service that it needs is back",
    "failing": "most work fails now, so the {worker} tries one upload at a time",
}
_UNACCEPTED: Final = {"PREPARING": "is not accepted yet", "ABORTED": "was not accepted"}
_OVER: Final = {
    STALLED: "given up: it was not finished within a day",
    "superseded": "not needed any more: a newer upload of this answer was accepted",
}


def about(seconds: float) -> str:
    """Return a time as people say it: the shorter, the more exactly."""
    minutes = round(seconds / _MINUTE)
    if minutes < 1:
        return "less than a minute"
    if minutes > _MOST_MINUTES:
        return f"about {round(seconds / _HOUR)} h"
    if minutes > _EXACT_MINUTES:
        minutes = 5 * round(minutes / 5)
    return f"about {minutes} min"


def uploads(number: int) -> str:
    """Return a number of uploads; a large one to two digits."""
    if number >= _EXACT_COUNT:
        return f"about {round(number, 2 - len(str(number)))} uploads"
    return "1 upload" if number == 1 else f"{number} uploads"


def in_line(kind: TaskKind, place: Place | None, purpose: str = "") -> str:
    """Return what a unit of work waits for that no worker has.

    Parameters
    ----------
    kind
        Which unit of work.
    place
        Where it stands; ``None`` when that could not be read.
    purpose
        What the worker is needed for, where that is not to begin.
    """
    worker = KINDS[kind].service
    waits = f"waiting for a free {worker}{purpose}"
    if place is None or (place.at_least and not place.ahead):
        return waits
    if place.at_least:
        unit = 10 ** max(0, len(str(place.ahead)) - 2)
        least = f"{waits}: more than {place.ahead // unit * unit} uploads ahead"
        if place.seconds is None or place.seconds < _MINUTE:
            return least
        return f"{least}, at least {about(place.seconds).removeprefix('about ')}"
    ahead = f"{uploads(place.ahead)} ahead" if place.ahead else "next in line"
    if place.halted is not None:
        return f"{waits}: {ahead}; {halted_words(kind, place.halted)}"
    if place.seconds is not None:
        return f"{waits}: {ahead}, {about(place.seconds)}"
    return f"{waits}: {ahead}" if place.ahead else waits


def halted_words(kind: TaskKind, halted: Halted) -> str:
    """Return why no worker works at all."""
    return _HALTED[halted].format(worker=KINDS[kind].service)


def unit_words(
    kind: TaskKind, upload: Upload, job: Job, now: float, backlog: Backlog | None
) -> str | None:
    """Return what a unit of work waits for; ``None`` while it runs well and once it has ended.

    Parameters
    ----------
    kind, upload, job
        Which, of which upload.
    now
        Epoch seconds.
    backlog
        Who else waits; ``None`` to say nothing about that.
    """
    task = upload.task(kind)
    if task is not None and task.terminal:
        return "waiting to be tried again" if kind in upload.retries_requested else None
    for_nothing = _for_nothing(upload, job)
    if for_nothing is not None:
        return for_nothing
    if task is None:
        return in_line(kind, _place(kind, job, backlog))
    if task.status == "WAITING":
        return _elsewhere(task, now)
    if task.lease_until <= now:
        return _interrupted(kind, task, job, now, backlog)
    return f"trying again (try {task.starts} of {task.max_starts})" if task.starts > 1 else None


def _for_nothing(upload: Upload, job: Job) -> str | None:
    """Return why nothing is done for an upload, as far as its own items say so."""
    if job.status != "ACCEPTED":
        return f"not begun: the upload {_UNACCEPTED.get(job.status, _UNACCEPTED['PREPARING'])}"
    if upload.outcome is None:
        return None
    return _OVER.get(upload.outcome.code or upload.outcome.kind)


def _place(kind: TaskKind, job: Job, backlog: Backlog | None) -> Place | None:
    line = backlog.line(kind) if backlog else None
    return line.place(job.accepted_at or job.prepared_at) if line else None


def _elsewhere(task: Task, now: float) -> str:
    waits = "waiting for AWS Transcribe to write down what is said"
    asked = now - task.started_at
    return f"{waits}, since {about(asked)}" if asked >= _MINUTE else waits


def _interrupted(kind: TaskKind, task: Task, job: Job, now: float, backlog: Backlog | None) -> str:
    """Return why nobody works on a task that was begun."""
    worker = KINDS[kind].service
    if task.retry_at is not None and task.retry_at > now:
        failed = f"try {task.starts} of {task.max_starts} of the {worker} did not succeed"
        then = "it is given up" if task.starts >= task.max_starts else "the next begins"
        return f"{failed}; {then} in {about(task.retry_at - now)}"
    if 0 < now - task.lease_until < _TAKE_OVER_SECONDS:
        return f"the {worker} that worked on it went away; another takes over within a minute"
    purpose = " to try again" if task.last_error else " to go on"
    return in_line(kind, _place(kind, job, backlog), purpose)
