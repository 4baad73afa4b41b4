"""The races, made to happen on purpose between a read and its write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_TRANSCRIPT,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.graphql.server import GraphQLServer
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient, Reply

    Call = Callable[..., Reply]

ANSWERED = {"questionId": SEED_ANSWERED_QUESTION_ID}
MEDIA = {"type": "video", "tag": "web", "url": "new.mp4"}


def interleaved(
    server: GraphQLServer, mutation: str, first: Callable[[], Reply], second: Callable[[], Reply]
) -> None:
    """Let ``first`` read, then run all of ``second``, then let ``first`` write."""
    with ThreadPoolExecutor(1) as pool, server.hold(mutation) as pause:
        running = pool.submit(first)
        assert pause.reached.wait(5)
        assert second().data
        pause.release()
        assert running.result(5).data


def answer(store: Store) -> dict[str, Any]:
    found = store.answer(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    assert found is not None
    return found


def web_task(store: Store) -> dict[str, Any]:
    found = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert found is not None
    task: dict[str, Any] = found["transcodeWebTask"]
    return task


def test_row_r1_a_media_write_loses_a_transcript_written_meanwhile(
    server: GraphQLServer, upload_answer: Call, store: Store
) -> None:
    interleaved(
        server,
        "uploadAnswer",
        lambda: upload_answer({"webMedia": MEDIA}, **ANSWERED),
        lambda: upload_answer({"transcript": "heard meanwhile"}, **ANSWERED),
    )
    assert answer(store)["transcript"] == SEED_TRANSCRIPT
    assert answer(store)["webMedia"]["url"] == "new.mp4"


def test_row_r2_a_media_write_loses_what_a_person_edited_meanwhile(
    server: GraphQLServer, upload_answer: Call, owner: GraphQLClient, store: Store
) -> None:
    edit = """mutation($q: ID!) { me {
      updateAnswer(questionId: $q, answer: {transcript: "edited meanwhile"}) } }"""
    interleaved(
        server,
        "uploadAnswer",
        lambda: upload_answer({"webMedia": MEDIA}, **ANSWERED),
        lambda: owner.ask(edit, q=SEED_ANSWERED_QUESTION_ID),
    )
    assert answer(store)["transcript"] == SEED_TRANSCRIPT


def test_row_media_update_loses_no_transcript(
    server: GraphQLServer, media_update: Call, upload_answer: Call, store: Store
) -> None:
    interleaved(
        server,
        "mediaUpdate",
        lambda: media_update(webMedia=MEDIA, **ANSWERED),
        lambda: upload_answer({"transcript": "heard meanwhile"}, **ANSWERED),
    )
    assert answer(store)["transcript"] == "heard meanwhile"
    assert answer(store)["webMedia"]["url"] == "new.mp4"


def test_row_r3_two_writes_of_one_sub_task_lose_one(
    server: GraphQLServer, update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": {"status": "IN_PROGRESS"}})
    interleaved(
        server,
        "uploadTaskStatusUpdate",
        lambda: update_status({"transcodeWebTask": {"payload": "42"}}),
        lambda: update_status({"transcodeWebTask": {"status": "DONE"}}),
    )
    assert web_task(store) == {"status": "IN_PROGRESS", "payload": "42", "media": None}


def test_row_r4_different_sub_tasks_lose_nothing(
    server: GraphQLServer, update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": {"status": "QUEUED"}, "transcribeTask": {"status": "QUEUED"}})
    interleaved(
        server,
        "uploadTaskStatusUpdate",
        lambda: update_status({"transcodeWebTask": {"status": "DONE"}}),
        lambda: update_status({"transcribeTask": {"status": "DONE"}}),
    )
    task = store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert task is not None
    assert task["transcodeWebTask"]["status"] == task["transcribeTask"]["status"] == "DONE"


def test_row_r5_two_creates_at_once_are_both_accepted(
    server: GraphQLServer, update_task: Call, store: Store
) -> None:
    interleaved(
        server,
        "uploadTaskUpdate",
        lambda: update_task({"transcodeWebTask": {"task_id": "first"}}),
        lambda: update_task({"transcodeWebTask": {"task_id": "second"}}),
    )
    assert len(store.find("upload_tasks")) == 1
    assert web_task(store)["task_id"] == "first"


def test_row_r6_a_stale_worker_writes_into_the_new_run(
    update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": {"task_id": "new", "status": "QUEUED"}})
    assert update_status({"transcodeWebTask": {"task_id": "stale", "status": "DONE"}}).data
    assert (web_task(store)["task_id"], web_task(store)["status"]) == ("stale", "DONE")


def test_row_r7_a_task_deleted_between_read_and_write_is_false_and_not_recreated(
    server: GraphQLServer, update_task: Call, update_status: Call, store: Store
) -> None:
    update_task({"transcodeWebTask": {"status": "QUEUED"}})
    with ThreadPoolExecutor(1) as pool, server.hold("uploadTaskStatusUpdate") as pause:
        running = pool.submit(update_status, {"transcodeWebTask": {"status": "DONE"}})
        assert pause.reached.wait(5)
        store.delete("upload_tasks", {"mentor": SEED_MENTOR_ID})
        pause.release()
        assert running.result(5).data == {"api": {"uploadTaskStatusUpdate": False}}
    assert store.find("upload_tasks") == []
    assert store.write_log("uploadTaskStatusUpdate") == []


def test_row_import_parts_written_at_once_lose_one(
    server: GraphQLServer, service: GraphQLClient, store: Store
) -> None:
    create = """mutation($m: ID!) { api { importTaskCreate(mentor: $m,
      graphQLUpdate: {status: "QUEUED"}, s3VideoMigrate: {status: "QUEUED"}) } }"""
    graphql = """mutation($m: ID!) { api {
      importTaskUpdate(mentor: $m, graphQLUpdate: {status: "DONE"}) } }"""
    media = """mutation($m: ID!) { api {
      importTaskUpdate(mentor: $m, s3VideoMigrateUpdate: {status: "DONE"}) } }"""
    service.ask(create, m=SEED_MENTOR_ID)
    interleaved(
        server,
        "importTaskUpdate",
        lambda: service.ask(graphql, m=SEED_MENTOR_ID),
        lambda: service.ask(media, m=SEED_MENTOR_ID),
    )
    task = store.import_task(SEED_MENTOR_ID)
    assert task is not None
    assert task["graphQLUpdate"]["status"] == "DONE"
    assert task["s3VideoMigrate"]["status"] == "QUEUED"
