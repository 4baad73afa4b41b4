"""The header that chooses a strategy, and what a service cannot do (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_FOREIGN_MENTOR_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
    SEED_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient

    WithHeaders = Callable[[dict[str, str]], GraphQLClient]

CAN_EDIT = "query($m: ID!) { mentorCanEdit(mentor: $m) }"
API = "mutation { api { __typename } }"
UPLOAD_TASK = f"""{{ uploadTask(
  mentorId: "{SEED_MENTOR_ID}", questionId: "{SEED_QUESTION_ID}") {{ _id }} }}"""
NO_LIST = "Cannot read properties of undefined (reading 'includes')"


def test_row_header_and_api_secret_is_a_service(service: GraphQLClient) -> None:
    assert service.ask(API).data == {"api": {"__typename": "ApiMutation"}}
    assert service.ask(UPLOAD_TASK).data == {"uploadTask": None}


@pytest.mark.parametrize("value", ["true", "1", "false", "anything"])
def test_row_any_value_of_the_header_chooses_the_service_strategy(
    with_headers: WithHeaders, api_secret: str, value: str
) -> None:
    headers = {"mentor-graphql-req": value, "Authorization": f"Bearer {api_secret}"}
    assert with_headers(headers).ask(API).data["api"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_row_jwt_without_the_header_is_the_user(
    with_headers: WithHeaders, token: Callable[..., str], scheme: str
) -> None:
    client = with_headers({"Authorization": f"{scheme} {token(SEED_OWNER_ID)}"})
    assert client.ask(CAN_EDIT, m=SEED_MENTOR_ID).data == {"mentorCanEdit": True}
    assert client.ask(CAN_EDIT, m=SEED_FOREIGN_MENTOR_ID).data == {"mentorCanEdit": False}


@pytest.mark.parametrize(
    "case",
    [
        "api-secret-without-header",
        "jwt-with-header",
        "wrong-api-secret",
        "garbage",
        "expired",
        "unknown-user",
        "malformed-user",
        "no-user",
        "wrong-key",
        "alg-none",
        "basic",
        "nothing",
    ],
)
def test_row_everything_else_is_nobody_and_never_401(
    with_headers: WithHeaders, token: Callable[..., str], api_secret: str, case: str
) -> None:
    for_services = {"mentor-graphql-req": "true"}
    owners = token(SEED_OWNER_ID)
    unsigned = jwt.encode({"id": SEED_OWNER_ID}, None, algorithm="none")
    wrong = jwt.encode({"id": SEED_OWNER_ID}, "another-secret-of-32-bytes-or-more", "HS256")
    headers = {
        "api-secret-without-header": {"Authorization": f"Bearer {api_secret}"},
        "jwt-with-header": {**for_services, "Authorization": f"Bearer {owners}"},
        "wrong-api-secret": {**for_services, "Authorization": "Bearer wrong"},
        "garbage": {"Authorization": "Bearer garbage"},
        "expired": {"Authorization": f"Bearer {token(SEED_OWNER_ID, lifetime=-1)}"},
        "unknown-user": {"Authorization": f"Bearer {token('5ee0000000000000000000ff')}"},
        "malformed-user": {"Authorization": f"Bearer {token('me')}"},
        "no-user": {"Authorization": f"Bearer {token(SEED_OWNER_ID, id=None)}"},
        "wrong-key": {"Authorization": f"Bearer {wrong}"},
        "alg-none": {"Authorization": f"Bearer {unsigned}"},
        "basic": {"Authorization": f"Basic {owners}"},
        "nothing": {},
    }[case]
    client = with_headers(headers)

    for query in (API, "mutation { me { __typename } }", "{ me { __typename } }", UPLOAD_TASK):
        reply = client.ask(query)
        assert (reply.status, reply.message) == (200, "Only authenticated users")
    assert client.ask(CAN_EDIT, m=SEED_MENTOR_ID).data == {"mentorCanEdit": False}


def test_row_role_and_mentor_claims_are_ignored(
    as_user: Callable[..., GraphQLClient], store: Store
) -> None:
    user = store.add_user()["_id"]
    claiming = as_user(user, role="SUPER_ADMIN", mentorIds=[SEED_MENTOR_ID, SEED_OWNER_ID])
    assert claiming.ask(CAN_EDIT, m=SEED_MENTOR_ID).data == {"mentorCanEdit": False}


def test_only_id_and_expiry_are_looked_at(as_user: Callable[..., GraphQLClient]) -> None:
    odd = as_user(SEED_OWNER_ID, iat=4_000_000_000, nbf=4_000_000_000, aud="other", sub=1)
    assert odd.ask(CAN_EDIT, m=SEED_MENTOR_ID).data == {"mentorCanEdit": True}


def test_row_a_service_reads_questions_and_public_mentors(service: GraphQLClient) -> None:
    data = service.ask(
        """query($m: ID!, $q: ID!) {
          question(id: $q) { _id }
          mentor(id: $m) { thumbnail }
          answer(mentor: $m, question: $q) { status }
          uploadTask(mentorId: $m, questionId: $q) { _id }
          importTask(mentorId: $m) { _id }
        }""",
        m=SEED_MENTOR_ID,
        q=SEED_ANSWERED_QUESTION_ID,
    ).data
    assert data == {
        "question": {"_id": SEED_ANSWERED_QUESTION_ID},
        "mentor": {"thumbnail": ""},
        "answer": {"status": "COMPLETE"},
        "uploadTask": None,
        "importTask": None,
    }


@pytest.mark.parametrize(
    "query",
    [
        '{ mentorCanEdit(mentor: "%s") }',
        '{ me { uploadTasks(mentorId: "%s") { _id } } }',
        f"""mutation {{ me {{
          uploadTaskDelete(mentorId: "%s", questionId: "{SEED_QUESTION_ID}") }} }}""",
        'mutation { me { importTaskDelete(mentorId: "%s") } }',
    ],
)
def test_row_a_service_trips_over_what_only_users_have(service: GraphQLClient, query: str) -> None:
    reply = service.ask(query % SEED_MENTOR_ID)
    assert (reply.status, reply.message) == (200, NO_LIST)


def test_a_service_trips_over_private_mentors(service: GraphQLClient, store: Store) -> None:
    private = store.add_mentor(SEED_OWNER_ID, isPrivate=True)["_id"]
    assert service.ask("query($m: ID) { mentor(id: $m) { _id } }", m=private).message == NO_LIST
