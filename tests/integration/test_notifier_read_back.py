"""Reading back: late writes are undone, and what another writer wrote stays."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from answer_harness import ANSWER, TEXT, AnswerHarness, content_of, medium, no_answer
from mentor_common.captions import manual_captions_key
from mentor_common.errors import DependencyDownError
from mentor_common.jobs import (
    SUB_TASK_FIELDS,
    AnswerKey,
    Write,
    task_id_of,
)
from mentor_notifier.answers.gateway import Gateway


def test_read_back_repairs_what_a_late_write_undid(harness: AnswerHarness) -> None:
    harness.live()
    before = harness.answer
    assert before is not None
    new = harness.live()
    harness.gateway.switch(ANSWER, content_of(before))
    harness.read_back()
    for field in ("webMedia", "mobileMedia", "vttMedia"):
        assert f"/{new}/" in harness.url(field)
    for _ in range(2):
        harness.read_back()
    assert harness.answers.due() == [], "read back until equal, then left alone"


def test_a_write_without_an_answer_is_read_back_also_where_nothing_was_left_to_write(
    harness: AnswerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the state machine: GraphQL applied it after all, and the UI waited for ever."""
    upload = harness.accept()
    harness.claim(upload, "transcode")
    gateway = harness.gateway

    with monkeypatch.context() as patch:
        patch.setattr(type(gateway), "update_tasks", no_answer)
        with pytest.raises(DependencyDownError):
            harness.reconcile(upload)

    def set_status(name: str, status: str) -> None:
        task = {"task_name": name, "task_id": task_id_of(upload, name), "status": status}
        gateway.update_tasks(ANSWER, [{SUB_TASK_FIELDS[name]: task}])

    shown = [name for name, field in SUB_TASK_FIELDS.items() if field in harness.shown]
    for name in shown:
        set_status(name, "CANCELLED")
    harness.reconcile(upload)
    set_status("transcoding-web", "IN_PROGRESS")  # the write that got no answer arrives
    harness.clock.advance(61)
    harness.sweep()
    assert set(harness.shown.values()) == {"CANCELLED"}


TRANSFER = f"{ANSWER.prefix}{uuid.uuid4()}/1"


OTHERS: dict[str, dict[str, Any]] = {
    "the end of a transfer": {
        "webMedia": medium(f"{TRANSFER}/web.mp4"),
        "mobileMedia": medium(f"{TRANSFER}/mobile.mp4"),
        "vttMedia": medium(f"{TRANSFER}/en.vtt", "subtitles"),
        "transcript": "what the exported mentor says",
    },
    "the UI's new address": {
        "webMedia": medium("https://elsewhere.example.org/mine.mp4"),
        "mobileMedia": medium("https://elsewhere.example.org/mine.mp4"),
    },
    "one video of two": {"mobileMedia": medium("https://elsewhere.example.org/mine.mp4")},
    "a wipe": {"webMedia": medium(""), "mobileMedia": medium("")},
    "a null": {"vttMedia": None},
    "another file of an older upload": {"webMedia": medium("{old}/1/original.mp4")},
    "an address with a query": {"webMedia": medium("https://s.example.org/{old}/1/web.mp4?v=2")},
    "captions by hand": {"vttMedia": medium(f"{ANSWER.prefix}captions/20260105/en.vtt")},
    "a transcript": {"transcript": "my own words", "hasEditedTranscript": True},
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_somebody_wrote_within_the_minute_after_ready_stays(
    harness: AnswerHarness, what: str
) -> None:
    old = harness.live()
    harness.live()
    written = {
        field: value | {"url": value["url"].replace("{old}", f"{ANSWER.prefix}{old}")}
        if isinstance(value, dict)
        else value
        for field, value in OTHERS[what].items()
    }
    harness.gateway.switch(ANSWER, written)
    after = harness.answer
    for _ in range(2):
        harness.read_back()
    assert harness.answer == after


def test_an_import_that_brings_back_what_was_shown_before_stays(harness: AnswerHarness) -> None:
    """The mentor's own export of yesterday: its media are marked until they are copied."""
    old = harness.live()
    harness.live()
    harness.graphql.store.change(
        "answers",
        {"mentor": ANSWER.mentor, "question": ANSWER.question},
        {
            "webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4") | {"needsTransfer": True},
            "mobileMedia": medium(f"{ANSWER.prefix}{old}/1/mobile.mp4") | {"needsTransfer": True},
            "transcript": "",
        },
    )
    after = harness.answer
    harness.read_back()
    assert harness.answer == after


