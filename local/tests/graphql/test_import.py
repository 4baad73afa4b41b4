"""The import task and the import of a mentor (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_SUBJECT_ID,
)

if TYPE_CHECKING:
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient

UNKNOWN = "5ee0000000000000000000ff"
CREATE = """mutation($m: ID!, $g: GraphQLUpdateInputType!, $s: S3VideoMigrationInputType!) { api {
  importTaskCreate(mentor: $m, graphQLUpdate: $g, s3VideoMigrate: $s) } }"""
UPDATE = """mutation($m: ID!, $g: GraphQLUpdateInputType, $s: S3VideoMigrationInputType,
  $e: [String]) { api { importTaskUpdate(
  mentor: $m, graphQLUpdate: $g, s3VideoMigrateUpdate: $s, migrationErrors: $e) } }"""
READ = """query($m: ID!) { importTask(mentorId: $m) { graphQLUpdate { status errorMessage }
  s3VideoMigrate { status errorMessage } migrationErrors } }"""
IMPORT = """mutation($m: ID!, $json: MentorImportJsonType!,
  $changes: ReplacedMentorDataChangesType!) { api { mentorImport(
  mentor: $m, json: $json, replacedMentorDataChanges: $changes) {
  name subjects { name questions { question { question } topics { id } } }
  answers { transcript question { question } webMedia { url needsTransfer hash } } } } }"""
QUEUED = {"status": "QUEUED", "errorMessage": None}
DONE = {"status": "DONE", "errorMessage": None}


def task(service: GraphQLClient) -> Any:
    return service.ask(READ, m=SEED_MENTOR_ID).data["importTask"]


def create(service: GraphQLClient, mentor: str = SEED_MENTOR_ID) -> Any:
    return service.ask(CREATE, m=mentor, g={"status": "QUEUED"}, s={"status": "QUEUED"}).data


def test_row_create_does_not_check_the_mentor(service: GraphQLClient, store: Store) -> None:
    assert create(service, UNKNOWN) == {"api": {"importTaskCreate": True}}
    assert store.import_task(UNKNOWN) is not None


def test_row_create_overwrites_a_running_import_and_keeps_old_errors(
    service: GraphQLClient, store: Store
) -> None:
    create(service)
    running = {"m": SEED_MENTOR_ID, "g": DONE, "s": {"status": "IN_PROGRESS"}, "e": ["lost one"]}
    assert service.ask(UPDATE, **running).data == {"api": {"importTaskUpdate": True}}
    create(service)
    assert task(service) == {
        "graphQLUpdate": QUEUED,
        "s3VideoMigrate": QUEUED,
        "migrationErrors": ["lost one"],
    }
    assert len(store.find("import_tasks")) == 1


def test_update_without_a_task_is_an_error(service: GraphQLClient) -> None:
    reply = service.ask(UPDATE, m=SEED_MENTOR_ID, g=DONE)
    assert reply.message == f"Failed to find import task for mentor: {SEED_MENTOR_ID}"


def test_row_update_replaces_a_part_and_resets_the_errors(service: GraphQLClient) -> None:
    create(service)
    failed = {"status": "FAILED", "errorMessage": "why"}
    service.ask(UPDATE, m=SEED_MENTOR_ID, g=failed, e=["one"])
    assert task(service)["migrationErrors"] == ["one"]
    service.ask(UPDATE, m=SEED_MENTOR_ID, g={"status": "DONE"})
    assert task(service) == {
        "graphQLUpdate": DONE,
        "s3VideoMigrate": QUEUED,
        "migrationErrors": [],
    }


def test_the_ui_deletes_the_task(service: GraphQLClient, owner: GraphQLClient) -> None:
    create(service)
    delete = "mutation($m: ID!) { me { importTaskDelete(mentorId: $m) } }"
    for _ in range(2):
        assert owner.ask(delete, m=SEED_MENTOR_ID).data == {"me": {"importTaskDelete": True}}
    assert task(service) is None


def export() -> dict[str, Any]:
    own = {"_id": "new-question", "question": "What is new?", "mentor": "5ee0000000000000000000b9"}
    shared = {"_id": SEED_QUESTION_ID, "question": "What do you do on a normal day?", "name": None}
    media = {"type": "video", "tag": "web", "url": "https://old.example.org/web.mp4"}
    return {
        "id": "5ee0000000000000000000b9",
        "mentorInfo": {"name": "Imported", "mentorType": "VIDEO"},
        "subjects": [
            {
                "_id": "5ee0000000000000000000d9",
                "name": "Imported subject",
                "topics": [{"id": "t1", "name": "A topic"}],
                "questions": [{"question": own, "topics": [{"id": "t1"}]}],
            }
        ],
        "questions": [own, shared],
        "answers": [
            {"question": own, "transcript": "new", "status": "COMPLETE", "webMedia": media},
            {
                "question": shared,
                "transcript": "shared",
                "status": "NONE",
                "externalVideoIds": None,
            },
        ],
        "userQuestions": [{"_id": UNKNOWN, "question": "Asked", "classifierAnswer": None}],
    }


def test_import_overwrites_removes_and_adds(service: GraphQLClient, store: Store) -> None:
    own = store.add_question("Only mine", mentor=SEED_MENTOR_ID)["_id"]
    store.add_answer(SEED_MENTOR_ID, own)
    removed = {"question": {"_id": SEED_ANSWERED_QUESTION_ID}, "transcript": "", "status": "NONE"}
    changes = {
        "answerChanges": [{"editType": "REMOVED", "data": removed}],
        "questionChanges": [
            {"editType": "REMOVED", "data": {"_id": own}},
            {"editType": "REMOVED", "data": {"_id": SEED_ANSWERED_QUESTION_ID}},
        ],
    }
    reply = service.ask(IMPORT, m=SEED_MENTOR_ID, json=export(), changes=changes)
    imported = reply.data["api"]["mentorImport"]
    assert imported["name"] == "Imported"
    assert imported["subjects"] == [
        {
            "name": "Imported subject",
            "questions": [{"question": {"question": "What is new?"}, "topics": [{"id": "t1"}]}],
        }
    ]
    url = "https://old.example.org/web.mp4"
    assert imported["answers"] == [
        {
            "transcript": "new",
            "question": {"question": "What is new?"},
            "webMedia": {"url": url, "needsTransfer": True, "hash": ""},
        },
        {
            "transcript": "shared",
            "question": {"question": "What do you do on a normal day?"},
            "webMedia": None,
        },
    ]
    assert store.by_id("questions", own) is None
    assert store.by_id("questions", SEED_ANSWERED_QUESTION_ID) is not None
    assert len(store.find("user_questions")) == 1
    mentor = store.mentor(SEED_MENTOR_ID)
    assert mentor is not None
    assert SEED_SUBJECT_ID not in mentor["subjects"]
    [new] = store.find("questions", {"question": "What is new?"})
    assert new["mentor"] == SEED_MENTOR_ID


@pytest.mark.parametrize(
    "key", ["transparentVideoUrl", "vttText", "hash", "duration", "__typename"]
)
def test_row_what_the_import_does_not_know_is_a_500(service: GraphQLClient, key: str) -> None:
    json = export()
    json["answers"][0]["webMedia"][key] = "x"
    reply = service.ask(IMPORT, m=SEED_MENTOR_ID, json=json, changes={})
    assert reply.status == 500
    assert key in reply.message


def test_import_into_an_unknown_mentor_is_an_error(service: GraphQLClient) -> None:
    reply = service.ask(IMPORT, m=UNKNOWN, json=export(), changes={})
    assert (reply.status, reply.message) == (200, "mentor not found")
