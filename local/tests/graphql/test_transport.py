"""Transport, HTTP statuses and error shapes (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_local.graphql.seed import (
    SEED_IDLE_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.graphql.server import GraphQLServer
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient

NEW_TOKEN = {"newToken": ""}
UPLOAD = """mutation($answer: UploadAnswerType!) { api { uploadAnswer(
  mentorId: "5ee0000000000000000000b1", questionId: "5ee0000000000000000000c1", answer: $answer
) } }"""


def test_row_get_works(server: GraphQLServer) -> None:
    query = "query($id: ID) { question(id: $id) { name } }"
    params = {"query": query, "variables": f'{{"id": "{SEED_IDLE_QUESTION_ID}"}}'}
    response = requests.get(server.url, params=params, timeout=5)
    assert response.status_code == 200
    assert response.json() == {"data": {"question": {"name": "_IDLE_"}}, "extensions": NEW_TOKEN}


def test_get_runs_no_mutation(server: GraphQLServer) -> None:
    response = requests.get(
        server.url, params={"query": "mutation { api { __typename } }"}, timeout=5
    )
    assert response.status_code == 405
    assert "from a POST request" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "variables", "status"),
    [
        pytest.param("{ mentorCanEdit(mentor: ", {}, 400, id="syntax"),
        pytest.param("{ nothing }", {}, 400, id="unknown-field"),
        pytest.param('{ question(name: "x") { _id } }', {}, 400, id="unknown-argument"),
        pytest.param("{ question { _id } } query B { me { __typename } }", {}, 400, id="rules"),
        pytest.param(UPLOAD, {"answer": {"nonsense": 1}}, 500, id="unknown-input-field"),
        pytest.param(UPLOAD, {"answer": {"transcript": 1}}, 500, id="wrong-type"),
        pytest.param(UPLOAD, {}, 500, id="missing-variable"),
    ],
)
def test_row_what_cannot_run_has_errors_and_no_data(
    service: GraphQLClient, query: str, variables: dict[str, Any], status: int
) -> None:
    reply = service.ask(query, **variables)
    assert reply.status == status
    assert reply.message
    assert "data" not in reply.body
    assert reply.body["extensions"] == NEW_TOKEN


def test_row_resolver_error_is_200_with_the_field_null(service: GraphQLClient) -> None:
    reply = service.ask('{ question(id: "5ee0000000000000000000ff") { name } }')
    assert (reply.status, reply.body["data"]) == (200, {"question": None})
    assert reply.message.startswith("question not found for args ")
    assert reply.body["errors"][0]["path"] == ["question"]
    assert reply.body["extensions"] == NEW_TOKEN


def test_row_authentication_failure_is_200(anonymous: GraphQLClient) -> None:
    reply = anonymous.ask("mutation { api { __typename } }")
    assert (reply.status, reply.body["data"]) == (200, {"api": None})
    assert reply.message == "Only authenticated users"


def test_row_permission_failure_is_200(as_user: Callable[..., GraphQLClient], store: Store) -> None:
    stranger = as_user(store.add_user()["_id"])
    query = "query($m: ID!, $q: ID!) { uploadTask(mentorId: $m, questionId: $q) { _id } }"
    reply = stranger.ask(query, m=SEED_MENTOR_ID, q=SEED_QUESTION_ID)
    assert (reply.status, reply.body["data"]) == (200, {"uploadTask": None})
    assert reply.message == "you do not have permission to view this mentors information"


def test_row_body_over_2_mb_is_413(server: GraphQLServer) -> None:
    body = {"query": "{ config { styleHeaderLogo } }", "variables": {"x": "x" * 2_100_000}}
    response = requests.post(server.url, json=body, timeout=5)
    assert response.status_code == 413
    assert response.json() == {"message": "request entity too large", "status": 413}


def test_body_under_2_mb_is_taken(server: GraphQLServer) -> None:
    body = {"query": "{ config { styleHeaderLogo } }", "variables": {"x": "x" * 2_000_000}}
    assert requests.post(server.url, json=body, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        '{ mentorCanEdit(mentor: "nonsense") }',
        '{ question(id: "nonsense") { name } }',
        '{ uploadTask(mentorId: "5ee0000000000000000000b1", questionId: "nonsense") { _id } }',
        '{ answer(mentor: "nonsense", question: "5ee0000000000000000000c1") { _id } }',
        'mutation { api { mentorThumbnailUpdate(mentorId: "nonsense", thumbnail: "x") } }',
        'mutation { api { mediaUpdate(mentorId: "../../x", questionId: "y") } }',
    ],
)
def test_row_malformed_object_id_is_200_with_a_cast_error(
    service: GraphQLClient, query: str
) -> None:
    reply = service.ask(query)
    assert reply.status == 200
    assert reply.message.startswith("Cast to ObjectId failed")


def test_row_one_sibling_is_applied_while_the_other_errors(
    service: GraphQLClient, store: Store
) -> None:
    reply = service.ask(
        """mutation($m: ID!, $q: ID!) { api {
          bad: uploadTaskUpdate(mentorId: $m, questionId: "5ee0000000000000000000ff", status: {})
          good: uploadTaskUpdate(mentorId: $m, questionId: $q, status: {transcript: "there"})
        } }""",
        m=SEED_MENTOR_ID,
        q=SEED_QUESTION_ID,
    )
    assert reply.status == 200
    assert reply.body["data"]["api"] == {"bad": None, "good": True}
    assert reply.message == "no question found for id '5ee0000000000000000000ff'"
    task = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert task is not None
    assert task["transcript"] == "there"


def test_row_r8_the_combined_mutation_is_not_atomic(service: GraphQLClient, store: Store) -> None:
    reply = service.ask(
        """mutation($m: ID!, $q: ID!) { api {
          uploadAnswer(mentorId: $m, questionId: $q, answer: {transcript: "spoken"})
          uploadTaskStatusUpdate(mentorId: $m, questionId: $q, uploadTaskStatusInput: {})
        } }""",
        m=SEED_MENTOR_ID,
        q=SEED_QUESTION_ID,
    )
    assert reply.data["api"] == {"uploadAnswer": True, "uploadTaskStatusUpdate": False}
    answer = store.answer(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert answer is not None
    assert answer["transcript"] == "spoken"


def test_row_siblings_run_concurrently_and_read_before_either_writes(
    service: GraphQLClient, store: Store
) -> None:
    store.insert(
        "upload_tasks",
        {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID, "transcodeWebTask": None},
    )
    service.ask(
        """mutation($m: ID!, $q: ID!) { api {
          a: uploadTaskStatusUpdate(mentorId: $m, questionId: $q,
            uploadTaskStatusInput: {transcodeWebTask: {status: "DONE"}})
          b: uploadTaskStatusUpdate(mentorId: $m, questionId: $q,
            uploadTaskStatusInput: {transcodeWebTask: {payload: "50"}})
        } }""",
        m=SEED_MENTOR_ID,
        q=SEED_QUESTION_ID,
    )
    task = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert task is not None
    assert task["transcodeWebTask"] == {"payload": "50", "media": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "POST body sent invalid JSON."),
        (b"[]", "Must provide query string."),
        (b'{"query": "{ config { styleHeaderLogo } }", "variables": "{"}', "Variables are invalid"),
    ],
)
def test_a_body_without_graphql_is_400(server: GraphQLServer, body: bytes, message: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = requests.post(server.url, data=body, headers=headers, timeout=5)
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]


def test_healthz_answers(server: GraphQLServer) -> None:
    url = server.url.removesuffix("/graphql") + "/healthz"
    assert requests.get(url, timeout=5).json() == {"status": "ok"}
