"""A dead letter: a message that a service gave up on, and a filter of such messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mentor_common.events import UnreadableEventError, UploadData, decode
from mentor_common.operating.error_pattern import contains
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.events import Event


@dataclass(frozen=True)
class DeadLetter:
    """A message of a dead-letter queue.

    Everything of ``raw`` is kept when it is sent on.
    """

    raw: Mapping[str, Any]

    @property
    def message_id(self) -> str:
        """SQS's id; a redriven message gets a new one."""
        return str(self.raw["MessageId"])

    @property
    def body(self) -> str:
        """The event, or what should have been one."""
        return str(self.raw["Body"])

    @property
    def attributes(self) -> dict[str, str]:
        """Message attributes that are text, the reasons among them."""
        given = self.raw.get("MessageAttributes", {})
        return {name: v["StringValue"] for name, v in given.items() if "StringValue" in v}

    @property
    def sent_at(self) -> float:
        """When it became a dead letter, epoch seconds."""
        return int(self.raw.get("Attributes", {}).get("SentTimestamp", 0)) / 1000

    @cached_property
    def event(self) -> Event | None:
        """The event, or ``None`` where the body is none."""
        try:
            return decode(self.body)
        except UnreadableEventError:
            return None

    @property
    def type(self) -> str:
        """The event's type, or ``unreadable``."""
        return self.event.envelope.type if self.event else "unreadable"

    @property
    def upload_id(self) -> str | None:
        """The upload it is about; ``None`` for a transfer and for what is no event."""
        if self.event is None:
            return self.attributes.get("upload")
        data = self.event.data
        return data.upload_id if isinstance(data, UploadData) else None

    @property
    def code(self) -> str:
        """Code of why it is here; ``undelivered`` when no service of ours put it here."""
        return self.attributes.get("code", "undelivered")

    @property
    def error(self) -> str:
        """The text of why it is here; empty when nobody said."""
        return self.attributes.get("error") or self.attributes.get("text", "")

    @property
    def mentor(self) -> str | None:
        """The mentor whose upload or transfer it is about."""
        return self.event.data.mentor if self.event else None

    def as_entry(self, number: int) -> dict[str, Any]:
        """Return the batch entry that sends all of it on."""
        system = self.raw.get("Attributes", {})
        entry: dict[str, Any] = {"Id": str(number), "MessageBody": self.body}
        if self.raw.get("MessageAttributes"):
            entry["MessageAttributes"] = {
                name: {k: v for k, v in value.items() if not k.endswith("ListValues")}
                for name, value in self.raw["MessageAttributes"].items()
            }
        if "MessageGroupId" in system:
            entry["MessageGroupId"] = system["MessageGroupId"]
        if "AWSTraceHeader" in system:
            trace = {"DataType": "String", "StringValue": system["AWSTraceHeader"]}
            entry["MessageSystemAttributes"] = {"AWSTraceHeader": trace}
        return entry

    def as_record(self, queue: str) -> dict[str, Any]:
        """Return what is kept of it when it is discarded, as JSON values."""
        return {
            "queue": queue,
            "message": self.message_id,
            "since": iso(self.sent_at),
            "attributes": self.attributes,
            "body": self.body,
        }

    @property
    def size(self) -> int:
        """Bytes as SQS counts them, roughly: body, names and values."""
        given = self.raw.get("MessageAttributes", {})
        return len(self.body.encode()) + sum(len(name) + len(str(v)) for name, v in given.items())


@dataclass(frozen=True)
class DeadLetterFilter:
    """Dead letters by what they are and why they are there; ``None`` means any.

    Parameters
    ----------
    type, code, mentor
        As the letter has them.
    upload
        The upload's id, or how it begins.
    error
        Part of the text of why, or of its pattern, in any case of letters.
    messages
        SQS's ids.
    """

    type: str | None = None
    upload: str | None = None
    code: str | None = None
    mentor: str | None = None
    error: str | None = None
    messages: frozenset[str] | None = None

    def __contains__(self, letter: DeadLetter) -> bool:
        return (
            self.type in {None, letter.type}
            and (letter.upload_id or "").startswith(self.upload or "")
            and self.code in {None, letter.code}
            and self.mentor in {None, letter.mentor}
            and (self.error is None or contains(self.error, letter.error))
            and (self.messages is None or letter.message_id in self.messages)
        )

    def named(self) -> dict[str, str]:
        """Return what is asked for by name and value, without single messages."""
        given = {
            name: getattr(self, name) for name in ("type", "code", "upload", "mentor", "error")
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == DeadLetterFilter()
