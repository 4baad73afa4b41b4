"""Events that request the work on an upload."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.events import AlignmentRequested, Hints, Trim, UploadAccepted
from mentor_common.jobs import UploadRequest, accepted_event, announcements, work_request
from simulation.items import SOURCE, UPLOAD, job

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ALIGNMENT = {
    "transcription": "edited",
    "align_key": "text",
    "align_captions": "always",
    "align_language": "es",
}


def test_an_accepted_job_is_announced_by_one_event_with_its_options() -> None:
    request = UploadRequest(
        trim=Trim(start=1, end=2),
        generate_thumbnail=True,
        is_vbg_video=True,
        maintain_original_aspect_ratio=True,
    )
    hints = Hints(mentor="Clint Anderson", question="Who are you?")
    (event,) = announcements(job(request=request, hints=hints))
    data = event.data
    assert isinstance(data, UploadAccepted)
    assert (data.source, data.trim, data.transcribe) == (SOURCE, request.trim, True)
    assert data.hints == hints
    assert data.generate_thumbnail
    assert data.is_vbg_video
    assert data.maintain_original_aspect_ratio
    assert event.envelope.source == "/mentor-upload/api"
    assert event.envelope.time.timestamp() == 101.0


@pytest.mark.parametrize("transcription", ["idle", "edited"])
def test_without_speech_to_recognise_no_transcript_is_requested(transcription: str) -> None:
    (event,) = announcements(job(transcription=transcription))
    assert isinstance(event.data, UploadAccepted)
    assert not event.data.transcribe
    assert event.data.attributes()["transcribe"] == "false"


def test_a_text_to_align_is_requested_by_a_second_event() -> None:
    accepted, alignment = announcements(job(**ALIGNMENT))
    assert isinstance(accepted.data, UploadAccepted)
    assert (accepted.data.transcribe, accepted.data.align_key) == (False, None)
    assert isinstance(alignment.data, AlignmentRequested)
    assert (alignment.data.align_key, alignment.data.align_captions) == ("text", "always")
    assert alignment.data.align_language == "es"


@pytest.mark.parametrize(
    ("fields", "kind", "requested"),
    [
        ({}, "transcode", UploadAccepted),
        ({}, "transcribe", UploadAccepted),
        (ALIGNMENT, "transcode", UploadAccepted),
        (ALIGNMENT, "transcribe", AlignmentRequested),
    ],
)
def test_each_unit_of_work_is_requested_by_its_event(
    fields: dict[str, Any], kind: Any, requested: type
) -> None:
    assert isinstance(work_request(job(**fields), kind).data, requested)


def test_a_repetition_is_the_same_event() -> None:
    first, second = (accepted_event(job(published=published)) for published in (False, True))
    assert first.envelope == second.envelope
    assert first.envelope.id == f"{UPLOAD}/upload.accepted.v1"


def test_the_event_carries_the_trace_of_the_request() -> None:
    assert accepted_event(job()).envelope.traceparent is None
    assert accepted_event(job(traceparent=TRACEPARENT)).envelope.traceparent == TRACEPARENT


def test_an_event_of_a_job_that_is_only_prepared_bears_that_time() -> None:
    assert accepted_event(job(accepted_at=None)).envelope.time.timestamp() == 100.0
