"""Captions of an edited transcript: aligned, cut, made late, or sent by a person."""

from __future__ import annotations

import uuid

import pytest

from answer_harness import ANSWER, TEXT, VTT, AnswerHarness
from mentor_common.captions import manual_captions_key
from mentor_common.jobs import (
    Reader,
    answer_is_free,
)

CUT = "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nas they were, cut\n"


def accept_aligned(harness: AnswerHarness) -> str:
    """Accept an upload of an edited transcript whose answer has captions but no word timings."""
    folder = f"videos/{ANSWER.mentor}/{ANSWER.question}/{uuid.uuid4()}/0"
    keys = {"align_key": f"{folder}/edited.txt", "captions_key": f"{folder}/en.vtt"}
    harness.storage.put_text("my words", harness.bucket, keys["align_key"])
    harness.storage.put_text(CUT, harness.bucket, keys["captions_key"])
    return harness.accept("edited", keys, has_edited_transcript=True)


@pytest.mark.parametrize(("failed", "shown"), [((), VTT), (("transcribing",), CUT)])
def test_an_edited_upload_waits_for_its_alignment_and_fails_not_with_it(
    harness: AnswerHarness, failed: tuple[str, ...], shown: str
) -> None:
    first = harness.accept()
    for kind in ("transcode", "transcribe"):
        harness.work(first, kind)
    harness.reconcile(first)
    upload = accept_aligned(harness)
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    assert harness.switches() == 1, "not before its captions are known"
    assert "transcribeTask" not in harness.shown
    assert "IN_PROGRESS" in harness.shown.values(), "or the UI would fetch the old answer"
    task = harness.claim(upload, "transcribe")
    harness.finish(upload, "transcribe", task, *failed)
    reader = Reader(harness.table)
    assert not answer_is_free(
        reader.current(ANSWER), reader.upload(upload), reader.answer_state(ANSWER)
    )
    harness.reconcile(upload)
    assert harness.switches() == 2
    assert set(harness.shown.values()) == {"DONE"}
    assert "transcribeTask" not in harness.shown
    answer, document = harness.answer, harness.document
    assert answer is not None
    assert document is not None
    assert upload in answer["webMedia"]["url"]
    assert answer["vttMedia"]["vttText"] == shown
    assert document["vttMedia"]["url"] == answer["vttMedia"]["url"]
    assert answer["transcript"] == TEXT, "never written"
    assert harness.published.ids[-1] == "1.1/answer.ready.v1"


def test_an_alignment_that_nobody_ends_fails_nothing_and_a_cancel_counts(
    harness: AnswerHarness,
) -> None:
    upload = accept_aligned(harness)
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    harness.clock.advance(24 * 3600 + 1)
    harness.reconcile(upload)
    assert set(harness.shown.values()) == {"DONE"}
    assert harness.published.ids == ["1.1/answer.ready.v1"]
    cancelled = accept_aligned(harness)
    harness.work(cancelled, "transcode")
    harness.answers.put_cancel(cancelled, by="user")
    harness.reconcile(cancelled)
    assert "CANCELLED" in harness.shown.values()
    assert harness.switches() == 1


def test_captions_that_an_old_transcriber_made_of_an_edited_transcript_are_not_shown(
    harness: AnswerHarness,
) -> None:
    """Release 0.1 knows no alignment: asked by release 0.2 or 0.3, it recognises the speech."""
    upload = accept_aligned(harness)
    harness.work(upload, "transcode")
    harness.finish(upload, "transcribe", harness.claim(upload, "transcribe"), engine="pocketsphinx")
    harness.reconcile(upload)
    assert harness.answer is not None
    assert upload in harness.answer["webMedia"]["url"]
    assert harness.answer["vttMedia"]["vttText"] == CUT, "the person's, cut to the trim"


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_alignment_that_nobody_begins_keeps_no_video_waiting_and_its_captions_come_late(
    harness: AnswerHarness, by_hand: bool
) -> None:
    """Subscriptions or a transcriber of an older release: no worker takes up the request for it."""
    upload = accept_aligned(harness)
    harness.work(upload, "transcode")
    harness.reconcile(upload)
    harness.clock.advance(29 * 60)
    harness.sweep()
    assert harness.switches() == 0, "the api asks for it again after 15 minutes"
    harness.clock.advance(120)
    harness.sweep()
    assert set(harness.shown.values()) == {"DONE"}
    assert harness.answer is not None
    assert harness.answer["vttMedia"]["vttText"] == CUT
    if by_hand:
        sent = {"type": "subtitles", "tag": "en", "vttText": "by hand"}
        sent["url"] = manual_captions_key(ANSWER.mentor, ANSWER.question, "20260105T120000Z-0a")
        harness.gateway.update_media(ANSWER, {"vttMedia": sent})
    harness.clock.advance(3600)
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    assert harness.answer["vttMedia"]["vttText"] == ("by hand" if by_hand else VTT)
    assert harness.switches() == 1, "nothing else is written again"
    assert harness.published.ids == ["1.1/answer.ready.v1"]
    harness.gateway.update_media(
        ANSWER, {"vttMedia": {**harness.answer["vttMedia"], "vttText": "later"}}
    )
    harness.reconcile(upload)
    assert harness.answer["vttMedia"]["vttText"] == "later", "shown once"


def test_captions_that_a_person_sent_after_the_switch_stay(harness: AnswerHarness) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe")
    harness.reconcile(upload)
    sent = {"type": "subtitles", "tag": "en", "vttText": "by hand"}
    sent["url"] = manual_captions_key(ANSWER.mentor, ANSWER.question, "20260105T120000Z-0a")
    harness.gateway.update_media(ANSWER, {"vttMedia": sent})
    for _ in range(2):
        harness.clock.advance(61)
        harness.sweep()
    assert harness.answer is not None
    assert harness.answer["vttMedia"]["vttText"] == "by hand"
