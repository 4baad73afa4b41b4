"""How an upload stands: pure decisions, no I/O (DESIGN rules 18 and 19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
    from mentor_common.jobs import Job, OutcomeKind

STALLED_REASON = (
    "This upload did not get finished within a day. The team has been told; "
    "please upload the video again."
)
CAPTIONS = "captions"
UNBEGUN_ALIGNMENT_SECONDS = 30 * 60
"""For so long after the video is made an alignment is waited for that nobody has begun.

The api asks for it again after 15 minutes. Where it is not heard even then (a transcriber or
subscriptions of an older release) the answer shows the video with the captions it has.
"""
_TERMINAL = frozenset({"DONE", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class Verdict:
    """How an upload stands; ``running`` as long as nothing is decided."""

    kind: OutcomeKind | Literal["running"]
    code: str | None = None
    reason: str | None = None
    failed: tuple[str, ...] = ()

    @property
    def switches(self) -> bool:
        """Whether the answer shows this upload: ready, or ready but for its captions."""
        return self.kind == "ready" or (self.kind == "failed" and self.code == CAPTIONS)

    def outcome(self, at: float) -> Outcome:
        """Return the item that fixes a verdict which is not ``running``."""
        if self.kind == "running":
            raise ValueError("a running upload has no outcome")
        return Outcome(
            kind=self.kind, code=self.code, reason=self.reason, failed=list(self.failed), at=at
        )

    @classmethod
    def of(cls, outcome: Outcome) -> Verdict:
        """Return the verdict that an outcome fixed."""
        return cls(outcome.kind, outcome.code, outcome.reason, tuple(outcome.failed))


def judge(upload: Upload, job: Job, *, newest: bool, now: float, stalled_after: float) -> Verdict:
    """Decide how an upload stands.

    Parameters
    ----------
    upload, job
        Its items.
    newest
        Whether it is the newest accepted upload of its answer.
    now, stalled_after
        Epoch seconds; seconds after which an upload without progress has failed.
    """
    if upload.outcome is not None:
        return Verdict.of(upload.outcome)
    if not newest:
        return Verdict.of(SUPERSEDED)
    if upload.cancel is not None:
        return Verdict("cancelled", "cancelled", "The upload was cancelled.")
    verdict = _by_tasks(upload, job)
    if verdict.kind == "running":
        return _overdue(upload, job, now, stalled_after) or verdict
    return verdict


def _overdue(upload: Upload, job: Job, now: float, stalled_after: float) -> Verdict | None:
    """Return how an upload ends that has been waited for too long."""
    stalled = _since(upload, job) + stalled_after < now
    if _only_aligns(upload, job):
        return Verdict("ready") if stalled or _is_unbegun(upload, job, now) else None
    if not stalled:
        return None
    late = tuple(n for n in job.task_names if sub_status(n, upload, job).status != "DONE")
    return Verdict("failed", STALLED, STALLED_REASON, late)


def _by_tasks(upload: Upload, job: Job) -> Verdict:
    transcode, transcribe = upload.transcode, upload.transcribe
    if transcode is not None and transcode.status == "FAILED":
        return Verdict("failed", transcode.code, transcode.reason, _failed_names(transcode))
    if transcode is None or not transcode.terminal:
        return Verdict("running")
    if not job.needs_transcriber:
        return Verdict("ready")
    if transcribe is None or not transcribe.terminal:
        return Verdict("running")
    if transcribe.status == "FAILED" and job.align_key is None:
        return Verdict("failed", CAPTIONS, transcribe.reason, ("transcribing",))
    return Verdict("ready")


def _only_aligns(upload: Upload, job: Job) -> bool:
    """Tell whether all is done but an alignment, for which nobody shall fail."""
    done = upload.transcode is not None and upload.transcode.status == "DONE"
    return done and job.align_key is not None


def _is_unbegun(upload: Upload, job: Job, now: float) -> bool:
    """Tell whether nobody has begun an alignment for too long after the video was made."""
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


def _failed_names(task: Task) -> tuple[str, ...]:
    return tuple(name for name, sub in task.names.items() if sub.status == "FAILED")


def _since(upload: Upload, job: Job) -> float:
    """Return when the present pair of attempts began: a redrive starts the day anew."""
    begun = [task.first_at for task in (upload.transcode, upload.transcribe) if task]
    return max([job.accepted_at or job.prepared_at, *begun])


def sub_status(name: str, upload: Upload, job: Job) -> SubTask:
    """Return how one of the tasks shown to people stands, by its worker's word."""
    if name == "transcribing" and job.transcription == "idle":
        return SubTask(status="DONE")
    task = upload.task(kind_of(name))
    if task is None:
        return SubTask(status="QUEUED")
    return task.sub_task(name)


def shown_statuses(upload: Upload, job: Job, verdict: Verdict) -> dict[str, Status]:
    """Return task name to the status that GraphQL has to show under a verdict."""
    shown = {name: sub_status(name, upload, job).status for name in job.task_names}
    if _only_aligns(upload, job) and verdict.kind in {"running", "cancelled"}:
        # People see no task of it, and the UI fetches the answer once all that it sees is DONE.
        shown[job.task_names[-1]] = "IN_PROGRESS"
    ending: Status | None = None
    if verdict.kind == "cancelled":
        ending = "CANCELLED"
    elif verdict.code == STALLED:
        ending = "FAILED"
    if ending:
        shown = {
            name: s if s in _TERMINAL and not _ended_late(name, upload) else ending
            for name, s in shown.items()
        }
    return shown


def _ended_late(name: str, upload: Upload) -> bool:
    """Tell whether a task ended after the outcome that people were shown: it stays as it was."""
    task = upload.task(kind_of(name))
    decided = upload.outcome
    return bool(task and decided and (task.finished_at or 0) > decided.at)


def task_info(upload_id: str, name: str, status: Status) -> dict[str, str]:
    """Return a complete TaskInfo: partial ones lose races."""
    return {"task_name": name, "task_id": task_id_of(upload_id, name), "status": status}
