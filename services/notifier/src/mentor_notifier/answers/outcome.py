"""The outcome of an upload, and the statuses that people are shown: pure decisions, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.jobs import (
    STALLED,
    SUPERSEDED,
    Outcome,
    Status,
    SubTask,
    Task,
    Upload,
    kind_of,
    task_id_of,
)

if TYPE_CHECKING:
    from mentor_common.jobs import Job

STALLED_REASON = (
    "This upload did not get finished within a day. The team has been told; "
    "please upload the video again."
)
CAPTIONS = "captions"
UNBEGUN_ALIGNMENT_SECONDS = 30 * 60
"""For so long after the video is made an alignment is waited for that no worker has begun.

The api asks for it again after 15 minutes. Where no worker takes it up even then (a transcriber or
subscriptions of an older release) the answer shows the video with the captions it has.
"""
_TERMINAL = frozenset({"DONE", "FAILED", "CANCELLED"})


def outcome_of(upload: Upload, job: Job, *, now: float, stalled_after: float) -> Outcome | None:
    """Return how the newest upload of an answer ended; ``None`` while it runs.

    An outcome that was decided stands. ``now`` and ``stalled_after`` are in seconds; an upload
    without progress for longer has failed.
    """
    if upload.outcome is not None:
        return upload.outcome
    if upload.cancel is not None:
        reason = "The upload was cancelled."
        return Outcome(kind="cancelled", code="cancelled", reason=reason, at=now)
    return _by_tasks(upload, job, now) or _overdue(upload, job, now, stalled_after)


def superseded(upload: Upload, now: float) -> Outcome:
    """Return how an upload ended that is not the newest any more: what was decided stands."""
    return upload.outcome or SUPERSEDED.model_copy(update={"at": now})


def switches(outcome: Outcome | None) -> bool:
    """Return whether the answer shows the upload: ready, or ready but for its captions."""
    if outcome is None:
        return False
    return outcome.kind == "ready" or (outcome.kind == "failed" and outcome.code == CAPTIONS)


def _by_tasks(upload: Upload, job: Job, now: float) -> Outcome | None:
    transcode, transcribe = upload.transcode, upload.transcribe
    if transcode is not None and transcode.status == "FAILED":
        failed = [name for name, sub in transcode.names.items() if sub.status == "FAILED"]
        return _failed(transcode.code, transcode.reason, failed, now)
    if transcode is None or not transcode.terminal:
        return None
    if not job.needs_transcriber:
        return Outcome(kind="ready", at=now)
    if transcribe is None or not transcribe.terminal:
        return None
    if transcribe.status == "FAILED" and job.align_key is None:
        return _failed(CAPTIONS, transcribe.reason, ["transcribing"], now)
    return Outcome(kind="ready", at=now)


def _failed(code: str | None, reason: str | None, names: list[str], now: float) -> Outcome:
    return Outcome(kind="failed", code=code, reason=reason, failed=names, at=now)


def _overdue(upload: Upload, job: Job, now: float, stalled_after: float) -> Outcome | None:
    """Return how an upload ends that has been waited for too long."""
    stalled = _since(upload, job) + stalled_after < now
    if _only_aligns(upload, job):
        over = stalled or _is_unbegun(upload, job, now)
        return Outcome(kind="ready", at=now) if over else None
    if not stalled:
        return None
    late = [name for name in job.sub_tasks if sub_status(name, upload, job).status != "DONE"]
    return _failed(STALLED, STALLED_REASON, late, now)


def _only_aligns(upload: Upload, job: Job) -> bool:
    """Return whether all is done but an alignment, for which no upload may fail."""
    done = upload.transcode is not None and upload.transcode.status == "DONE"
    return done and job.align_key is not None


def _is_unbegun(upload: Upload, job: Job, now: float) -> bool:
    """Return whether an alignment was not begun for too long after the video was made."""
    if upload.transcode is None or upload.transcribe is not None:
        return False
    made_at = upload.transcode.finished_at or upload.transcode.started_at
    return max(made_at, job.accepted_at or 0) + UNBEGUN_ALIGNMENT_SECONDS < now


def late_captions(upload: Upload) -> str | None:
    """Return the key of captions of an alignment that ended after the answer was switched."""
    task, outcome = upload.transcribe, upload.outcome
    if task is None or outcome is None or (task.finished_at or 0) <= outcome.at:
        return None
    return upload.aligned_captions


def _since(upload: Upload, job: Job) -> float:
    """Return when the present pair of attempts began: a redrive starts the day anew."""
    begun = [task.first_at for task in (upload.transcode, upload.transcribe) if task]
    return max([job.accepted_at or job.prepared_at, *begun])


def sub_status(name: str, upload: Upload, job: Job) -> SubTask:
    """Return how one of the tasks shown to people stands, as its worker has stored it."""
    if name == "transcribing" and job.transcription == "idle":
        return SubTask(status="DONE")
    task = upload.task(kind_of(name))
    if task is None:
        return SubTask(status="QUEUED")
    return task.sub_task(name)


def shown_statuses(upload: Upload, job: Job, outcome: Outcome | None) -> dict[str, Status]:
    """Return task name to the status that GraphQL has to show under an outcome."""
    shown = {name: sub_status(name, upload, job).status for name in job.sub_tasks}
    if _only_aligns(upload, job) and (outcome is None or outcome.kind == "cancelled"):
        # People see no task of it, and the UI fetches the answer once all that it sees is DONE.
        shown[job.sub_tasks[-1]] = "IN_PROGRESS"
    ending: Status | None = None
    if outcome is not None and outcome.kind == "cancelled":
        ending = "CANCELLED"
    elif outcome is not None and outcome.code == STALLED:
        ending = "FAILED"
    if ending:
        shown = {
            name: s if s in _TERMINAL and not _ended_late(name, upload) else ending
            for name, s in shown.items()
        }
    return shown


def all_terminal(statuses: dict[str, Status]) -> bool:
    """Return whether no task that people are shown will change any more."""
    return set(statuses.values()) <= _TERMINAL


def _ended_late(name: str, upload: Upload) -> bool:
    """Return whether a task ended after the outcome that people were shown: it stays as it was."""
    task: Task | None = upload.task(kind_of(name))
    decided = upload.outcome
    return bool(task and decided and (task.finished_at or 0) > decided.at)


def task_info(upload_id: str, name: str, status: Status) -> dict[str, str]:
    """Return a complete TaskInfo: partial ones lose races."""
    return {"task_name": name, "task_id": task_id_of(upload_id, name), "status": status}
