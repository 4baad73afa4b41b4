"""The owner of each field of an answer: what the read-back may write over, and what stays."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_notifier.answers.field_ownership import (
    Earlier,
    begun_but_not_applied,
    owners,
    select_fields,
    sha256_of,
    values,
)

PREFIX = f"videos/{1:024x}/{2:024x}/"
NEW, OLD, OTHER = (f"{letter * 8}-0000-5000-8000-000000000000" for letter in "abc")
BASE = "https://static.example.org/"
WANTED: dict[str, Any] = {
    "webMedia": {"url": f"{PREFIX}{NEW}/2/web.mp4"},
    "mobileMedia": {"url": f"{PREFIX}{NEW}/2/mobile.mp4"},
    "vttMedia": {"url": f"{PREFIX}{NEW}/1/en.vtt"},
    "transcript": "new words",
}


def answer(upload: str, text: str = "", claim: int = 2) -> dict[str, Any]:
    """Return an answer that shows an upload, as GraphQL does."""
    folder = f"{BASE}{PREFIX}{upload}"
    return {
        "webMedia": {"url": f"{folder}/{claim}/web.mp4", "needsTransfer": False},
        "mobileMedia": {"url": f"{folder}/{claim}/mobile.mp4", "needsTransfer": False},
        "vttMedia": {"url": f"{folder}/1/en.vtt", "needsTransfer": False},
        "markdownTranscript": text,
        "hasEditedTranscript": False,
    }


def earlier(*states: Any) -> Earlier:
    texts = {OLD: frozenset({sha256_of("old words")}), NEW: frozenset[str]()}
    return Earlier(states, PREFIX, texts)


BEFORE = {**answer(OTHER, "words before"), "webMedia": {"url": f"{BASE}old/web.mp4"}}
KNOWN = earlier(values(BEFORE, WANTED))


def web(url: str, **more: Any) -> dict[str, Any]:
    return {**answer(NEW, "new words"), "webMedia": {"url": url, **more}}


@pytest.mark.parametrize(
    ("shown", "owner"),
    [
        (f"{BASE}{PREFIX}{NEW}/2/web.mp4", "upload"),
        (f"{PREFIX}{NEW}/2/web.mp4", "upload"),
        (f"{BASE}{PREFIX}{NEW}/2/web.mp4?v=7", "upload"),
        (f"{BASE}{PREFIX}{NEW}/1/web.mp4", "earlier"),
        (f"{BASE}{PREFIX}{OLD}/1/web.webm", "earlier"),
        (f"{BASE}old/web.mp4", "earlier"),
        (f"{BASE}old/web.mp4?v=2", "other"),
        (f"{BASE}{PREFIX}{OLD}/1/web.mp4?v=2", "other"),
        (f"{BASE}{PREFIX}{OLD}/1/original.mp4", "other"),
        (f"{BASE}{PREFIX}{OLD}/1/mobile.mp4", "other"),
        (f"{BASE}{PREFIX}{OTHER}/1/web.mp4", "other"),
        (f"{BASE}videos/{3:024x}/{2:024x}/{OLD}/1/web.mp4", "other"),
        ("https://elsewhere.example.org/web.mp4", "other"),
        ("", "other"),
    ],
)
def test_a_medium_is_the_uploads_an_earlier_ones_or_somebodys(shown: str, owner: str) -> None:
    found = owners(web(shown), WANTED, KNOWN)
    assert found["webMedia"] == owner
    assert {found[name] for name in found if name != "webMedia"} == {"upload"}


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        (f"{OLD}/1/en.vtt", "earlier"),
        (f"{OLD}/1/es.vtt", "earlier"),
        (f"{OLD}/1/yue.vtt", "earlier"),
        (f"{OLD}/1/mine.vtt", "other"),
        (f"{OTHER}/1/es.vtt", "other"),
        ("captions/20260105/en.vtt", "other"),
    ],
)
def test_captions_of_any_language_are_known_as_an_earlier_uploads(file: str, owner: str) -> None:
    shown = {**answer(NEW, "new words"), "vttMedia": {"url": f"{BASE}{PREFIX}{file}"}}
    assert owners(shown, WANTED, KNOWN)["vttMedia"] == owner


def test_what_an_import_marks_is_somebodys_also_at_an_earlier_address() -> None:
    for url in (f"{BASE}old/web.mp4", f"{BASE}{PREFIX}{OLD}/1/web.mp4"):
        assert owners(web(url, needsTransfer=True), WANTED, KNOWN)["webMedia"] == "other"


def test_that_a_medium_lies_elsewhere_may_be_forgotten_of_what_stood_before() -> None:
    """``mediaUpdate`` does not compute it, ``uploadAnswer`` does."""
    url = "https://elsewhere.example.org/before.mp4"
    known = earlier(values(web(url, needsTransfer=True), WANTED))
    for marked in (True, False):
        assert owners(web(url, needsTransfer=marked), WANTED, known)["webMedia"] == "earlier"


def test_null_is_as_before_only_where_it_was_null() -> None:
    shown = {**answer(NEW, "new words"), "webMedia": None}
    assert owners(shown, WANTED, KNOWN)["webMedia"] == "other"
    assert owners(shown, WANTED, earlier(values({}, WANTED)))["webMedia"] == "earlier"
    assert owners(shown, WANTED, earlier(values(None, WANTED)))["webMedia"] == "earlier"


@pytest.mark.parametrize(
    ("text", "edited", "owner"),
    [
        ("new words", False, "upload"),
        ("words before", False, "earlier"),
        ("words before", True, "other"),
        ("old words", False, "other"),
        ("", False, "other"),
        ("my own words", False, "other"),
    ],
)
def test_a_transcript_is_known_by_its_words_and_its_mark(
    text: str, edited: bool, owner: str
) -> None:
    shown = {**answer(NEW, text), "hasEditedTranscript": edited}
    assert owners(shown, WANTED, KNOWN)["transcript"] == owner


def test_an_older_uploads_transcript_is_late_where_its_media_are() -> None:
    assert set(owners(answer(OLD, "old words"), WANTED, earlier()).values()) == {"earlier"}
    assert owners(answer(OLD, "my words"), WANTED, earlier())["transcript"] == "other"


def test_text_beside_somebody_elses_videos_is_theirs() -> None:
    theirs = {"url": "https://elsewhere.example.org/x.mp4"}
    shown = {**BEFORE, "webMedia": theirs, "mobileMedia": theirs}
    assert set(owners(shown, WANTED, KNOWN).values()) == {"other"}
    assert owners({**shown, "mobileMedia": BEFORE["mobileMedia"]}, WANTED, KNOWN) == {
        "webMedia": "other",
        "mobileMedia": "earlier",
        "vttMedia": "earlier",
        "transcript": "earlier",
    }


def test_a_switch_was_not_applied_where_any_field_stands_as_before() -> None:
    before = values(BEFORE, WANTED)
    assert begun_but_not_applied(BEFORE, WANTED, before)
    theirs = {"url": "https://elsewhere.example.org/x.mp4"}
    assert begun_but_not_applied({**BEFORE, "webMedia": theirs}, WANTED, before)
    assert not begun_but_not_applied(answer(NEW, "new words"), WANTED, before)
    assert not begun_but_not_applied(
        {**answer(NEW, "new words"), "webMedia": theirs}, WANTED, before
    )
    half_undone = {**answer(NEW, "new words"), "mobileMedia": BEFORE["mobileMedia"]}
    assert not begun_but_not_applied({**half_undone, "webMedia": theirs}, WANTED, before)
    unchanged = values(answer(NEW, "new words"), WANTED)
    assert not begun_but_not_applied(answer(NEW, "new words"), WANTED, unchanged)


def test_what_goes_with_a_field_is_written_with_it() -> None:
    content = {**WANTED, "hasEditedTranscript": False, "externalVideoIds": {"wistiaId": "w"}}
    assert set(select_fields(content, ["transcript"])) == {"transcript", "hasEditedTranscript"}
    assert set(select_fields(content, ["webMedia"])) == {"webMedia", "externalVideoIds"}
    assert select_fields(content, []) == {}
