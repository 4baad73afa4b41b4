"""Events: valid CloudEvents, deterministic, in step with their committed schemas."""

from __future__ import annotations

import json

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from mentor_common import events
from mentor_common.events import Event, SourceObject, UnreadableEventError, UploadAccepted, decode
from mentor_common.events.__main__ import drift

UPLOAD = UploadAccepted(
    upload_id="7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8",
    mentor="5ee0000000000000000000b1",
    question="5ee0000000000000000000c1",
    source=SourceObject(bucket="b", key="user1/k", etag='"e"', size=1),
    transcribe=True,
)


def body() -> str:
    return Event.of(UPLOAD, service="api", step="", at=1.5).to_json()


def test_committed_schemas_match_the_models() -> None:
    assert drift() == []


def test_an_event_is_a_valid_cloudevent_by_the_reference_library() -> None:
    read = JSONFormat().read(CloudEvent, body().encode())
    assert read.get_type() == "upload.accepted.v1"
    assert read.get_subject() == UPLOAD.upload_id
    data = read.get_data()
    assert isinstance(data, dict)
    assert data["source"]["key"] == "user1/k"


def test_a_repetition_is_the_same_event_to_the_byte() -> None:
    assert body() == body()
    assert decode(body()).data == UPLOAD


def test_unknown_fields_are_ignored() -> None:
    content = json.loads(body())
    content["newattribute"] = 1
    content["data"]["new_field"] = {"a": 1}
    assert decode(json.dumps(content)).data == UPLOAD


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _: "nonsense", "not_json"),
        (lambda _: [], "not_an_event"),
        (lambda c: c | {"specversion": "0.3"}, "not_an_event"),
        (lambda c: {k: v for k, v in c.items() if k != "id"}, "not_an_event"),
        (lambda c: c | {"type": "upload.accepted.v2"}, "unknown_type"),
        (lambda c: c | {"data": {}}, "bad_data"),
        (lambda c: c | {"data": c["data"] | {"mentor": "../x"}}, "bad_data"),
        (lambda c: c | {"pad": "x" * 70_000}, "too_large"),
    ],
)
def test_what_cannot_be_read_is_named(change: object, code: str) -> None:
    changed = change(json.loads(body()))  # type: ignore[operator]  # a table of functions
    text = changed if isinstance(changed, str) else json.dumps(changed)
    with pytest.raises(UnreadableEventError) as caught:
        decode(text)
    assert caught.value.code == code


def test_public_names_exist() -> None:
    assert all(hasattr(events, name) for name in events.__all__)
