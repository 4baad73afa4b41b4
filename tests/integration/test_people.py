"""Whom a caller may record answers for, and the questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_FOREIGN_MENTOR_ID,
    SEED_IDLE_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
    SEED_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def get(api: Any, path: str) -> dict[str, Any]:
    answer = api.client.get(path, headers=api.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json()["data"])


def test_mentors_are_those_of_the_token_that_may_be_edited(
    api: Any, make_token: Callable[..., str]
) -> None:
    claimed = [SEED_FOREIGN_MENTOR_ID, SEED_MENTOR_ID, "f" * 24, "no-id"]
    api.token = make_token(SEED_OWNER_ID, mentorIds=claimed)
    found = get(api, "/mentors")
    assert found["max_bytes"] == api.settings.resumable_max_bytes
    assert found["user"] == SEED_OWNER_ID
    assert [(m["mentor"], m["name"]) for m in found["mentors"]] == [(SEED_MENTOR_ID, "Olive Owner")]
    api.token = make_token(SEED_ADMIN_ID, mentorIds=[])
    assert get(api, "/mentors")["mentors"] == []


def test_questions_say_how_they_are_answered(api: Any, make_token: Callable[..., str]) -> None:
    found = get(api, f"/questions?mentor={SEED_MENTOR_ID}")
    assert found["mentor"]["name"] == "Olive Owner"
    questions = {each["question"]: each for each in found["questions"]}
    assert len(questions) == 5
    assert questions[SEED_QUESTION_ID]["answer"] is None
    assert questions[SEED_QUESTION_ID]["text"] == "What do you do on a normal day?"
    assert questions[SEED_QUESTION_ID]["subject"] == "Background"
    assert [q for q, each in questions.items() if each["idle"]] == [SEED_IDLE_QUESTION_ID]
    answer = questions[SEED_ANSWERED_QUESTION_ID]["answer"]
    assert answer["transcript"].startswith("I grew up in a small")
    assert answer["web"].startswith("http")
    assert answer["captions"].endswith("en.vtt")
    api.token = make_token(SEED_ADMIN_ID, mentorIds=[])
    assert get(api, f"/questions?mentor={SEED_MENTOR_ID}")["questions"], "who may edit all may too"


def test_a_question_in_two_subjects_is_listed_once_and_deleted_ones_are_not(api: Any) -> None:
    store = api.graphql.store
    store.insert(
        "subjects",
        {
            "_id": "5ee0000000000000000000d9",
            "name": "Another",
            "categories": [],
            "topics": [],
            "questions": [
                {"question": id_, "category": None, "topics": []}
                for id_ in (SEED_QUESTION_ID, "5ee0000000000000000000ff")
            ],
        },
    )
    subjects = ["5ee0000000000000000000d9", "5ee0000000000000000000d1"]
    store.change("mentors", {"_id": SEED_MENTOR_ID}, {"subjects": subjects})
    found = get(api, f"/questions?mentor={SEED_MENTOR_ID}")["questions"]
    ids = [each["question"] for each in found]
    assert len(ids) == len(set(ids)) == 5
    assert found[ids.index(SEED_QUESTION_ID)]["subject"] == "Another"
