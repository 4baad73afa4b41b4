"""The database: atomic changes, one document for a key, the write log, waiting."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_QUESTION_ID, seed
from mentor_local.graphql.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = {"mentor": "m", "question": "q"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "mentor.sqlite3")
    yield store
    store.close()


def test_upserts_at_once_make_one_document_and_lose_no_key(database: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        changes = [{f"k{n}": n} for n in range(40)]
        list(pool.map(lambda c: database.change("upload_tasks", KEY, c, upsert=True), changes))
    [document] = database.find("upload_tasks")
    assert {f"k{n}" for n in range(40)} <= document.keys()


def test_a_second_document_for_the_same_key_is_refused(database: Store) -> None:
    database.insert("answers", KEY)
    with pytest.raises(sqlite3.IntegrityError):
        database.insert("answers", KEY)
    database.insert("import_tasks", {"mentor": "m"})
    with pytest.raises(sqlite3.IntegrityError):
        database.insert("import_tasks", {"mentor": "m"})


def test_a_failed_step_leaves_nothing(database: Store) -> None:
    database.insert("answers", KEY)

    def half_done() -> None:
        with database.transaction():
            database.insert("users", {})
            database.note("anything", "service", {})
            database.insert("answers", KEY)

    with pytest.raises(sqlite3.IntegrityError):
        half_done()
    assert database.find("users") == []
    assert database.write_log() == []


def test_documents_and_the_log_outlive_the_process(tmp_path: Path) -> None:
    first = Store(tmp_path / "mentor.sqlite3")
    assert seed(first) is True
    first.note("uploadAnswer", "service", {"mentorId": SEED_MENTOR_ID})
    first.close()
    again = Store(tmp_path / "mentor.sqlite3")
    assert seed(again) is False
    assert again.mentor(SEED_MENTOR_ID) is not None
    [record] = again.write_log()
    assert (record.mutation, record.caller) == ("uploadAnswer", "service")
    assert record.args == {"mentorId": SEED_MENTOR_ID}
    again.close()


def test_the_log_is_in_order_and_can_be_asked_for_one_mutation(database: Store) -> None:
    for name in ("uploadAnswer", "uploadTaskUpdate", "uploadAnswer"):
        database.note(name, "service", {})
    assert [record.mutation for record in database.write_log()] == [
        "uploadAnswer",
        "uploadTaskUpdate",
        "uploadAnswer",
    ]
    assert [record.seq for record in database.write_log("uploadAnswer")] == [1, 3]


def test_waiting_ends_with_the_change_that_was_waited_for(database: Store) -> None:
    writer = threading.Thread(target=database.add_question, args=("Late?",))
    writer.start()
    assert database.wait_for(lambda: bool(database.find("questions")), timeout=5)
    writer.join()
    assert not database.wait_for(lambda: bool(database.find("users")), timeout=0.01)


def test_null_in_a_filter_finds_null_and_absent(database: Store) -> None:
    database.add_question("a", name=None)
    database.insert("questions", {"question": "b"})
    database.add_question("c", name="_IDLE_")
    found = [document["question"] for document in database.find("questions", {"name": None})]
    assert found == ["a", "b"]


def test_a_task_and_an_answer_are_found_by_their_mentor_and_question(database: Store) -> None:
    seed(database)
    database.add_answer(SEED_MENTOR_ID, SEED_QUESTION_ID, transcript="x")
    answer = database.answer(SEED_MENTOR_ID, SEED_QUESTION_ID)
    assert answer is not None
    assert answer["transcript"] == "x"
    assert database.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID) is None
