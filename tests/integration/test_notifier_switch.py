"""The switch: an answer shows an upload whole, once, and only when all is done."""

from __future__ import annotations

import itertools

import pytest

from answer_harness import ANSWER, TEXT, VTT, AnswerHarness
from mentor_common.jobs import (
    Reader,
    answer_is_free,
)


def test_the_answer_switches_once_when_all_is_done(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.reconcile(upload)
    assert set(harness.shown.values()) == {"QUEUED"}
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    assert harness.shown["transcodeWebTask"] == "DONE"
    assert harness.document is not None
    assert harness.document["webMedia"]["url"].endswith("web.mp4"), "shown as it becomes ready"
    assert harness.switches() == 0, "until all is done the old answer stays"
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.switches() == 1
    assert set(harness.shown.values()) == {"DONE"}
    assert harness.document["originalMedia"]["url"].endswith("original.mp4")
    answer = harness.answer
    assert answer is not None
    assert answer["transcript"] == TEXT
    assert answer["hasEditedTranscript"] is False
    assert answer["vttMedia"]["vttText"] == VTT
    assert answer["webMedia"]["duration"] == 2000
    assert harness.published.ids == ["1.1/answer.ready.v1"]


def test_switch_and_outcome_come_before_the_last_done(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    order = [record.mutation for record in harness.graphql.store.write_log()]
    assert order[:2] == ["uploadTaskUpdate", "uploadAnswer"]
    assert set(order[2:]) == {"uploadTaskStatusUpdate"}
    reader = Reader(harness.table)
    found = reader.upload(upload)
    assert found.outcome is not None
    assert found.outcome.said
    assert answer_is_free(reader.current(ANSWER), found, reader.answer_state(ANSWER))


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_events_in_any_order_and_thrice_end_the_same(harness: AnswerHarness, order: str) -> None:
    upload = harness.accept()
    work = {"b": "transcode", "c": "transcribe"}
    for step in order:
        if step in work:
            harness.work(upload, work[step])
        for _ in range(3):
            harness.reconcile(upload)
    assert harness.switches() == 1
    assert set(harness.shown.values()) == {"DONE"}
    assert harness.published.ids == ["1.1/answer.ready.v1"]
    writes = len(harness.graphql.store.write_log())
    harness.reconcile(upload)
    assert len(harness.graphql.store.write_log()) == writes, "what is equal is not written again"


def test_a_failed_rendition_switches_nothing_and_names_its_task(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode", "transcoding-mobile")
    harness.reconcile(upload)
    assert harness.switches() == 0
    assert harness.shown["transcodeMobileTask"] == "FAILED"
    assert harness.shown["transcodeWebTask"] == "DONE"
    assert harness.published.ids == ["1.1/answer.failed.v1"]
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.shown["transcribeTask"] == "DONE", "transcription runs to its end"
    assert harness.switches() == 0
    assert len(harness.published.ids) == 1


def test_failed_captions_let_the_video_go_live_with_empty_text(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe", "transcribing")
    harness.reconcile(upload)
    assert harness.switches() == 1
    assert harness.answer is not None
    assert harness.answer["transcript"] == ""
    assert harness.answer["webMedia"]["url"].endswith("web.mp4")
    assert harness.shown["transcribeTask"] == "FAILED"
    last = harness.graphql.store.write_log()[-1]
    assert "FAILED" in str(last.args), "FAILED is written last"
    assert harness.published.events[0].data.model_dump()["code"] == "captions"


def test_redriven_upload_is_completed_without_a_document(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe", "transcribing")
    harness.reconcile(upload)
    harness.delete_document()
    again = harness.claim(upload, "transcribe", redriven=1)
    harness.finish(upload, "transcribe", again)
    harness.reconcile(upload)
    assert harness.answer is not None
    assert harness.answer["transcript"] == TEXT
    assert harness.document is None, "nothing is re-created"
    assert harness.published.ids == ["1.1/answer.failed.v1", "1.2/answer.ready.v1"]


def test_a_transcript_that_a_person_changed_meanwhile_stays(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.gateway.switch(ANSWER, {"transcript": "my own words"})
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.answer is not None
    assert harness.answer["transcript"] == "my own words"
    assert harness.answer["webMedia"]["url"].endswith("web.mp4")
    captions = harness.answer.get("vttMedia")
    harness.clock.advance(61)
    harness.sweep()
    assert harness.answer["transcript"] == "my own words"
    assert harness.answer.get("vttMedia") == captions, "reading back must not undo it either"
