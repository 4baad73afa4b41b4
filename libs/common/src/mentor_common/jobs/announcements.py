"""Events that request the work on an upload: published by the api, and again by an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.events import AlignmentRequested, Event, UploadAccepted

if TYPE_CHECKING:
    from mentor_common.events import EventData, TaskKind
    from mentor_common.jobs.model import Job


def announcements(job: Job) -> list[Event]:
    """Return the events that announce an accepted job; the same at each repetition."""
    if job.align_key is None:
        return [accepted_event(job)]
    return [accepted_event(job), _alignment_event(job, job.align_key)]


def work_request(job: Job, kind: TaskKind) -> Event:
    """Return the event that requests one unit of the job's work from its worker."""
    if kind == "transcribe" and job.align_key is not None:
        return _alignment_event(job, job.align_key)
    return accepted_event(job)


def accepted_event(job: Job) -> Event:
    """Return the event that announces an accepted job; the same at each repetition."""
    data = UploadAccepted(
        **_upload(job),
        transcribe=job.transcription == "wanted",
        hints=job.hints if job.transcription == "wanted" else None,
        generate_thumbnail=job.request.generate_thumbnail,
        is_vbg_video=job.request.is_vbg_video,
        maintain_original_aspect_ratio=job.request.maintain_original_aspect_ratio,
    )
    return _api_event(data, job)


def _alignment_event(job: Job, align_key: str) -> Event:
    data = AlignmentRequested(
        **_upload(job),
        align_key=align_key,
        align_captions=job.align_captions,
        align_language=job.align_language,
    )
    return _api_event(data, job)


def _upload(job: Job) -> dict[str, Any]:
    """Return the fields that both requests have."""
    about = {"upload_id": job.upload_id, "mentor": job.mentor, "question": job.question}
    return about | {"source": job.source, "trim": job.request.trim}


def _api_event(data: EventData, job: Job) -> Event:
    event = Event.of(data, service="api", step="", at=job.accepted_at or job.prepared_at)
    return event.traced(job.traceparent)
