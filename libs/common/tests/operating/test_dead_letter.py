"""Dead letters as SQS gives them, and the filter of them."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.jobs import accepted_event
from mentor_common.operating.dead_letter import DeadLetter, DeadLetterFilter
from upload_items import UPLOAD_ID, job


def letter(
    body: str = "no json", system: dict[str, Any] | None = None, **attributes: Any
) -> DeadLetter:
    given = {
        name: value
        if isinstance(value, dict)
        else {"DataType": "String", "StringValue": value, "StringListValues": []}
        for name, value in attributes.items()
    }
    raw = {"MessageId": "m1", "Body": body, "MessageAttributes": given, "Attributes": system or {}}
    return DeadLetter(raw)


EVENT = letter(accepted_event(job()).to_json(), {"SentTimestamp": "1800000000500"}, code="gave_up")


def test_an_event_says_what_it_is_about() -> None:
    assert (EVENT.type, EVENT.upload_id, EVENT.code) == (
        "upload.accepted.v1", UPLOAD_ID, "gave_up",
    )  # fmt: skip
    assert EVENT.sent_at == 1_800_000_000.5


def test_of_what_is_no_event_the_attributes_say_it() -> None:
    unreadable = letter(upload="7a0c")
    assert (unreadable.type, unreadable.upload_id, unreadable.code) == (
        "unreadable", "7a0c", "undelivered",
    )  # fmt: skip


def test_all_of_a_letter_is_sent_on() -> None:
    binary = {"DataType": "Binary", "BinaryValue": b"x", "BinaryListValues": []}
    system = {"MessageGroupId": "mentor", "AWSTraceHeader": "Root=1", "SenderId": "x"}
    assert letter("body", system, code="x", blob=binary).as_entry(3) == {
        "Id": "3",
        "MessageBody": "body",
        "MessageAttributes": {
            "code": {"DataType": "String", "StringValue": "x"},
            "blob": {"DataType": "Binary", "BinaryValue": b"x"},
        },
        "MessageGroupId": "mentor",
        "MessageSystemAttributes": {
            "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}
        },
    }
    assert letter("body").as_entry(0) == {"Id": "0", "MessageBody": "body"}


def test_what_is_discarded_is_kept_whole() -> None:
    assert letter("body", {"SentTimestamp": "1800000000000"}, code="x").as_record("api") == {
        "queue": "api",
        "message": "m1",
        "since": "2027-01-15T08:00:00+00:00",
        "attributes": {"code": "x"},
        "body": "body",
    }


@pytest.mark.parametrize(
    ("chosen", "meant"),
    [
        ({}, True),
        ({"type": "upload.accepted.v1", "code": "gave_up"}, True),
        ({"type": "unreadable"}, False),
        ({"upload": UPLOAD_ID, "messages": frozenset({"m1", "m3"})}, True),
        ({"upload": UPLOAD_ID, "messages": frozenset({"m2"})}, False),
        ({"upload": UPLOAD_ID[:8]}, True),
        ({"upload": UPLOAD_ID[1:8]}, False),
        ({"code": "undelivered"}, False),
    ],
)
def test_a_filter_means_what_has_all_that_it_names(chosen: dict[str, Any], meant: bool) -> None:
    assert (EVENT in DeadLetterFilter(**chosen)) is meant
    assert DeadLetterFilter(**chosen).everything is (not chosen)
