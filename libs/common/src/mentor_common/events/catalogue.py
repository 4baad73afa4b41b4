"""All event types: their data models, and the services that publish them."""

from __future__ import annotations

from mentor_common.events.models import (
    AlignmentRequested,
    AnswerFailed,
    AnswerReady,
    EventData,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TranscriptionChanged,
    UploadAccepted,
    UploadCancelled,
)
from mentor_common.events.transfers import (
    MediaCopied,
    MediaCopyFailed,
    MediaCopyRequested,
    MentorImported,
    TransferRequested,
)

MODELS: dict[str, type[EventData]] = {
    model.TYPE: model
    for model in (
        UploadAccepted,
        AlignmentRequested,
        UploadCancelled,
        TaskStarted,
        TaskCompleted,
        TaskFailed,
        AnswerReady,
        AnswerFailed,
        TransferRequested,
        MentorImported,
        MediaCopyRequested,
        MediaCopied,
        MediaCopyFailed,
        TranscriptionChanged,
    )
}
PUBLISHERS: dict[str, str] = {
    UploadAccepted.TYPE: "api",
    AlignmentRequested.TYPE: "api",
    UploadCancelled.TYPE: "api",
    TaskStarted.TYPE: "transcoder, transcriber",
    TaskCompleted.TYPE: "transcoder, transcriber",
    TaskFailed.TYPE: "transcoder, transcriber",
    AnswerReady.TYPE: "notifier",
    AnswerFailed.TYPE: "notifier",
    TransferRequested.TYPE: "api",
    MentorImported.TYPE: "notifier",
    MediaCopyRequested.TYPE: "api",
    MediaCopied.TYPE: "api",
    MediaCopyFailed.TYPE: "api",
    TranscriptionChanged.TYPE: "AWS Transcribe, straight into the transcriber's queue",
}
