"""The events of the pipeline: envelope, data models, generated schemas, publishing."""

from mentor_common.events.envelope import Envelope, Event, UnreadableEventError, decode
from mentor_common.events.models import (
    AnswerFailed,
    AnswerReady,
    EventData,
    SourceObject,
    TaskCompleted,
    TaskEvent,
    TaskFailed,
    TaskKind,
    TaskName,
    TaskStarted,
    Trim,
    UploadAccepted,
    UploadCancelled,
)
from mentor_common.events.topic import Topic

__all__ = [
    "AnswerFailed",
    "AnswerReady",
    "Envelope",
    "Event",
    "EventData",
    "SourceObject",
    "TaskCompleted",
    "TaskEvent",
    "TaskFailed",
    "TaskKind",
    "TaskName",
    "TaskStarted",
    "Topic",
    "Trim",
    "UnreadableEventError",
    "UploadAccepted",
    "UploadCancelled",
    "decode",
]
