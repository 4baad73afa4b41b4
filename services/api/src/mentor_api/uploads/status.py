"""What ``GET /upload/status/{upload_id}`` answers: every task, in words a person understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mentor_api.uploads.retry import helped_by_retry
from mentor_common.explain import why_not_ready, why_task_waits
from mentor_common.jobs import kind_of, state, task_id_of

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.jobs import Job, Outcome, Reader, Task, Upload

_DONE = 100
_IDLE_REASON = "an idle clip has nothing to transcribe"
_TERMINAL = frozenset({"DONE", "FAILED"})


@dataclass(frozen=True)
class Statuses:
    """Makes status documents.

    Parameters
    ----------
    reader, clock
        The jobs table and the time.
    backlog
        Who else waits.
    static_url_base
        What result keys are relative to.
    """

    reader: Reader
    clock: Clock
    backlog: Backlog
    static_url_base: str

    def of(self, upload: Upload, job: Job) -> dict[str, Any]:
        """Return the status document of an upload.

        Returns
        -------
        dict
            ``state`` (``PREPARING``, ``QUEUED``, ``IN_PROGRESS``, ``READY``, ``FAILED``,
            ``CANCELLING``, ``CANCELLED``, ``SUPERSEDED``, ``ABORTED``), ``reason`` why it ended,
            ``why`` it is not ready, ``can_retry`` (whether another attempt may go better),
            ``tasks`` (name, id, status, percent 0 to 100, attempt, reason), ``tool_runs`` of the
            last attempts as ``[tool, start, end]`` in epoch seconds, ``urls`` by result, times as
            ISO 8601 in UTC.
        """
        outcome = None if upload.retries_requested else upload.outcome
        notify = self.reader.notify(job.answer)
        units = [task for task in (upload.transcode, upload.transcribe) if task]
        results = {name: key for task in units for name, key in task.results.items()}
        base = self.static_url_base
        return {
            "upload_id": upload.upload_id,
            "mentor": job.mentor,
            "question": job.question,
            "state": state(upload),
            "reason": _reason(upload, outcome),
            "can_retry": bool(helped_by_retry(upload)),
            "why": why_not_ready(upload, self.clock.now(), self.backlog),
            "live": bool(notify and (notify.switched or "").startswith(f"{upload.upload_id}/")),
            "tasks": [self._task(name, upload, job) for name in job.task_names],
            "tool_runs": [run for task in units for run in task.tools],
            "urls": {name: urljoin(base, key) for name, key in sorted(results.items())},
            "accepted_at": _iso(job.accepted_at),
            "finished_at": _iso(outcome.said_at if outcome else None),
        }

    def _task(self, name: str, upload: Upload, job: Job) -> dict[str, Any]:
        kind = kind_of(name)
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
        if task is not None and kind not in upload.retries_requested:
            shown |= _running(name, task)
        if shown["status"] in _TERMINAL:
            return shown
        if upload.cancel:
            return shown | {"status": "CANCELLED", "reason": "cancelled"}
        reason = why_task_waits(kind, upload, job, self.clock.now(), self.backlog)
        return shown | {"reason": reason}


def _reason(upload: Upload, outcome: Outcome | None) -> str | None:
    if outcome is not None:
        return outcome.reason
    return "cancelled" if upload.cancel else None


def _running(name: str, task: Task) -> dict[str, Any]:
    sub = task.sub_task(name)
    return {
        "status": sub.status,
        "percent": _DONE if sub.status == "DONE" else task.percent,
        "reason": sub.reason,
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
