"""Small things that test stories need."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import structlog

from mentor_common.events import Trim
from mentor_common.jobs import AnswerKey, UploadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator


def trimmed() -> UploadRequest:
    """Return a request with a trim."""
    return UploadRequest(trim=Trim(start=1, end=3))


def _drop(*_event: Any) -> Any:
    raise structlog.DropEvent


class quiet:  # noqa: N801 -- used like a function
    """The log of a simulated service is not read."""

    def __enter__(self) -> None:
        """Silence."""
        self._before = structlog.get_config()
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
            processors=[_drop],
            cache_logger_on_first_use=False,
        )

    def __exit__(self, *_error: object) -> None:
        """Let them speak again."""
        structlog.configure(**self._before)


def event_data(body: str) -> dict[str, Any]:
    """Return an event's data with its type."""
    event = json.loads(body)
    return {**event["data"], "type": event["type"]}


def all_answers(mentors: int, questions: int) -> Iterator[AnswerKey]:
    """Make up answers."""
    for mentor in range(mentors):
        for question in range(questions):
            yield AnswerKey(f"{mentor + 1:024x}", f"{question + 0xA0:024x}")
