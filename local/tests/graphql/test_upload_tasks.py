"""The upload task as it is written, read and deleted (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.graphql.seed import (
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.clock import ManualClock
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient, Reply

    Call = Callable[..., Reply]

UNKNOWN = "5ee0000000000000000000ff"
SUB_TASKS = ["trimUploadTask", "transcodeWebTask", "transcodeMobileTask", "transcribeTask"]
WEB = {"task_name": "transcoding-web", "task_id": "id-1", "status": "QUEUED", "payload": "p"}
MEDIA = {"type": "video", "tag": "web", "url": "videos/m/q/web.mp4"}
MEDIA_DEFAULTS = {
    "stringMetadata": "",
    "vttText": "",
    "hash": "",
    "duration": -1,
    "needsTransfer": False,
}
QUERY = """query($m: ID!, $q: ID!) { uploadTask(mentorId: $m, questionId: $q) {
  mentor { _id } question { _id name } transcodeWebTask { task_name status payload media { url } }
  transcript webMedia { url transparentVideoUrl hash duration needsTransfer } updatedAt } }"""
DELETE = """mutation($m: ID, $q: ID!) { me { uploadTaskDelete(mentorId: $m, questionId: $q) } }"""
IDS = {"m": SEED_MENTOR_ID, "q": SEED_QUESTION_ID}


def stored(store: Store) -> dict[str, Any]:
    task = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert task is not None
    return task


# ---------------------------------------------------------------- uploadTaskUpdate


def test_update_makes_the_document_with_several_sub_tasks(update_task: Call, store: Store) -> None:
    given = {key: {"task_name": key, "status": "QUEUED"} for key in SUB_TASKS}
    assert update_task(given).data == {"api": {"uploadTaskUpdate": True}}
    task = stored(store)
    assert [task[key]["task_name"] for key in SUB_TASKS] == SUB_TASKS
    assert len(store.find("upload_tasks")) == 1


def test_update_keeps_one_document_for_a_mentor_and_a_question(
    update_task: Call, store: Store
) -> None:
    update_task({})
    update_task({})
    update_task({}, questionId=SEED_SECOND_QUESTION_ID)
    assert len(store.find("upload_tasks")) == 2


def test_row_update_replaces_a_sub_task_completely(update_task: Call, store: Store) -> None:
    update_task({"transcodeWebTask": WEB})
    update_task({"transcodeWebTask": {"status": "DONE"}})
    assert stored(store)["transcodeWebTask"] == {"status": "DONE", "payload": "", "media": None}


def test_row_update_replaces_a_medium_completely(update_task: Call, store: Store) -> None:
    update_task({"webMedia": {**MEDIA, "hash": "abc"}})
    update_task({"webMedia": {"url": "new.mp4"}})
    assert stored(store)["webMedia"] == {**MEDIA_DEFAULTS, "url": "new.mp4"}


def test_row_update_keeps_what_is_absent_and_clears_what_is_null(
    update_task: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": WEB, "webMedia": MEDIA, "transcript": "old"})
    update_task({"transcribeTask": None, "webMedia": None})
    task = stored(store)
    assert task["transcodeWebTask"]["task_id"] == "id-1"
    assert task["transcript"] == "old"
    assert task["webMedia"] is None
    assert task["transcribeTask"] is None


def test_row_update_stores_an_empty_transcript_and_null(update_task: Call, store: Store) -> None:
    update_task({"transcript": "old"})
    update_task({"transcript": ""})
    assert stored(store)["transcript"] == ""
    update_task({"transcript": None})
    assert stored(store)["transcript"] is None


def test_row_update_overwrites_a_running_job_and_recreates_a_deleted_one(
    update_task: Call, owner: GraphQLClient, store: Store
) -> None:
    update_task({"transcodeWebTask": {**WEB, "status": "IN_PROGRESS"}})
    assert update_task({"transcodeWebTask": {**WEB, "task_id": "id-2"}}).data
    assert stored(store)["transcodeWebTask"]["task_id"] == "id-2"
    assert owner.ask(DELETE, **IDS).data == {"me": {"uploadTaskDelete": True}}
    assert update_task({}).data == {"api": {"uploadTaskUpdate": True}}
    assert stored(store).get("transcodeWebTask") is None


@pytest.mark.parametrize("call", ["update_task", "update_status"])
def test_unknown_question_and_mentor_are_errors(request: pytest.FixtureRequest, call: str) -> None:
    write: Call = request.getfixturevalue(call)
    no_question = write({}, questionId=UNKNOWN)
    assert no_question.message == f"no question found for id '{UNKNOWN}'"
    assert write({}, mentorId=UNKNOWN).message == f"no mentor found for id '{UNKNOWN}'"


# ---------------------------------------------------------------- uploadTaskStatusUpdate


def test_row_status_is_a_free_string(update_task: Call, update_status: Call, store: Store) -> None:
    update_task({"transcodeWebTask": WEB})
    assert update_status({"transcodeWebTask": {"status": "banana 42%"}}).data
    assert stored(store)["transcodeWebTask"]["status"] == "banana 42%"


def test_row_status_update_takes_one_sub_task_at_most(
    update_task: Call, update_status: Call
) -> None:
    update_task({})
    both = {"transcodeWebTask": {"status": "DONE"}, "transcribeTask": {"status": "DONE"}}
    assert update_status(both).message == "Please only input one task to update at a time."
    one_and_null = {"transcodeWebTask": {"status": "DONE"}, "transcribeTask": None}
    assert update_status(one_and_null).data


def test_row_status_update_without_document_is_false_and_writes_nothing(
    update_status: Call, store: Store
) -> None:
    reply = update_status({"transcodeWebTask": {"status": "DONE"}, "transcript": "x"})
    assert reply.data == {"api": {"uploadTaskStatusUpdate": False}}
    assert store.find("upload_tasks") == []
    assert store.write_log("uploadTaskStatusUpdate") == []


def test_row_status_update_merges_field_by_field(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": WEB})
    update_status({"transcodeWebTask": {"status": "IN_PROGRESS"}})
    assert stored(store)["transcodeWebTask"] == {**WEB, "status": "IN_PROGRESS", "media": None}


def test_row_status_update_never_overwrites_with_what_is_empty(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": {**WEB, "media": MEDIA}})
    before = stored(store)["transcodeWebTask"]
    update_status(
        {"transcodeWebTask": {"status": "", "payload": "", "task_name": None, "media": None}}
    )
    assert stored(store)["transcodeWebTask"] == before


def test_row_a_stored_null_sub_task_is_created_with_only_the_given_fields(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcribeTask": None})
    update_status({"transcribeTask": {"status": "DONE"}})
    assert stored(store)["transcribeTask"] == {"status": "DONE", "payload": "", "media": None}


def test_row_status_update_cannot_empty_the_transcript(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcript": "old"})
    update_status({"transcript": ""})
    assert stored(store)["transcript"] == "old"
    update_status({"transcript": "new"})
    assert stored(store)["transcript"] == "new"


def test_row_status_update_replaces_media_wholesale_and_ignores_null(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"webMedia": {**MEDIA, "hash": "abc"}})
    update_status({"webMedia": None})
    assert stored(store)["webMedia"]["hash"] == "abc"
    update_status({"webMedia": {"url": "new.mp4"}})
    assert stored(store)["webMedia"] == {**MEDIA_DEFAULTS, "url": "new.mp4"}


@pytest.mark.parametrize(
    ("before", "after"), [("DONE", "IN_PROGRESS"), ("CANCELLED", "IN_PROGRESS")]
)
def test_row_there_is_no_state_machine_and_no_task_id_check(
    update_task: Call, update_status: Call, store: Store, before: str, after: str
) -> None:
    update_task({"transcodeWebTask": {**WEB, "status": before}})
    assert update_status({"transcodeWebTask": {"status": after, "task_id": "foreign"}}).data
    task = stored(store)["transcodeWebTask"]
    assert (task["status"], task["task_id"]) == (after, "foreign")


def test_row_every_status_update_changes_updated_at(
    update_task: Call, update_status: Call, store: Store, clock: ManualClock
) -> None:
    update_task({})
    before = stored(store)["updatedAt"]
    clock.advance(1)
    assert update_status({}).data == {"api": {"uploadTaskStatusUpdate": True}}
    assert stored(store)["updatedAt"] == "2023-11-14T22:13:21.000Z" > before


# ---------------------------------------------------------------- reading


def test_row_reading_returns_absolute_urls_and_defaults(
    update_task: Call, service: GraphQLClient
) -> None:
    update_task({"transcodeWebTask": {"status": "DONE", "media": MEDIA}, "webMedia": MEDIA})
    task = service.ask(QUERY, **IDS).data["uploadTask"]
    url = "https://static.example.org/videos/m/q/web.mp4"
    assert task["webMedia"] == {
        "url": url,
        "transparentVideoUrl": "",
        "hash": "",
        "duration": -1,
        "needsTransfer": False,
    }
    assert task["transcodeWebTask"] == {
        "task_name": None,
        "status": "DONE",
        "payload": "",
        "media": {"url": url},
    }
    assert task["question"] == {"_id": SEED_QUESTION_ID, "name": None}


def test_the_transcript_of_a_task_is_raw(update_task: Call, service: GraphQLClient) -> None:
    update_task({"transcript": "so **bold**"})
    assert service.ask(QUERY, **IDS).data["uploadTask"]["transcript"] == "so **bold**"


def test_an_absent_task_is_null(owner: GraphQLClient) -> None:
    assert owner.ask(QUERY, **IDS).data == {"uploadTask": None}


# ---------------------------------------------------------------- me


def test_row_the_ui_deletes_and_true_also_means_nothing_was_there(
    update_task: Call, owner: GraphQLClient, store: Store
) -> None:
    update_task({})
    for _ in range(2):
        assert owner.ask(DELETE, **IDS).data == {"me": {"uploadTaskDelete": True}}
        assert store.find("upload_tasks") == []
    assert len(store.write_log("uploadTaskDelete")) == 1


def test_the_ui_may_leave_its_own_mentor_out(update_task: Call, owner: GraphQLClient) -> None:
    update_task({})
    listed = owner.ask("{ me { uploadTasks { question { _id } } } }").data["me"]["uploadTasks"]
    assert listed == [{"question": {"_id": SEED_QUESTION_ID}}]
    assert owner.ask(DELETE, q=SEED_QUESTION_ID).data
    assert owner.ask(QUERY, **IDS).data == {"uploadTask": None}


def test_row_an_orphan_task_is_listed_with_an_error_and_cannot_be_deleted(
    update_task: Call, owner: GraphQLClient, store: Store
) -> None:
    update_task({})
    store.delete("questions", {"_id": SEED_QUESTION_ID})
    reply = owner.ask(
        "query($m: ID) { me { uploadTasks(mentorId: $m) { question { _id } } } }", m=SEED_MENTOR_ID
    )
    assert reply.status == 200
    assert reply.body["data"]["me"]["uploadTasks"] == [{"question": None}]
    assert reply.message == f'question not found for id "{SEED_QUESTION_ID}"'
    assert owner.ask(DELETE, **IDS).message == f"no question found for id '{SEED_QUESTION_ID}'"


def test_row_an_answer_is_still_written_after_the_task_was_deleted(
    update_task: Call, upload_answer: Call, owner: GraphQLClient, store: Store
) -> None:
    update_task({})
    owner.ask(DELETE, **IDS)
    assert upload_answer({"webMedia": MEDIA}).data == {"api": {"uploadAnswer": True}}
    answer = store.answer(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert answer is not None
    assert answer["webMedia"]["url"] == "videos/m/q/web.mp4"
    assert store.find("upload_tasks") == []
