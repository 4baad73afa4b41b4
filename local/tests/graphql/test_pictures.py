"""Pictures of mentors and organisations, questions, subjects (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID

if TYPE_CHECKING:
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient

UNKNOWN = "5ee0000000000000000000ff"
HEADER = "mutation($o: ID, $p: String!) { api { orgHeaderUpdate(orgId: $o, imgPath: $p) } }"
FOOTER = """mutation($o: ID, $p: String!, $i: Int!) { api {
  orgFooterUpdate(orgId: $o, imgPath: $p, imgIdx: $i) } }"""
CONFIG = "styleHeaderLogo homeFooterImages homeFooterLinks"


@pytest.mark.parametrize(
    ("mutation", "argument", "field"),
    [
        ("mentorThumbnailUpdate", "thumbnail", "thumbnail"),
        ("mentorVbgUpdate", "vbgPath", "virtualBackgroundUrl"),
    ],
)
def test_mentor_pictures(service: GraphQLClient, mutation: str, argument: str, field: str) -> None:
    write = f"""mutation($m: ID!, $p: String!) {{ api {{
      {mutation}(mentorId: $m, {argument}: $p) }} }}"""
    assert service.ask(write, m=SEED_MENTOR_ID, p="a/b.png").data == {"api": {mutation: True}}
    read = f"query($m: ID) {{ mentor(id: $m) {{ {field} }} }}"
    shown = service.ask(read, m=SEED_MENTOR_ID).data["mentor"]
    assert shown == {field: "https://static.example.org/a/b.png"}
    assert service.ask(write, m=UNKNOWN, p="x").message == f"no mentor found for id '{UNKNOWN}'"


def test_pictures_of_the_site(service: GraphQLClient) -> None:
    assert service.ask(HEADER, p="https://s/h.png").data == {"api": {"orgHeaderUpdate": True}}
    for index, path in ((0, "a"), (7, "b"), (0, "c")):
        assert service.ask(FOOTER, p=path, i=index).data == {"api": {"orgFooterUpdate": True}}
    assert service.ask(f"{{ config {{ {CONFIG} }} }}").data["config"] == {
        "styleHeaderLogo": "https://s/h.png",
        "homeFooterImages": ["c", "b"],
        "homeFooterLinks": ["", ""],
    }


def test_pictures_of_an_organisation_leave_the_site_alone(
    service: GraphQLClient, store: Store
) -> None:
    org = store.add_organization({SEED_OWNER_ID: "ADMIN"})["_id"]
    service.ask(HEADER, p="site.png")
    service.ask(FOOTER, o=org, p="org.png", i=0)
    query = f"""query($o: ID) {{
      organization(id: $o) {{ config {{ {CONFIG} }} }} config {{ {CONFIG} }} }}"""
    data = service.ask(query, o=org).data
    assert data["organization"]["config"]["homeFooterImages"] == ["org.png"]
    assert data["organization"]["config"]["styleHeaderLogo"] == "site.png"
    assert data["config"]["homeFooterImages"] is None
    assert service.ask(HEADER, o=UNKNOWN, p="x").data == {"api": {"orgHeaderUpdate": False}}
    assert service.ask(FOOTER, o=UNKNOWN, p="x", i=0).data == {"api": {"orgFooterUpdate": False}}


def test_questions_and_subjects_are_changed_or_added(service: GraphQLClient, store: Store) -> None:
    change = """mutation($q: QuestionUpdateInputType!) { api {
      questionUpdate(question: $q) { _id question type } } }"""
    given = {"_id": SEED_QUESTION_ID, "question": "Changed?"}
    changed = service.ask(change, q=given).data["api"]["questionUpdate"]
    assert changed == {**given, "type": "QUESTION"}
    subject = """mutation($s: SubjectUpdateInputType!) { api {
      subjectUpdate(subject: $s) { name questions { question { _id question } } } } }"""
    entry = {"question": {"_id": "temporary", "question": "Added?"}}
    added = service.ask(subject, s={"name": "New", "questions": [entry]}).data["api"][
        "subjectUpdate"
    ]
    [question] = store.find("questions", {"question": "Added?"})
    shown = {"question": {"_id": question["_id"], "question": "Added?"}}
    assert added == {"name": "New", "questions": [shown]}
