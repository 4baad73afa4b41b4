"""Poison envelopes: each is buried after one receive, with its reason; good messages go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mentor_common.events import Event, SourceObject, UploadAccepted
from simulation.laws import Laws
from simulation.props import all_answers
from simulation.world import World

(ANSWER,) = all_answers(1, 1)
GOOD: dict[str, Any] = json.loads(
    Event.of(
        UploadAccepted(
            upload_id="11111111-1111-5111-8111-111111111111",
            mentor=ANSWER.mentor,
            question=ANSWER.question,
            source=SourceObject(bucket="uploads", key="u/v", etag="e", size=1),
            transcribe=True,
        ),
        service="api",
        step="",
        at=0,
    ).to_json()
)


def envelope(**changes: Any) -> str:
    """Return a good event with changes; ``...`` leaves an attribute out."""
    changed = {**GOOD, **changes}
    return json.dumps({name: value for name, value in changed.items() if value is not ...})


def data(**changes: Any) -> str:
    """Return a good event with changed data."""
    changed = {**GOOD["data"], **changes}
    return envelope(data={name: value for name, value in changed.items() if value is not ...})


POISON: dict[str, tuple[str, str]] = {
    "empty": (" ", "not_json"),
    "no json": ("no json", "not_json"),
    "half of it": (json.dumps(GOOD)[:100], "not_json"),
    "markup": ("<Message/>", "not_json"),
    "a list": ("[]", "not_an_event"),
    "a number": ("7", "not_an_event"),
    "null": ("null", "not_an_event"),
    "an empty object": ("{}", "not_an_event"),
    "no id": (envelope(id=...), "not_an_event"),
    "no type": (envelope(type=...), "not_an_event"),
    "data is text": (envelope(data="text"), "not_an_event"),
    "no specversion": (envelope(specversion="9.9"), "not_an_event"),
    "a version of the future": (envelope(type="upload.accepted.v9"), "unknown_type"),
    "another system's event": (envelope(type="com.example.order.v1"), "unknown_type"),
    "no upload": (data(upload_id=...), "bad_data"),
    "no source": (data(source=...), "bad_data"),
    "a mentor that is a path": (data(mentor="../../x"), "bad_data"),
    "a question that is a number": (data(question=123), "bad_data"),
    "a trim that is text": (data(trim="from 5 to 9"), "bad_data"),
    "too large": (data(padding="x" * 70_000), "too_large"),
}


@pytest.mark.parametrize("service", ["transcoder", "transcriber", "notifier"])
def test_each_poison_is_dead_after_one_receive_with_its_reason_while_good_messages_go_on(
    service: str,
) -> None:
    assert len(POISON) >= 20
    with World(3) as world:
        laws = Laws(world)
        receives: list[int] = []
        dead = world.post.queues[f"{service}-dlq"].messages

        def count(_process: Any, queue: str, message: Any) -> None:
            if queue == service and any(message.body == body for body, _ in POISON.values()):
                receives.append(message.receives)

        world.post.watchers.append(count)
        for body, _ in POISON.values():
            world.post.put(service, body, {})
        upload = world.upload(ANSWER)
        world.run(30)
        assert receives == [1] * len(POISON)
        found = {message.body: message.attributes for message in dead}
        for name, (body, code) in POISON.items():
            assert found[body]["code"]["StringValue"] == code, name
            assert found[body]["text"]["StringValue"], name
        outcome = laws.upload(upload).outcome
        assert outcome
        assert outcome.kind == "ready", "good messages went on"


def test_an_event_that_this_service_never_asked_for_is_poison_too() -> None:
    with World(3) as world:
        body = envelope(type="answer.ready.v1", data={**GOOD["data"], "results": {}})
        world.post.put("transcoder", body, {})
        world.run(5)
        (message,) = world.post.queues["transcoder-dlq"].messages
        assert message.attributes["code"]["StringValue"] == "unexpected_type"
