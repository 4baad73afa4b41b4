"""Superseded objects: what is tagged for removal, and what GraphQL still names."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest

from answer_harness import ANSWER, AnswerHarness
from mentor_common.aws.storage import Storage
from mentor_common.errors import DependencyDownError
from mentor_common.transfers.imports import Imports
from mentor_notifier.answers.gateway import Gateway


def picture_of(upload: str) -> str:
    return f"{ANSWER.prefix}{upload}/1/thumbnail.jpg"


def work_with_picture(harness: AnswerHarness) -> str:
    """Accept an upload that gives the mentor's picture, and do its work; return its id."""
    upload = harness.accept(generate_thumbnail=True)
    harness.store(picture_of(upload))
    for kind in ("transcode", "transcribe"):
        harness.work(upload, kind)
    return upload


def shown_by_an_earlier_release(
    harness: AnswerHarness, upload: str, *, recorded: str, picture: str
) -> None:
    """Record whose picture was set, and show another one, as nothing does today."""
    lease = harness.answers.acquire(ANSWER, (upload,))
    assert lease is not None
    harness.answers.record(lease, thumbnail=recorded)
    harness.answers.postpone(lease, due_at=harness.clock.now())
    harness.gateway.update_thumbnail(ANSWER.mentor, picture)


def test_what_is_superseded_is_tagged_and_nothing_else(harness: AnswerHarness) -> None:
    def tagged() -> set[str]:
        return {key.removeprefix(ANSWER.prefix) for key in harness.tagged(ANSWER.prefix)}

    def store(upload: str, claim: int, name: str) -> str:
        harness.store(f"{ANSWER.prefix}{upload}/{claim}/{name}")
        return f"{upload}/{claim}/{name}"

    old = harness.accept()
    harness.work(old, "transcode")
    harness.work(old, "transcribe")
    harness.reconcile(old)
    superseded = {store(old, 1, "web.mp4"), f"{old}/1/en.vtt", f"{old}/1/transcript.json"}
    imports = Imports(harness.table, harness.clock, 60)
    ended, running = str(uuid.uuid4()), str(uuid.uuid4())
    for transfer in (ended, running):
        held = imports.record_intent(transfer, ANSWER.mentor)
        assert held is not None
        if transfer == ended:
            imports.record(held, status="DONE", ended_at=harness.clock.now())
            superseded.add(store(transfer, 1, "web.mp4"))
        else:
            store(transfer, 1, "web.mp4")
    harness.clock.advance(1)
    new = harness.accept()
    harness.work(new, "transcode")
    harness.work(new, "transcribe")
    store(new, 1, "web.mp4")
    superseded.add(store(new, 7, "web.mp4"))  # of a claim that no result names
    store(str(uuid.uuid4()), 0, "en.vtt")  # of an upload that is just being accepted
    harness.storage.put_text(
        "x", harness.bucket, f"videos/{ANSWER.mentor}/{ANSWER.question}/web.mp4"
    )
    harness.reconcile(new)
    assert tagged() == set(), "only what has been read back is settled"
    harness.clock.advance(61)
    harness.sweep()
    assert tagged() == superseded


def test_what_the_old_service_left_under_its_fixed_keys_is_never_tagged(
    harness: AnswerHarness,
) -> None:
    left = [f"{ANSWER.prefix}{name}" for name in ("original.mp4", "web.mp4", "en.vtt")]
    harness.store(*left)
    first = harness.live()
    harness.live()
    harness.read_back()
    assert harness.tagged() >= {f"{ANSWER.prefix}{first}/1/en.vtt"}
    assert harness.tagged().isdisjoint(left)


def test_the_mentors_picture_outlives_the_upload_it_was_made_from(harness: AnswerHarness) -> None:
    upload = work_with_picture(harness)
    harness.reconcile(upload)
    shown_picture = harness.picture
    assert shown_picture == f"mentor/thumbnails/{ANSWER.mentor}/{upload}/1/thumbnail.jpg"
    assert harness.storage.get_text(harness.bucket, shown_picture) == picture_of(upload)
    harness.live()
    harness.read_back()
    assert shown_picture not in harness.tagged("mentor/")
    assert harness.tagged() >= {
        f"{ANSWER.prefix}{upload}/1/{n}" for n in ("en.vtt", "transcript.json")
    }
    assert harness.picture == shown_picture
    assert len(harness.storage.list_keys(harness.bucket, "mentor/thumbnails/")) == 1


