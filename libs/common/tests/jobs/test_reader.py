"""Reads of several uploads at once."""

from __future__ import annotations

from typing import Any

from mentor_common.jobs import AnswerKey, Reader, Table, Upload
from mentor_common.jobs.model import upload_pk
from simulation.memory import items_in_memory, table_in_memory
from upload_items import job, task

IDS = [f"{number:08x}-91ab-53c9-bf6e-2e34b3f95dd8" for number in range(20)]
ANSWER = AnswerKey("a" * 24, "b" * 24)


class Calls:
    """A client that notes what it is asked."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.made: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.made.append(name)
        return getattr(self._client, name)


def stored(*uploads: str, **tasks: Any) -> tuple[Reader, Calls, Table]:
    """Return a reader of a table with uploads, and the calls it makes."""
    items = items_in_memory()
    table = table_in_memory(items)
    for upload_id in uploads:
        table.overwrite(upload_pk(upload_id), "JOB", job(upload_id=upload_id).item())
        for kind, made in tasks.items():
            table.overwrite(upload_pk(upload_id), f"TASK#{kind}", made.item())
    process: Any = None
    calls = Calls(items.client(process))
    return Reader(Table("jobs", "us-east-1", calls)), calls, table


def ids(uploads: Any) -> list[str]:
    return [upload.upload_id for upload in uploads]


def test_twenty_uploads_take_one_call() -> None:
    reader, calls, _ = stored(*IDS, transcode=task())
    found: list[Upload] = list(reader.uploads(IDS[::-1]))
    assert ids(found) == IDS[::-1]
    assert calls.made == ["batch_get_item"]
    assert found == [reader.upload(upload_id) for upload_id in IDS[::-1]]


def test_an_upload_in_later_attempts_is_read_whole() -> None:
    reader, calls, table = stored(*IDS[:2])
    table.overwrite(upload_pk(IDS[0]), "TASK#transcode", task(attempt=2).item())
    ended = {"kind": "failed", "said": True, "at": 1.0}
    table.overwrite(upload_pk(IDS[0]), "OUTCOME#2.1", ended)
    assert list(reader.uploads(IDS[:2])) == [reader.upload(upload_id) for upload_id in IDS[:2]]
    assert calls.made[:2] == ["batch_get_item", "query"]


def test_uploads_that_are_not_there_or_cannot_be_read_are_left_out() -> None:
    reader, _, table = stored(*IDS[:2])
    table.overwrite(upload_pk(IDS[0]), "CANCEL", {"by": 1})
    assert ids(reader.uploads(IDS[:3])) == [IDS[1]]
    assert list(reader.uploads([])) == []


def test_states_of_answers_that_cannot_be_read_are_left_out() -> None:
    reader, calls, table = stored()
    other, none = AnswerKey("a" * 24, "c" * 24), AnswerKey("a" * 24, "d" * 24)
    state = {"mentor": ANSWER.mentor, "question": ANSWER.question}
    table.overwrite(ANSWER.pk, "NOTIFY", state)
    table.overwrite(other.pk, "NOTIFY", state | {"switched": 1})
    found = reader.answer_states([ANSWER, other, none])
    assert list(found) == [ANSWER, none]
    assert found[ANSWER] is not None
    assert found[none] is None
    assert calls.made == ["batch_get_item"]
