"""Admission of a new upload to an answer: pure decisions, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mentor_common.jobs.outcome import answer_shows

if TYPE_CHECKING:
    from mentor_common.jobs.model import Current, Job, Upload
    from mentor_common.jobs.outcome import AnswerState

Admission = Literal["take", "join", "wait", "refuse"]


def answer_is_free(
    current: Current | None, upload: Upload | None, answer_state: AnswerState | None
) -> bool:
    """Return whether no upload is active on an answer.

    ``current`` is the answer's newest upload, if any, and ``upload`` has its items.
    """
    if current is None or upload is None or upload.job is None:
        return True
    if upload.job.status == "ABORTED":
        return True
    decided_ready = upload.outcome is not None and upload.outcome.kind == "ready"
    if upload.cancel is not None and not decided_ready:
        return True  # A cancel that came after the decision cancels nothing.
    if not current.accepted:
        return False
    deciding = [upload.transcode]
    if upload.job.align_key is None:  # An alignment fails nothing.
        deciding.append(upload.transcribe)
    failed = any(task and task.status == "FAILED" for task in deciding)
    ended = any(outcome.kind != "ready" for outcome in upload.outcomes.values())
    return failed or ended or answer_shows(upload.upload_id, answer_state)


def admission(
    job: Job, current: Current | None, upload: Upload | None, answer_state: AnswerState | None
) -> Admission:
    """Decide what becomes of a new upload of an answer.

    Returns
    -------
    Admission
        ``take``: the answer is its own, for the old upload has ended or is replaced. ``join``: the
        active upload is this one, or of the same bytes. ``wait``: the active upload is in a step
        of moments, after which this can be decided. ``refuse``: the active upload has to end first.
    """
    free = answer_is_free(current, upload, answer_state)
    if free or current is None or upload is None or upload.job is None:
        return "take"
    active = upload.job
    if active.user != job.user:
        return "refuse"
    if not current.accepted or upload.outcome is not None:
        return "wait"  # Being prepared, or ready and about to be shown.
    if active.upload_id == job.upload_id or _same_work(active, job):
        return "join"
    if job.request.from_answer and not active.request.from_answer:
        return "refuse"  # A trim can be made again at any time, a recording cannot.
    return "take"


def _same_work(active: Job, job: Job) -> bool:
    """Return whether two uploads would give the same result: the same bytes, the same request."""
    mine, theirs = (
        (each.source.etag, each.source.size, each.request, each.transcription)
        for each in (job, active)
    )
    return mine == theirs
