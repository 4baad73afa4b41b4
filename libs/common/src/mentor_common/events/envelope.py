"""The envelope of every message: structured-mode CloudEvents 1.0 JSON.

Format: https://github.com/cloudevents/spec, version 1.0.2, "JSON Event Format".
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mentor_common.events.catalogue import MODELS
from mentor_common.storable import check_storable

if TYPE_CHECKING:
    from mentor_common.events.models import EventData

MAX_BYTES = 64 * 1024
"""Largest event that is published; anything that can grow lies in S3."""


class UnreadableEventError(Exception):
    """A message that no release of this service can read: dead letter at once.

    Parameters
    ----------
    code
        ``not_json``, ``not_an_event``, ``unknown_type``, ``bad_data`` or ``too_large``.
    detail
        Which field is wrong and how, without the field's value.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Envelope(BaseModel):
    """CloudEvents attributes as this project uses them. Unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, description="Same step of the same attempt: same id.")
    source: str = Field(min_length=1, description="/mentor-upload/<service>")
    type: str = Field(min_length=1, description="Ends in its major version.")
    subject: str = Field(min_length=1, description="The upload's id, or the transfer's.")
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = Field(
        default=None, description="W3C trace context of whoever said it; of no meaning to the work"
    )
    sentrytrace: str | None = None
    data: dict[str, Any]


class Event:
    """An envelope with its data as a model."""

    def __init__(self, envelope: Envelope, data: EventData) -> None:
        self.envelope = envelope
        self.data = data

    @classmethod
    def of(cls, data: EventData, *, service: str, step: str, at: float) -> Event:
        """Build the event that ``service`` publishes about ``data``.

        Parameters
        ----------
        step
            What makes the id deterministic beside the subject and the type, for example
            ``transcode/2`` (task and attempt); empty when the type alone does.
        at
            Seconds since the epoch at which it happened (not at which it is published: a repetition
            is the same event).
        """
        parts = [data.subject, *([step] if step else []), data.TYPE]
        return cls(
            Envelope(
                id="/".join(parts),
                source=f"/mentor-upload/{service}",
                type=data.TYPE,
                subject=data.subject,
                time=datetime.fromtimestamp(at, UTC),
                data=data.model_dump(mode="json", exclude_none=True),
            ),
            data,
        )

    def traced(self, traceparent: str | None) -> Event:
        """Return the same event with another trace context; ``None`` leaves it as it is."""
        if traceparent is None:
            return self
        envelope = self.envelope.model_copy(update={"traceparent": traceparent})
        return Event(envelope, self.data)

    def to_json(self) -> str:
        """Return the message body.

        Raises
        ------
        UnreadableEventError
            When it would exceed :data:`MAX_BYTES`.
        UnstorableError
            When a value of its data is none of JSON's, or has no place in UTF-8.
        """
        check_storable(self.envelope.data, "data", below=math.inf)
        body = self.envelope.model_dump_json(exclude_none=True)
        if len(body.encode()) > MAX_BYTES:
            raise UnreadableEventError("too_large", f"{len(body)} characters of {self.data.TYPE}")
        return body


def decode(body: str) -> Event:
    """Read a message body.

    Raises
    ------
    UnreadableEventError
        When it is no event of this project or of a version this release does not know.
    """
    if len(body.encode()) > MAX_BYTES:
        raise UnreadableEventError("too_large", f"{len(body.encode())} bytes, at most {MAX_BYTES}")
    try:
        envelope = Envelope.model_validate_json(body)
    except ValidationError as error:
        code = "not_json" if error.errors()[0]["type"] == "json_invalid" else "not_an_event"
        raise UnreadableEventError(code, _summary(error)) from None
    model = MODELS.get(envelope.type)
    if model is None:
        raise UnreadableEventError("unknown_type", f"type {envelope.type[:100]!r}")
    try:
        return Event(envelope, model.model_validate(envelope.data))
    except ValidationError as error:
        raise UnreadableEventError("bad_data", _summary(error)) from None


def _summary(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in problems[:5])