def test_a_picture_set_twice_is_one_object_and_one_that_is_gone_fails_nothing(
    harness: AnswerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = work_with_picture(harness)
    switch = Gateway.switch

    def lost(*arguments: Any) -> None:
        assert switch(*arguments), "the picture is set along with the answer"
        raise DependencyDownError("graphql", "no answer in time")

    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "switch", lost)
        with pytest.raises(DependencyDownError):
            harness.reconcile(upload)
    harness.clock.advance(6)
    harness.reconcile(upload)
    assert len(harness.storage.list_keys(harness.bucket, "mentor/thumbnails/")) == 1
    shown_picture = harness.picture
    harness.live(generate_thumbnail=True)
    assert set(harness.shown.values()) == {"DONE"}, "its picture was never stored"
    assert harness.picture == shown_picture


def test_a_picture_is_set_where_an_earlier_release_had_shown_only_the_answer(
    harness: AnswerHarness,
) -> None:
    """It set the picture in a request of its own, before which it may have died."""
    upload = work_with_picture(harness)
    harness.reconcile(upload)
    shown_picture = harness.picture
    earlier = "mentor/thumbnails/earlier.jpg"
    shown_by_an_earlier_release(harness, upload, recorded="an earlier upload", picture=earlier)
    harness.reconcile(upload)
    assert (
        harness.picture
        == shown_picture
        == f"mentor/thumbnails/{ANSWER.mentor}/{upload}/1/thumbnail.jpg"
    )


def test_a_picture_that_an_earlier_release_set_is_never_tagged(harness: AnswerHarness) -> None:
    """It set the upload's own key; mentors that were imported since then share the name."""
    first = harness.accept(generate_thumbnail=True)
    harness.store(picture_of(first))
    shown_by_an_earlier_release(harness, first, recorded=first, picture=picture_of(first))
    for kind in ("transcode", "transcribe"):
        harness.work(first, kind)
    harness.reconcile(first)
    plain = harness.live()
    harness.store(picture_of(plain))
    harness.live()
    harness.read_back()
    assert picture_of(first) not in harness.tagged()
    assert picture_of(plain) in harness.tagged(), "no mentor was ever shown this one"


@pytest.mark.parametrize("where", ["twin", "query", "task", "import"])
def test_what_is_named_elsewhere_than_in_the_answers_media_is_not_tagged(
    harness: AnswerHarness, where: str
) -> None:
    old = harness.live()
    key = f"{ANSWER.prefix}{old}/1/web.webm"
    harness.store(key)
    new = harness.live()
    own = f"{ANSWER.prefix}{new}/1/web.mp4"
    if where == "twin":
        medium = {"type": "video", "tag": "web", "url": own, "transparentVideoUrl": key}
        harness.gateway.update_media(ANSWER, {"webMedia": medium})
    elif where == "query":
        url = f"https://static.example.org/{key}?v=2"
        harness.gateway.update_media(ANSWER, {"mobileMedia": {"type": "video", "url": url}})
    elif where == "task":
        named = {"type": "video", "url": f"{ANSWER.prefix}{new}/1/original.mp4"}
        named["transparentVideoUrl"] = key
        harness.gateway.update_tasks(ANSWER, [{"originalMedia": named}])
    else:
        Imports(harness.table, harness.clock, 60).mark_shared(ANSWER, {key})
    harness.read_back()
    assert key not in harness.tagged()
    assert f"{ANSWER.prefix}{old}/1/transcript.json" in harness.tagged()


def test_what_an_upload_leaves_is_tagged_once_however_often_its_answer_is_recorded_anew(
    harness: AnswerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged: Counter[str] = Counter()
    tag = Storage.tag_superseded

    def count(storage: Storage, bucket: str, key: str) -> None:
        tagged[key] += 1
        tag(storage, bucket, key)

    monkeypatch.setattr(Storage, "tag_superseded", count)
    for _ in range(3):
        harness.live()
        harness.read_back()
    assert set(tagged.values()) == {1}
    late = next(iter(tagged)).replace("/1/", "/2/")  # by a worker that was held up
    harness.store(late)
    harness.live()
    harness.read_back()
    assert late in tagged
    assert harness.tagged(ANSWER.prefix) == set(tagged)
