"""A fresh server for each test, and clients for everyone who may call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.graphql.server import GraphQLServer
from mentor_local.graphql.testing import (
    GraphQLClient,
    service_headers,
    user_headers,
    user_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_local.graphql.store import Store

JWT_SECRET = "a-secret-of-users-with-32-bytes-or-more"
API_SECRET = "a-secret-of-services"
STATIC = "https://static.example.org/"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> Iterator[GraphQLServer]:
    with GraphQLServer(
        jwt_secret=JWT_SECRET, api_secret=API_SECRET, static_url_base=STATIC, clock=clock
    ) as running:
        yield running


@pytest.fixture
def store(server: GraphQLServer) -> Store:
    return server.store


@pytest.fixture
def with_headers(server: GraphQLServer) -> Callable[[dict[str, str]], GraphQLClient]:
    return lambda headers: GraphQLClient(server.url, headers)


@pytest.fixture
def as_user(server: GraphQLServer) -> Callable[..., GraphQLClient]:
    def client(user_id: str, **claims: Any) -> GraphQLClient:
        return GraphQLClient(server.url, user_headers(JWT_SECRET, user_id, **claims))

    return client


@pytest.fixture
def token() -> Callable[..., str]:
    return lambda user_id, **claims: user_token(JWT_SECRET, user_id, **claims)


@pytest.fixture
def api_secret() -> str:
    return API_SECRET


@pytest.fixture
def owner(as_user: Callable[..., GraphQLClient]) -> GraphQLClient:
    return as_user(SEED_OWNER_ID)


@pytest.fixture
def service(server: GraphQLServer) -> GraphQLClient:
    return GraphQLClient(server.url, service_headers(API_SECRET))


@pytest.fixture
def anonymous(server: GraphQLServer) -> GraphQLClient:
    return GraphQLClient(server.url)


@pytest.fixture
def api(service: GraphQLClient) -> Callable[..., Any]:
    """Call one mutation under ``api`` for the seeded mentor and question, by variables."""

    def call(mutation: str, signature: str, **variables: Any) -> Any:
        ids = {"mentorId": SEED_MENTOR_ID, "questionId": SEED_QUESTION_ID}
        names = [part.split(":")[0].strip() for part in signature.split(",")]
        declared = ", ".join(f"${part.strip()}" for part in signature.split(","))
        passed = ", ".join(f"{name}: ${name}" for name in names)
        sent = {key: value for key, value in (ids | variables).items() if key in names}
        query = f"mutation({declared}) {{ api {{ {mutation}({passed}) }} }}"
        return service.ask(query, **sent)

    return call


@pytest.fixture
def update_task(api: Callable[..., Any]) -> Callable[..., Any]:
    signature = "mentorId: ID!, questionId: ID!, status: UploadTaskInputType!"
    return lambda status, **ids: api("uploadTaskUpdate", signature, status=status, **ids)


@pytest.fixture
def update_status(api: Callable[..., Any]) -> Callable[..., Any]:
    signature = (
        "mentorId: ID!, questionId: ID!, uploadTaskStatusInput: UploadTaskStatusUpdateInputType!"
    )
    return lambda status, **ids: api(
        "uploadTaskStatusUpdate", signature, uploadTaskStatusInput=status, **ids
    )


@pytest.fixture
def upload_answer(api: Callable[..., Any]) -> Callable[..., Any]:
    signature = "mentorId: ID!, questionId: ID!, answer: UploadAnswerType!"
    return lambda answer, **ids: api("uploadAnswer", signature, answer=answer, **ids)


@pytest.fixture
def media_update(api: Callable[..., Any]) -> Callable[..., Any]:
    def call(**variables: Any) -> Any:
        media = [key for key in variables if key.endswith("Media")]
        signature = ", ".join(
            ["mentorId: ID!", "questionId: ID!", *(f"{key}: AnswerMediaInputType" for key in media)]
        )
        return api("mediaUpdate", signature, **variables)

    return call
