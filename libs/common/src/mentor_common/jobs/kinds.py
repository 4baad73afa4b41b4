"""The kinds of work on an upload: who does each, what asks for it, and what people see of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.events import AlignmentRequested, UploadAccepted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.events import EventData, TaskKind


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    Parameters
    ----------
    service
        The service that does it, which is also the name of its queue.
    requested_by
        Types of the events that ask for it.
    sub_tasks
        Names of the tasks shown to people that it stands for; of the last one of a transcode only
        where the upload is trimmed.
    """

    service: str
    requested_by: tuple[type[EventData], ...]
    sub_tasks: tuple[str, ...]


KINDS: Mapping[TaskKind, Kind] = {
    "transcode": Kind(
        service="transcoder",
        requested_by=(UploadAccepted,),
        sub_tasks=("transcoding-web", "transcoding-mobile", "trim-upload"),
    ),
    "transcribe": Kind(
        service="transcriber",
        requested_by=(UploadAccepted, AlignmentRequested),
        sub_tasks=("transcribing",),
    ),
}


def kind_of_service(service: str) -> TaskKind | None:
    """Return the kind of work that a service does; ``None`` where it does none."""
    return next((kind for kind, it in KINDS.items() if it.service == service), None)


def kind_of(sub_task: str) -> TaskKind:
    """Return the kind of work that a task shown to people is part of."""
    return next((kind for kind, it in KINDS.items() if sub_task in it.sub_tasks), "transcode")
