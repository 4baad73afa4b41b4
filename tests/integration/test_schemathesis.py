"""The running API against its OpenAPI document: no 5xx, no undocumented answer, all of it reached.

Schemathesis makes requests out of the document: such as it admits and such as it does not. Random
ids find nothing, so each request that is admitted is sent once more on real ground: with ids, keys
and files that exist. Every answer is held against the document, and what the document admits must
not be called a bad request.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image
from schemathesis import GenerationMode, checks
from schemathesis.openapi import checks as _openapi_checks  # noqa: F401 -- registers them

from mentor_api.uploads.models import MAX_SECONDS
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

EXAMPLES = 3
"""Requests of each of the three kinds for each operation: bounds the time."""
SETTINGS = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "positive_data_acceptance",
]
ADMITTED = ["2xx", "304", "401", "403", "404", "409", "413", "429", "503"]
"""Answers to what the document admits. Refusals among them depend on who asks, on what there is, or
on a setting, as the largest size; 400, 415 and 422 do not."""


class Ground:
    """Things that exist, to be named in requests."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self.video = api.put(user=SEED_ADMIN_ID)
        self.upload = api.post(video=self.video).get_json()["data"]["upload_id"]
        failed = api.post(video=api.put(user=SEED_ADMIN_ID), question=SEED_SECOND_QUESTION_ID)
        self.failed = failed.get_json()["data"]["upload_id"]
        api.give_up(self.failed)
        picture = io.BytesIO()
        Image.new("L", (10, 10)).save(picture, "PNG")
        self._picture = picture.getvalue()
        export = {"mentor": SEED_MENTOR_ID} | _EXPORT
        self.transfer = self._json("POST", "/transfer/mentor", export)["id"]
        self.action = self._json(
            "POST", "/ops/api/actions", {"verb": "redrive", "queue": "transcoder"}
        )["id"]

    def place(self, case: Any) -> None:
        """Put real values into a request that the document admits."""
        path, method = case.operation.path, case.method.upper()
        known: dict[str, Any] = {
            "mentor": SEED_MENTOR_ID,
            "question": self._question(path),
            "upload_id": self.failed if path.endswith("/retry") else self.upload,
            "transfer_id": self.transfer,
            "action_id": self.action,
            "video": self.video,
        }
        if "/multipart" in path and (path, method) != ("/upload/multipart", "POST"):
            known |= self._multipart()
        for values in (case.path_parameters, case.query, case.body):
            if isinstance(values, dict):
                values.update({name: known[name] for name in known if name in values})
        if (path, method) == ("/upload/multipart", "POST"):
            case.body = {"size": 100}
        elif path == "/transfer/mentor":
            case.body = {"mentor": SEED_MENTOR_ID} | _EXPORT

    def say_the_unsayable(self, case: Any) -> None:
        """Keep rules that JSON Schema has no words for; the document tells them in prose."""
        path = case.operation.path
        if path == "/upload/answer":
            if case.body.get("trim"):
                start = min(case.body["trim"]["start"], MAX_SECONDS - 1.5)
                case.body["trim"] |= {"start": start, "end": start + 1.5}
        elif isinstance(case.query, dict) and "cursor" in case.query:
            del case.query["cursor"]  # only one that was answered is one
        elif path == "/vtt":
            case.body["vtt_file"] = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
        elif (path, case.method.upper()) == ("/transcript", "POST"):
            case.body |= {"vtt_text": "WEBVTT\n", "version": self._version()}
        elif isinstance(case.body, dict) and "body" in case.body:
            case.body["body"] = json.dumps({"mentor": SEED_MENTOR_ID, "idx": 0})
            for part in ("thumbnail", "background_image", "image"):
                if part in case.body:
                    case.body[part] = self._picture

    def _question(self, path: str) -> str:
        answered = "vtt" in path or path == "/transcript"
        return SEED_ANSWERED_QUESTION_ID if answered else SEED_QUESTION_ID

    def _version(self) -> str:
        where = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
        answer = self._api.client.get("/transcript", query_string=where, headers=self._api.headers)
        return str(answer.get_json()["data"]["version"])

    def _multipart(self) -> dict[str, Any]:
        begun = self._json("POST", "/upload/multipart", {"size": 3})
        names = {"key": begun["key"], "multipart_id": begun["multipart_id"]}
        signed = self._json("POST", "/upload/multipart/sign", names | {"part_numbers": [1]})
        etag = requests.put(signed["parts"][0]["url"], data=b"abc", timeout=10).headers["ETag"]
        return names | {"parts": [{"part_number": 1, "etag": etag}]}

    def _json(self, method: str, path: str, body: Any) -> dict[str, Any]:
        headers = self._api.headers | {"Content-Type": "application/json"}
        answer = self._api.client.open(path, method=method, data=json.dumps(body), headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json()["data"])


_EXPORT: dict[str, Any] = {
    "mentorExportJson": {
        "id": SEED_MENTOR_ID,
        "mentorInfo": {"name": "Olive Owner"},
        "subjects": [],
        "questions": [],
        "answers": [],
        "userQuestions": [],
    },
    "replacedMentorDataChanges": {"questionChanges": [], "answerChanges": []},
}


def takes_something(operation: Any) -> bool:
    """Return whether there is anything about a request that could be wrong."""
    raw = operation.definition.raw
    return raw.get("security") != [] or "parameters" in raw or "requestBody" in raw


def test_every_operation_answers_as_documented_and_is_reached(
    make_api: Callable[..., Any],
    make_token: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = make_api(
        RATE_LIMIT_READS="1000000 per minute",
        RATE_LIMIT_WRITES="1000000 per minute",
        EVENTS_MAX_SECONDS="0.01",
        CONSOLE_ENABLED="true",
    )
    app = api.client.application
    api.token = make_token(SEED_ADMIN_ID, role="ADMIN")
    ground = Ground(api)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    schema.config.checks.positive_data_acceptance.expected_statuses = ADMITTED
    held: list[Any] = [checks.CHECKS.get_one(name) for name in CHECKED]
    reached: dict[str, Counter[str]] = {}

    def send(case: Any) -> None:
        response = case.call(headers=dict(api.headers))
        reached[case.operation.label][f"{response.status_code // 100}xx"] += 1
        case.validate_response(response, checks=held)

    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # a schema that cannot be read fails here
        reached[operation.label] = Counter()

        @SETTINGS
        @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def admitted(case: Any) -> None:
            ground.say_the_unsayable(case)
            send(case)
            ground.place(case)
            ground.say_the_unsayable(case)
            send(case)

        @SETTINGS
        @given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def not_admitted(case: Any) -> None:
            send(case)

        admitted()
        if takes_something(operation):
            not_admitted()

    with capsys.disabled():
        print()  # noqa: T201 -- the figures belong into CI's log
        for label, counts in reached.items():
            print(f"{label:40} {dict(sorted(counts.items()))}")  # noqa: T201 -- as above
    assert {label for label, counts in reached.items() if not counts["2xx"]} == set()