def test_only_what_a_late_write_undid_is_repaired_beside_what_somebody_wrote(
    harness: AnswerHarness,
) -> None:
    old = harness.live()
    new = harness.live()
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    harness.gateway.update_media(
        ANSWER, {"webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4"), "mobileMedia": theirs}
    )
    harness.read_back()
    assert f"/{new}/" in harness.url("webMedia")
    assert harness.url("mobileMedia") == theirs["url"]


def test_a_late_write_of_an_upload_before_the_last_is_repaired_with_its_transcript(
    harness: AnswerHarness,
) -> None:
    harness.text = "the words of the oldest"
    harness.live()
    oldest = harness.answer
    assert oldest is not None
    harness.text = "the words of the one between"
    harness.live()
    harness.text = TEXT
    new = harness.live()
    harness.gateway.switch(ANSWER, content_of(oldest))
    harness.read_back()
    assert harness.answer is not None
    assert harness.answer["transcript"] == TEXT
    assert f"/{new}/" in harness.url("webMedia")


def test_an_item_of_an_earlier_release_repairs_only_a_late_write_of_an_older_upload(
    harness: AnswerHarness,
) -> None:
    old = harness.live()
    before = harness.answer
    assert before is not None
    new = harness.live()
    harness.table.write(Write(ANSWER.pk, "NOTIFY", update="REMOVE #before"))
    late = {"webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4"), "transcript": "old words"}
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    harness.gateway.switch(ANSWER, late | {"mobileMedia": theirs})
    harness.read_back()
    assert f"/{new}/" in harness.url("webMedia")
    assert harness.url("mobileMedia") == theirs["url"]
    assert harness.answer is not None
    assert harness.answer["transcript"] == "old words"


@pytest.mark.parametrize("applied", [True, False])
def test_a_switch_whose_answer_got_lost_is_repeated_only_where_it_was_not_applied(
    harness: AnswerHarness, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    """A notifier dies over its switch; before another takes over, the UI changes an address."""
    harness.live()
    upload = harness.accept()
    for kind in ("transcode", "transcribe"):
        harness.work(upload, kind)
    switch = Gateway.switch

    def lost(
        gateway: Gateway, answer: AnswerKey, content: dict[str, Any], _picture: str | None
    ) -> None:
        if applied:
            switch(gateway, answer, content)
        raise DependencyDownError("graphql", "no answer in time")

    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "switch", lost)
        with pytest.raises(DependencyDownError):
            harness.reconcile(upload)
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    harness.gateway.update_media(ANSWER, {"mobileMedia": theirs})
    for _ in range(2):
        harness.read_back()
    assert f"/{upload}/" in harness.url("webMedia")
    assert harness.answer is not None
    assert harness.answer["transcript"] == TEXT
    assert (harness.url("mobileMedia") == theirs["url"]) == applied
    assert set(harness.shown.values()) == {"DONE"}


@pytest.mark.parametrize("what", ["nothing", "captions", "transfer"])
def test_a_redrive_of_captions_leaves_what_somebody_wrote_since_the_video_went_live(
    harness: AnswerHarness, what: str
) -> None:
    upload = harness.accept()
    harness.work(upload, "transcode")
    harness.work(upload, "transcribe", "transcribing")
    harness.reconcile(upload)
    by_hand = medium(manual_captions_key(ANSWER.mentor, ANSWER.question, "20260105"), "subtitles")
    if what == "captions":
        harness.gateway.update_media(ANSWER, {"vttMedia": by_hand})
    elif what == "transfer":
        harness.gateway.switch(ANSWER, OTHERS["the end of a transfer"])
    after = harness.answer
    assert after is not None
    again = harness.claim(upload, "transcribe", redriven=1)
    harness.finish(upload, "transcribe", again)
    harness.reconcile(upload)
    harness.read_back()
    assert harness.published.ids[-1] == "1.2/answer.ready.v1"
    assert harness.answer is not None
    if what == "transfer":
        assert harness.answer == after
        return
    assert harness.answer["transcript"] == TEXT
    expected = by_hand["url"] if what == "captions" else f"{ANSWER.prefix}{upload}/2/en.vtt"
    assert harness.url("vttMedia") == expected
