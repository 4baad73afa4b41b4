"""Permissions to edit and to view (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
    SEED_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient

    AsUser = Callable[..., GraphQLClient]

CAN_EDIT = "query($m: ID!) { mentorCanEdit(mentor: $m) }"
UNKNOWN = "5ee0000000000000000000ff"
PRIVATE = "mentor is private and you do not have permission to access"


def can_edit(client: GraphQLClient, mentor: str = SEED_MENTOR_ID) -> object:
    return client.ask(CAN_EDIT, m=mentor).data["mentorCanEdit"]


@pytest.mark.parametrize(
    ("edit", "role", "allowed"),
    [
        ("MANAGE", "ADMIN", True),
        ("ADMIN", "CONTENT_MANAGER", True),
        ("MANAGE", "USER", False),
        ("NONE", "ADMIN", False),
    ],
)
def test_row_a_an_organisation_with_edit_permission_lets_its_managers_edit(
    as_user: AsUser, store: Store, edit: str, role: str, *, allowed: bool
) -> None:
    member = store.add_user()["_id"]
    org = store.add_organization({member: role})["_id"]
    permission = {"org": org, "viewPermission": "NONE", "editPermission": edit}
    mentor = store.add_mentor(SEED_OWNER_ID, orgPermissions=[permission])["_id"]
    assert can_edit(as_user(member), mentor) is allowed


def test_row_b_the_mentors_own_user_may_edit(owner: GraphQLClient) -> None:
    assert can_edit(owner) is True


def test_row_c_mentor_ids_are_compared_with_a_user_id(as_user: AsUser, store: Store) -> None:
    listed_mentor = store.add_user(mentor_ids=[SEED_MENTOR_ID])["_id"]
    listed_owner = store.add_user(mentor_ids=[SEED_OWNER_ID])["_id"]
    assert can_edit(as_user(listed_mentor)) is False
    assert can_edit(as_user(listed_owner)) is True


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("CONTENT_MANAGER", True),
        ("ADMIN", True),
        ("SUPER_CONTENT_MANAGER", True),
        ("SUPER_ADMIN", True),
        ("USER", False),
    ],
)
def test_row_d_content_roles_may_edit_any_mentor(
    as_user: AsUser, store: Store, role: str, *, allowed: bool
) -> None:
    client = as_user(store.add_user(role=role)["_id"])
    assert can_edit(client) is allowed
    manages = client.ask("{ me { canManageContent } }").data
    assert manages == {"me": {"canManageContent": allowed}}


def test_row_a_disabled_owner_still_can_edit_but_me_refuses(as_user: AsUser, store: Store) -> None:
    user = store.add_user(isDisabled=True)["_id"]
    mentor = store.add_mentor(user)["_id"]
    client = as_user(user)
    assert can_edit(client, mentor) is True
    for query in (
        "mutation($m: ID!) { me { importTaskDelete(mentorId: $m) } }",
        f'mutation($m: ID!) {{ me {{ uploadTaskDelete(mentorId: $m, questionId: "{UNKNOWN}") }} }}',
        f"""mutation($m: ID!) {{ me {{ updateAnswer(
          mentorId: $m, questionId: "{UNKNOWN}", answer: {{}}) }} }}""",
    ):
        assert client.ask(query, m=mentor).message == "Your account has been disabled"


def test_row_unknown_mentor_and_nobody_are_false_a_malformed_id_an_error(
    owner: GraphQLClient, anonymous: GraphQLClient
) -> None:
    assert can_edit(owner, UNKNOWN) is False
    assert can_edit(anonymous) is False
    assert anonymous.ask(CAN_EDIT, m="x").message.startswith("Cast to ObjectId failed")


@pytest.mark.parametrize("disabled", [False, True])
def test_row_any_user_may_write_any_mentor_through_api(
    as_user: AsUser, store: Store, *, disabled: bool
) -> None:
    stranger = store.add_user(isDisabled=disabled)["_id"]
    reply = as_user(stranger).ask(
        """mutation($m: ID!, $q: ID!) { api {
          uploadAnswer(mentorId: $m, questionId: $q, answer: {transcript: "by a stranger"})
          uploadTaskUpdate(mentorId: $m, questionId: $q, status: {})
        } }""",
        m=SEED_MENTOR_ID,
        q=SEED_QUESTION_ID,
    )
    assert reply.data == {"api": {"uploadAnswer": True, "uploadTaskUpdate": True}}
    assert {record.caller for record in store.write_log()} == {stranger}


@pytest.mark.parametrize("field", ["uploadTask", "importTask"])
def test_row_tasks_are_for_editors_and_services(
    owner: GraphQLClient, service: GraphQLClient, as_user: AsUser, store: Store, field: str
) -> None:
    question = f', questionId: "{SEED_QUESTION_ID}"' if field == "uploadTask" else ""
    query = f"query($m: ID!) {{ {field}(mentorId: $m{question}) {{ _id }} }}"
    assert owner.ask(query, m=SEED_MENTOR_ID).data == {field: None}
    assert service.ask(query, m=SEED_MENTOR_ID).data == {field: None}
    stranger = as_user(store.add_user()["_id"])
    assert "do not have permission" in stranger.ask(query, m=SEED_MENTOR_ID).message
    assert stranger.ask(query, m=UNKNOWN).message == "invalid mentor"


def test_row_me_is_for_those_who_can_edit(as_user: AsUser, store: Store) -> None:
    stranger = as_user(store.add_user()["_id"])
    listed = "query($m: ID) { me { uploadTasks(mentorId: $m) { _id } } }"
    deleted = """mutation($m: ID, $q: ID!) { me {
      uploadTaskDelete(mentorId: $m, questionId: $q) } }"""
    assert "do not have permission" in stranger.ask(listed, m=SEED_MENTOR_ID).message
    denied = stranger.ask(deleted, m=SEED_MENTOR_ID, q=SEED_QUESTION_ID)
    assert denied.message == "you do not have permission to edit this mentor"
    assert stranger.ask(listed).message == "invalid mentor"
    assert as_user(SEED_ADMIN_ID).ask(listed, m=SEED_MENTOR_ID).data == {"me": {"uploadTasks": []}}


def test_row_anyone_reads_a_question_and_a_public_mentor(anonymous: GraphQLClient) -> None:
    data = anonymous.ask(
        """query($m: ID!, $q: ID!) {
          question(id: $q) { name } mentor(id: $m) { name }
          answer(mentor: $m, question: $q) { status }
        }""",
        m=SEED_MENTOR_ID,
        q=SEED_ANSWERED_QUESTION_ID,
    ).data
    assert data == {
        "question": {"name": None},
        "mentor": {"name": "Olive Owner"},
        "answer": {"status": "COMPLETE"},
    }


def test_a_private_mentor_is_for_few(
    anonymous: GraphQLClient, owner: GraphQLClient, as_user: AsUser, store: Store
) -> None:
    private = store.add_mentor(SEED_OWNER_ID, isPrivate=True)["_id"]
    stranger = as_user(store.add_user()["_id"])
    one = "query($m: ID!) { mentor(id: $m) { _id } }"
    answer = f'query($m: ID!) {{ answer(mentor: $m, question: "{SEED_QUESTION_ID}") {{ _id }} }}'
    for client in (anonymous, stranger):
        assert client.ask(one, m=private).message == PRIVATE
        assert client.ask(answer, m=private).message == PRIVATE
    for client in (owner, as_user(SEED_ADMIN_ID)):
        assert client.ask(one, m=private).data == {"mentor": {"_id": private}}
        assert client.ask(answer, m=private).data == {"answer": None}


def test_an_organisation_shows_its_members_and_a_private_one_only_to_them(
    as_user: AsUser, store: Store
) -> None:
    member = store.add_user()["_id"]
    private = store.add_organization({member: "ADMIN"}, isPrivate=True)["_id"]
    query = "query($o: ID) { organization(id: $o) { _id members { user { _id } role } } }"
    shown = {"_id": private, "members": [{"user": {"_id": member}, "role": "ADMIN"}]}
    assert as_user(member).ask(query, o=private).data == {"organization": shown}
    assert "private" in as_user(SEED_OWNER_ID).ask(query, o=private).message
    unknown = as_user(member).ask(query, o=UNKNOWN)
    assert unknown.message.startswith("organization not found for args")
