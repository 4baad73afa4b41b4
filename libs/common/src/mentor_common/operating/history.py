"""An upload by the jobs table: what happened to it, and all of it as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import KINDS, answer_shows, state
from mentor_common.jobs.reader import validity_of

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerState, Current, Job, Reader, Task, Upload


def iso(at: float | None, timespec: str = "seconds") -> str | None:
    """Return epoch seconds as ISO 8601 in UTC, to the second."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec=timespec)


def describe(upload: Upload, reader: Reader) -> dict[str, Any]:
    """Return everything about an upload as JSON values; ``state`` is ``UNKNOWN`` for none."""
    job = upload.job
    if job is None:
        return {"upload": upload.upload_id, "state": state(upload)}
    return described(upload, job, *reader.answer(job.answer))


def described(
    upload: Upload, job: Job, current: Current | None, answer_state: AnswerState | None
) -> dict[str, Any]:
    """Return everything about an upload, and what was read of its answer, as JSON values."""
    tasks = {kind: upload.task(kind) for kind in KINDS}
    cancelled = upload.cancel is not None
    return {
        "upload": upload.upload_id,
        "state": state(upload),
        "standing": validity_of(upload.upload_id, current, is_cancelled=cancelled),
        "mentor": job.mentor,
        "question": job.question,
        "revision": job.revision,
        "transcription": job.transcription,
        "published": job.published,
        "tasks": {kind: _task(task) if task else None for kind, task in tasks.items()},
        "last_error": last_error(upload),
        "live": answer_shows(upload.upload_id, answer_state),
        "looked_at_next": iso(answer_state.due_at) if answer_state else None,
        "history": [{"at": iso(at), "what": what} for at, what in timeline(upload)],
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "status": task.status,
        "attempt": task.attempt,
        "starts": task.starts,
        "claims": task.claim,
        "percent": task.percent,
        "owner": task.owner,
        "lease_until": iso(task.lease_until) if task.lease_until else None,
        "code": task.code,
        "reason": task.reason,
        "last_error": task.last_error,
        "results": task.results,
        "web_rendition": task.web_rendition,
    }


def last_error(upload: Upload) -> str | None:
    """Return why the task that failed last did, or its last start, or else the outcome's reason."""
    tasks = [task for task in (upload.transcode, upload.transcribe) if task]
    failed = [task for task in tasks if task.status == "FAILED"]
    if failed:
        worst = max(failed, key=lambda task: task.finished_at or 0)
        return f"{worst.code}: {worst.last_error or worst.reason}"
    started = [task for task in tasks if task.status == "IN_PROGRESS" and task.last_error]
    if started:
        return f"start {started[0].starts - 1}: {started[0].last_error}"
    outcome = upload.outcome
    return f"{outcome.code}: {outcome.reason}" if outcome and outcome.code else None


def timeline(upload: Upload) -> list[tuple[float, str]]:
    """Return what happened, the oldest first."""
    job = upload.job
    if job is None:
        return []
    happened: list[tuple[float | None, str]] = [
        (job.prepared_at, "prepared"),
        (job.accepted_at, "accepted"),
    ]
    for kind in KINDS:
        task = upload.task(kind)
        if task is None:
            continue
        for past in task.past:
            happened.append((past.first_at, f"{kind} attempt {past.attempt} first claimed"))
            ended = f"{kind} attempt {past.attempt} FAILED ({past.code})"
            happened.append((past.finished_at, ended))
        attempt = f"{kind} attempt {task.attempt}"
        happened.append((task.first_at, f"{attempt} first claimed"))
        if task.claim > 1:
            happened.append((task.started_at, f"{attempt} claimed (claim {task.claim} of all)"))
        ending = f"{attempt} {task.status}" + (f" ({task.code})" if task.code else "")
        happened.append((task.finished_at, ending))
    if upload.cancel:
        happened.append((upload.cancel.at, f"cancelled by {upload.cancel.by}"))
    for pair, outcome in upload.outcomes.items():
        happened.append((outcome.at, f"decided {outcome.kind} for attempts {pair}"))
        happened.append((outcome.said_at, f"published {outcome.kind}"))
    return sorted((at, what) for at, what in happened if at is not None)
