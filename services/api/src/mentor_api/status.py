"""What ``GET /upload/status/{upload_id}`` answers: every task, in words a person understands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mentor_api.retrying import helped_by_retry
from mentor_common.jobs import Job, Task, Upload, state, task_id_of

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import Notify, Outcome

_DONE = 100
_WAITING = {
    "transcode": "waiting for a free transcoder",
    "transcribe": "waiting for a free transcriber",
}
_AGAIN = "waiting to be tried again"
_IDLE_REASON = "an idle clip has nothing to transcribe"


def describe(
    upload: Upload, job: Job, notify: Notify | None, static_url_base: str
) -> dict[str, Any]:
    """Return the status document.

    Parameters
    ----------
    upload, job
        The upload's items.
    notify
        What the notifier has told, or ``None``.
    static_url_base
        What result keys are relative to.

    Returns
    -------
    dict
        ``state`` (``PREPARING``, ``QUEUED``, ``IN_PROGRESS``, ``READY``, ``FAILED``,
        ``CANCELLING``, ``CANCELLED``, ``SUPERSEDED``, ``ABORTED``), ``reason``, ``can_retry``
        (whether another attempt may go better), ``tasks`` (name, id, status, percent 0 to 100,
        attempt, reason), ``tool_runs`` of the last attempts as ``[tool, start, end]`` in epoch
        seconds, ``urls`` by result, times as ISO 8601 in UTC.
    """
    outcome = None if upload.asked_again else upload.outcome
    tasks = [_task(name, upload, job) for name in job.task_names]
    units = [task for task in (upload.transcode, upload.transcribe) if task]
    results = {name: key for task in units for name, key in task.results.items()}
    return {
        "upload_id": upload.upload_id,
        "mentor": job.mentor,
        "question": job.question,
        "state": state(upload),
        "reason": _reason(upload, outcome),
        "can_retry": bool(helped_by_retry(upload)),
        "live": bool(notify and (notify.switched or "").startswith(f"{upload.upload_id}/")),
        "tasks": tasks,
        "tool_runs": [run for task in units for run in task.tools],
        "urls": {name: urljoin(static_url_base, key) for name, key in sorted(results.items())},
        "accepted_at": _iso(job.accepted_at),
        "finished_at": _iso(outcome.said_at if outcome else None),
    }


def _reason(upload: Upload, outcome: Outcome | None) -> str | None:
    if outcome is not None:
        return outcome.reason
    return "cancelled" if upload.cancel else None


def _task(name: str, upload: Upload, job: Job) -> dict[str, Any]:
    kind: TaskKind = "transcribe" if name == "transcribing" else "transcode"
    task = upload.task(kind)
    shown: dict[str, Any] = {
        "task_name": name,
        "task_id": task_id_of(upload.upload_id, name),
        "status": "QUEUED",
        "percent": 0,
        "attempt": task.attempt if task else 1,
        "reason": None,
    }
    if name == "transcribing" and job.transcription == "idle":
        return shown | {"status": "DONE", "percent": _DONE, "reason": _IDLE_REASON}
    if task is None:
        shown["reason"] = _WAITING[kind]
    else:
        shown |= _running(name, task)
    if kind in upload.asked_again:
        shown |= {"status": "QUEUED", "percent": 0, "reason": _AGAIN}
    if upload.cancel and shown["status"] not in {"DONE", "FAILED"}:
        shown |= {"status": "CANCELLED", "reason": "cancelled"}
    return shown


def _running(name: str, task: Task) -> dict[str, Any]:
    sub = task.names.get(name)
    status = sub.status if sub else task.status
    reason = sub.reason if sub else None
    if status == "IN_PROGRESS" and task.starts > 1:
        reason = f"trying again (start {task.starts})"
    return {
        "status": status,
        "percent": _DONE if status == "DONE" else task.percent,
        "reason": reason,
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
