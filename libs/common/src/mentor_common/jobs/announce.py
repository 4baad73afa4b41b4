"""The event that announces an accepted upload: the api says it, and an operator says it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.events import Event, UploadAccepted

if TYPE_CHECKING:
    from mentor_common.jobs.model import Job


def accepted_event(job: Job) -> Event:
    """Return the event that announces an accepted job; the same at each repetition."""
    data = UploadAccepted(
        upload_id=job.upload_id,
        mentor=job.mentor,
        question=job.question,
        source=job.source,
        trim=job.request.trim,
        transcribe=job.heard_out,
        align_key=job.align_key,
        align_captions=job.align_captions,
        generate_thumbnail=job.request.generate_thumbnail,
        is_vbg_video=job.request.is_vbg_video,
        maintain_original_aspect_ratio=job.request.maintain_original_aspect_ratio,
    )
    event = Event.of(data, service="api", step="", at=job.accepted_at or job.prepared_at)
    return event.traced(job.traceparent)
