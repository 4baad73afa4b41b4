"""Trying failed work again: the same message that a redriven dead letter would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mentor_common.events.models import TaskKind
from mentor_common.jobs import KINDS, state, work_request
from mentor_common.operating.errors import RefusedError

if TYPE_CHECKING:
    from mentor_common.jobs import Reader
    from mentor_common.operating.dead_letter_queue import DeadLetterQueues


def retry(
    upload_id: str, kind: TaskKind | None, reader: Reader, queues: DeadLetterQueues
) -> dict[str, int]:
    """Ask for the next attempt of an upload's failed tasks.

    Without a kind, of all tasks of the upload that FAILED.

    Returns task to the attempt that was asked for.

    Raises
    ------
    RefusedError
        When nothing has failed, or work for the upload would change nothing.
    """
    upload = reader.upload(upload_id)
    job = upload.job
    if job is None:
        raise RefusedError(f"there is no upload {upload_id} on this stage")
    validity = reader.validity(upload_id, job.answer)
    if job.status != "ACCEPTED" or validity != "current":
        why = validity if job.status == "ACCEPTED" else f"not accepted but {job.status}"
        raise RefusedError(f"upload {upload_id} is {why}: work for it would change nothing")
    kinds: tuple[TaskKind, ...] = (kind,) if kind else get_args(TaskKind)
    failed = {
        name: task.attempt
        for name in kinds
        if (task := upload.task(name)) and task.status == "FAILED"
    }
    if not failed:
        raise RefusedError(
            f"no task of upload {upload_id} has FAILED, so there is none to try again; the upload"
            f" is {state(upload)}"
        )
    for name, attempt in failed.items():
        event = work_request(job, name)
        # As a dead letter of this attempt would carry it: its redrive opens the same attempt.
        attributes = {**event.data.attributes(), "attempt": str(attempt)}
        queues[KINDS[name].service].send(event.to_json(), job.mentor, attributes)
    return {name: attempt + 1 for name, attempt in failed.items()}
