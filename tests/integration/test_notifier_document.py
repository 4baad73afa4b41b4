"""The document: what the UI polls, while others delete it or write it late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from answer_harness import ANSWER, TEXT, AnswerHarness
from mentor_common.jobs import (
    SUB_TASK_FIELDS,
    AnswerKey,
    Intake,
    Reader,
    task_id_of,
    upload_id_of,
)

if TYPE_CHECKING:
    from mentor_notifier.answers.gateway import Gateway


def test_document_deleted_in_the_middle_changes_nothing_and_is_shown_again(
    harness: AnswerHarness,
) -> None:
    """A tab that still polls would wait for ever; a document of a finished upload would too."""
    upload = harness.accept()
    harness.reconcile(upload)
    harness.delete_document()
    harness.clock.advance(16)
    harness.sweep()
    assert set(harness.shown.values()) == {"QUEUED"}
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    harness.delete_document()
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.switches() == 1
    assert set(harness.shown.values()) == {"DONE"}
    document = harness.document
    assert document is not None
    assert document["transcript"] == TEXT
    media = {"originalMedia", "webMedia", "mobileMedia", "vttMedia"}
    assert all(document[name]["url"] for name in media)
    harness.delete_document()
    for _ in range(2):
        harness.reconcile(upload)
        harness.clock.advance(61)
        harness.sweep()
    assert harness.document is None, "its end was shown"


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after its end"])
def test_a_document_that_a_late_write_put_in_the_place_of_the_newest_is_put_right(
    harness: AnswerHarness, *, ended: bool
) -> None:
    """A notifier of the older upload wrote it anew, too late: the newest is shown again."""
    old = harness.accept()
    harness.reconcile(old)
    late = harness.document
    assert late is not None
    harness.work(old, "transcode", "transcoding-web")
    harness.reconcile(old)
    new = harness.accept()
    for kind in ("transcode", "transcribe") if ended else ():
        harness.work(new, kind)
    harness.reconcile(new)
    if ended:
        harness.delete_document()
    names = (*SUB_TASK_FIELDS.values(), "transcript", "originalMedia", "webMedia", "mobileMedia")
    harness.gateway_create({name: late[name] for name in names})
    harness.reconcile(new)
    assert harness.document is not None
    shown = harness.document["transcodeWebTask"]
    assert shown["task_id"] == task_id_of(new, "transcoding-web")
    assert set(harness.shown.values()) == {"DONE" if ended else "QUEUED"}


def test_a_document_that_vanishes_after_it_was_observed_is_written_whole(
    harness: AnswerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode", "transcoding-web")
    gateway = harness.gateway
    read = type(gateway).read

    def read_and_lose(gateway: Gateway, answer: AnswerKey) -> Any:
        found = read(gateway, answer)
        if found.document is not None:
            harness.delete_document()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(type(gateway), "read", read_and_lose)
        harness.reconcile(upload)
    assert harness.shown["transcodeWebTask"] == "FAILED", "the tab sees how it ended"
    harness.delete_document()
    harness.reconcile(upload)
    assert harness.document is None


def test_late_events_of_an_old_upload_change_nothing(harness: AnswerHarness) -> None:
    old = harness.accept()
    task = harness.claim(old, "transcribe")
    harness.work(old, "transcode", "transcoding-web")
    harness.reconcile(old)
    new = harness.accept()
    harness.reconcile(new)
    before = (harness.document, len(harness.graphql.store.write_log()))
    harness.finish(old, "transcribe", task)
    harness.reconcile(old)
    assert (harness.document, len(harness.graphql.store.write_log())) == before
    assert Reader(harness.table).validity(old, ANSWER) == "superseded"


def test_cancel_set_outside_stops_and_is_shown(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.reconcile(upload)
    name = "transcoding-web"
    status = {
        "transcodeWebTask": {
            "task_name": name,
            "task_id": task_id_of(upload, name),
            "status": "CANCELLING",
        }
    }
    harness.gateway.update_tasks(ANSWER, [status])
    harness.clock.advance(16)
    harness.sweep()
    assert set(harness.shown.values()) == {"CANCELLED"}
    assert Reader(harness.table).validity(upload, ANSWER) == "cancelled"
    assert harness.published.ids == []


def test_a_task_that_ends_after_the_cancel_stays_cancelled(harness: AnswerHarness) -> None:
    """Found by chaos-live: CANCELLED became DONE."""
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.answers.put_cancel(upload, "test")
    harness.reconcile(upload)
    assert harness.shown["transcribeTask"] == "CANCELLED"
    assert harness.shown["transcodeWebTask"] == "DONE"
    harness.clock.advance(5)
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.shown["transcribeTask"] == "CANCELLED"


def test_a_document_that_late_writes_of_the_predecessor_have_changed_whole_is_repaired(
    harness: AnswerHarness,
) -> None:
    """Found by the state machine: the UI waited for ever on tasks of an upload that was over."""
    first = harness.accept()
    for kind in ("transcode", "transcribe"):
        harness.work(first, kind)
    harness.reconcile(first)
    second = harness.accept()
    for name, field in SUB_TASK_FIELDS.items():
        late = {"task_name": name, "task_id": task_id_of(first, name), "status": "IN_PROGRESS"}
        harness.gateway.update_tasks(ANSWER, [{field: late}])
    for kind in ("transcode", "transcribe"):
        harness.work(second, kind)
    harness.reconcile(second)
    document = harness.document
    assert document is not None
    assert {document[field]["task_id"] for field in SUB_TASK_FIELDS.values()} == {
        task_id_of(second, name) for name in SUB_TASK_FIELDS
    }
    assert set(harness.shown.values()) == {"DONE"}


def test_a_newer_upload_that_is_being_accepted_defers_what_is_shown(harness: AnswerHarness) -> None:
    old = harness.accept()
    harness.work(old, "transcode", "transcoding-web")
    harness.reconcile(old)
    writes = len(harness.graphql.store.write_log())
    job = Reader(harness.table).upload(old).job
    assert job is not None
    new = job.model_copy(update={"upload_id": upload_id_of("u/new"), "status": "PREPARING"})
    Intake(harness.table, harness.clock).prepare(new)
    harness.work(old, "transcribe")
    harness.reconcile(old)
    assert len(harness.graphql.store.write_log()) == writes
    assert Reader(harness.table).validity(old, ANSWER) == "undecided"


def test_every_write_carries_the_whole_task(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.claim(upload, "transcribe")
    harness.reconcile(upload)
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    writes = harness.graphql.store.write_log("uploadTaskStatusUpdate")
    infos = [
        info
        for record in writes
        for field, info in record.args["uploadTaskStatusInput"].items()
        if field in SUB_TASK_FIELDS.values()
    ]
    assert infos
    assert all({"task_name", "task_id", "status"} <= set(info) for info in infos)
    assert all(info["task_id"] == task_id_of(upload, info["task_name"]) for info in infos)
    assert {record.caller for record in writes} == {"service"}
