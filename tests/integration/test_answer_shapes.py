"""Successes: each route answers what its model says, with all of its fields and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import requests

from mentor_api.http.operations import operations_of
from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy
from mentor_common.jobs import EXHAUSTED, accepted_event
from mentor_common.work.claims import Claimant, Tasks
from mentor_common.work.registry import Registration
from mentor_local.accepting import accept, new_answer
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_ORGANIZATION_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel
    from werkzeug.test import TestResponse

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
PICTURE, CAPTIONS = ((SAMPLE / name).read_bytes() for name in ("picture.png", "captions.vtt"))


class Client:
    """Calls routes, and holds each answer against the model of its route."""

    def __init__(self, api: Any, operator: str) -> None:
        self.api = api
        self._operator = {"Authorization": f"bearer {operator}"}
        self._operations = {
            f"{method} {path}": operation
            for method, path, operation in operations_of(api.client.application)
        }
        self.due = {route for route, one in self._operations.items() if one.answers is not None}
        """Routes that were not called yet."""

    def call(self, route: str, *named: str, **options: Any) -> Any:
        """Call a route with the values of its path; return what its envelope holds."""
        method, path = route.split()
        for value in named:
            path = re.sub("<[a-z_]+>", value, path, count=1)
        headers = self._operator if path.startswith("/ops") else self.api.headers
        return self.take(
            route, self.api.client.open(path, method=method, headers=headers, **options)
        )

    def form(self, route: str, fields: dict[str, str], part: str, raw: bytes) -> None:
        """Post a form with a file."""
        path = route.split()[1]
        self.take(route, self.api.post_form(path, fields, part, raw, "image/png"))

    def take(self, route: str, response: TestResponse) -> Any:
        """Return what an answer holds, after a look at its shape."""
        assert response.status_code == 200, (route, response.text)
        operation = self._operations[route]
        if operation.event_stream:
            content = json.loads(re.findall("^data: (.*)$", response.text, re.MULTILINE)[0])
        else:
            content = response.get_json()
        for _ in range({"none": 0, "single": 1, "double": 2}[operation.envelope]):
            assert set(content) == {"data"}, route
            content = content["data"]
        assert operation.answers is not None
        errors = [error.message for error in exact(operation.answers).iter_errors(content)]
        assert errors == [], route
        self.due.discard(route)
        return content


def exact(model: type[BaseModel]) -> jsonschema_rs.Draft202012Validator:
    """Return a validator that takes all fields of a model and of those in it, and no others."""
    schema = model.model_json_schema(by_alias=True, mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part |= {"required": list(part["properties"]), "additionalProperties": False}
    return jsonschema_rs.Draft202012Validator(schema)


def send_answers(client: Client) -> None:
    api, answer = client.api, {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID}
    client.call("GET /upload/url")
    sent = client.call("POST /upload/answer", json=answer | {"video": api.put()})
    client.call("GET /upload/status/<upload_id>", sent["upload_id"])
    client.call("POST /upload/answer/cancel", json=answer)
    client.call("POST /answer/cancel", json=answer)
    client.call("DELETE /upload/<upload_id>", sent["upload_id"])
    second = answer | {"question": SEED_SECOND_QUESTION_ID, "video": api.put()}
    failed = client.call("POST /upload/answer", json=second)["upload_id"]
    api.give_up(failed)
    client.call("GET /upload/status/<upload_id>/events", failed)
    client.call("POST /upload/<upload_id>/retry", failed)
    page = client.call("GET /uploads", query_string={"mentor": SEED_MENTOR_ID, "limit": 1})
    assert len(page["uploads"]) == 1
    assert page["cursor"]
    newest = client.call("GET /uploads/newest", query_string={"mentor": SEED_MENTOR_ID})
    assert newest["uploads"]


def send_in_parts(client: Client) -> None:
    for ending in ("POST /upload/multipart/complete", "DELETE /upload/multipart"):
        begun = client.call("POST /upload/multipart", json={"size": 64})
        named = {name: begun[name] for name in ("key", "multipart_id")}
        signed = client.call("POST /upload/multipart/sign", json=named | {"part_numbers": [1]})
        stored = requests.put(signed["parts"][0]["url"], data=b"x" * 64, timeout=10)
        assert client.call("GET /upload/multipart", query_string=named)["parts"]
        if ending.startswith("POST"):
            parts = [{"part_number": 1, "etag": stored.headers["ETag"]}]
            client.call(ending, json=named | {"parts": parts})
        else:
            client.call(ending, query_string=named)


def send_files(client: Client) -> None:
    mentor = {"body": json.dumps({"mentor": SEED_MENTOR_ID})}
    organization = {"body": json.dumps({"org": {"_id": SEED_ORGANIZATION_ID}, "idx": 0})}
    answered = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
    client.form("POST /thumbnail", mentor, "thumbnail", PICTURE)
    client.form("POST /vbg", mentor, "background_image", PICTURE)
    client.form("POST /header", organization, "image", PICTURE)
    client.form("POST /footer", organization, "image", PICTURE)
    client.form("POST /vtt", answered, "vtt_file", CAPTIONS)
    client.call("POST /regen_vtt", json=answered)
    now = client.call("GET /transcript", query_string=answered)
    edited = answered | {"version": now["version"], "vtt_text": CAPTIONS.decode()}
    assert client.call("POST /transcript", json=edited)["transcript"]


def look_around(client: Client) -> None:
    assert client.call("GET /mentors")["mentors"]
    questions = client.call("GET /questions", query_string={"mentor": SEED_MENTOR_ID})["questions"]
    assert any(question["answer"] for question in questions)
    export = json.loads((SAMPLE / "export.json").read_text()) | {"mentor": SEED_MENTOR_ID}
    transfer = client.call("POST /transfer/mentor", json=export)["id"]
    client.call("GET /transfer/status/<transfer_id>", transfer)
    client.call("GET /status/<transfer_id>", transfer)
    client.call("GET /livez")
    client.call("GET /readyz")


def operate(client: Client) -> None:
    api, upload = client.api, fail(client.api)
    consumer = Consumer(None, {}, Policy(slots=1), DependencyBreaker({}), "transcoder")  # type: ignore[arg-type]  # it receives nothing
    registration = Registration(api.table, SystemClock(), "transcoder")
    registration.write(registration.of(consumer, idle=1.0, stopping=False))
    for name in ("me", "queues", "day"):
        client.call(f"GET /ops/api/{name}")
    assert client.call("GET /ops/api/workers")["workers"]
    assert client.call("GET /ops/api/uploads")["uploads"]
    assert client.call("GET /ops/api/uploads/errors")["groups"]
    told = client.call("GET /ops/api/uploads/<upload_id>", upload)
    assert told["tasks"]
    assert told["story"]
    letters = client.call("GET /ops/api/dead-letters", query_string={"queue": "transcoder"})
    assert letters["letters"]
    assert letters["reasons"]
    assert letters["groups"]
    asked = {"verb": "redrive", "queue": "transcoder"}
    action = client.call("POST /ops/api/actions", json=asked)["id"]
    assert client.call("GET /ops/api/actions")["actions"]
    client.call("GET /ops/api/actions/<action_id>", action)
    client.call("POST /ops/api/actions/<action_id>/round", action, json={})
    client.call("POST /ops/api/actions/<action_id>/stop", action, json={})
    client.call("POST /ops/api/uploads/retry", json={"expected": 0})
    client.call("POST /ops/api/uploads/<upload_id>/retry", upload, json={})
    client.call("POST /ops/api/uploads/<upload_id>/cancel", upload, json={})
    assert client.call("GET /ops/api/audit")["entries"]


def fail(api: Any) -> str:
    """Give up on an upload's first attempt and on its message; return the upload's id."""
    job = accept(api.table, new_answer(api.graphql.store))
    names = ["transcoding-web", "transcoding-mobile"]
    tasks = Tasks(api.table, SystemClock())
    holder = Claimant.of_task(job.upload_id, "transcode", names, "test", 60)
    claimed: Any = tasks.claim(holder)
    subtasks = {name: {"status": "FAILED"} for name in names}
    ending = {"status": "FAILED", "names": subtasks, "code": EXHAUSTED, "reason": "It broke."}
    tasks.finish(holder, claimed.task, ending)
    sqs, name = api.cloud.client("sqs"), api.cloud.environment("transcoder")
    url = sqs.get_queue_url(QueueName=name["DEAD_LETTER_QUEUE_NAME"])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=accepted_event(job).to_json())
    return job.upload_id


def test_every_success_has_exactly_the_fields_of_its_model(
    make_api: Callable[..., Any], make_token: Callable[..., str]
) -> None:
    api = make_api(CONSOLE_ENABLED="true", EVENTS_MAX_SECONDS="0.2")
    api.token = make_token("5ee0000000000000000000a1", mentorIds=[SEED_MENTOR_ID])
    client = Client(api, make_token(SEED_ADMIN_ID, role="ADMIN"))
    for drive in (send_answers, send_in_parts, send_files, look_around, operate):
        drive(client)
    assert client.due == set(), "a new route is called here"
