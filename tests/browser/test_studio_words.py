"""Transcript and captions edited in the studio, on the whole stack."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from mentor_common.captions import (
    Word,
    cues_from_words,
    format_vtt,
    join_words,
    parse_vtt,
    timing_of,
)
from mentor_common.jobs import Reader, Table, Write
from mentor_common.jobs.model import upload_pk
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Page

    from browsing import StudioPage
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

REWRITE = """mutation Rewrite($mentor: ID!, $answers: [UploadAnswersType]!) {
  api { updateAnswers(mentorId: $mentor, answers: $answers) }
}"""
BUCKET = "mentor-upload-local-static-000000000000"
SPOKEN = "I sailed on the ketch, and my father taught me knots."
CORRECTED = "I sailed on the sketch, and our father taught me knots."
DOUBTFUL = ".marks .doubtful"
VIDEO = "document.querySelector('.workspace video')"
FIRST_S, WORD_S = 0.2, 0.25  # the video lasts 3.5 seconds
LOOK_OF_LINE = "word => getComputedStyle(word).textDecorationStyle"
SELECTED = """(() => {
  const { value, selectionStart, selectionEnd } = document.activeElement;
  return value.slice(selectionStart, selectionEnd);
})()"""


def timed(text: str, doubtful: Sequence[str] = ()) -> list[Word]:
    """Return the words of a text with times and confidences as of a recogniser."""
    return [
        Word(each, at, at + WORD_S, 0.43 if each in doubtful else 0.97)
        for n, each in enumerate(text.split())
        for at in [FIRST_S + n * WORD_S]
    ]


@dataclass(frozen=True)
class Answered:
    """A finished answer whose transcript a test replaces."""

    running: RunningStack
    question: str
    upload_id: str

    def recognise(
        self, words: Sequence[Word], *, language: str = "en", engine: str = "whisper"
    ) -> None:
        """Store words and captions as if the transcriber had recognised them."""
        document = {
            "version": 1,
            "engine": engine,
            "language": language,
            "duration": 6.0,
            "text": join_words(words),
            "words": [timing_of(word) for word in words],
        }
        self._put(
            self.running.ui.status(self.upload_id)["urls"]["transcript"], json.dumps(document)
        )
        captions = format_vtt(cues_from_words(words, language))
        self.rewrite(join_words(words), captions, edited=False)
        table = self._table()
        task = Reader(table).upload(self.upload_id).transcribe
        assert task is not None
        changed = task.model_copy(update={"facts": {"engine": engine, "language": language}})
        table.write(Write(upload_pk(self.upload_id), "TASK#transcribe", put=changed.item()))

    def shown(self) -> dict[str, Any]:
        """Return the answer as the world sees it."""
        answer = self.running.answer(self.question)
        assert answer is not None
        return answer

    def rewrite(self, transcript: str, captions: str, *, edited: bool) -> None:
        """Write transcript and captions as another client does."""
        changed = {
            "questionId": self.question,
            "transcript": transcript,
            "hasEditedTranscript": edited,
            "vttMedia": {
                "type": "subtitles",
                "tag": "en",
                "url": f"videos/{secrets.token_hex(4)}.vtt",
                "vttText": captions,
            },
        }
        mentor = self.running.endpoints["mentor"]
        self.running.ui.query(REWRITE, {"mentor": mentor, "answers": [changed]})

    def _put(self, url: str, text: str) -> None:
        key = url.removeprefix(self.running.endpoints["static"]).lstrip("/")
        self.running.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())

    def _table(self) -> Table:
        region = self.running.endpoints["aws_region"]
        return Table("mentor-upload-local-jobs", region, self.running.client("dynamodb"))


@pytest.fixture(scope="module")
def answered(
    running: RunningStack, new_question: Callable[[str], str], clip: Callable[[str], Path]
) -> Answered:
    """One answer for all tests here."""
    question = new_question("מה למדת? What did you learn?")
    body = running.body(question)
    upload_id = str(running.ui.upload(clip("spoken.mp4"), body)["upload_id"])
    assert running.finish(upload_id)["state"] == "READY"
    return Answered(running, question, upload_id)


@pytest.fixture
def read(answered: Answered, studio: Callable[..., StudioPage]) -> Callable[[], StudioPage]:
    """Return a function that opens the answer, in a browser that has seen nothing yet."""

    def opened() -> StudioPage:
        here = studio()
        here.sign_in()
        here.open(answered.question)
        here.step("ready")
        here.page.locator(".cue").first.wait_for()
        return here

    return opened


def texts_of(page: Page) -> list[str]:
    """Return what the captions' fields hold, a line each."""
    return [
        " ".join(text.split())
        for text in page.locator(".cue textarea").evaluate_all("all => all.map(one => one.value)")
    ]


def test_words_are_checked_corrected_and_saved_as_captions_and_transcript(
    answered: Answered, read: Callable[[], StudioPage], keep: Keep
) -> None:
    answered.recognise(timed(SPOKEN, ["ketch,", "knots."]))
    here = read()
    page = here.page
    assert " ".join(texts_of(page)) == SPOKEN
    hear_the_doubtful(here)
    keep(page, "studio-words-to-check")
    page.keyboard.type("sketch,")
    expect(page.locator(DOUBTFUL)).to_have_text(["knots."])
    here.says("1 word to check")
    divide_and_undo(here)
    replace(here, keep)
    page.reload()
    here.says("Your changes are still here")
    assert " ".join(texts_of(page)) == CORRECTED
    here.press("Discard them")
    expect(page.locator(DOUBTFUL)).to_have_text(["ketch,", "knots."])
    assert " ".join(texts_of(page)) == SPOKEN
    here.press("Undo")
    expect(page.locator(DOUBTFUL)).to_have_text(["knots."])
    assert " ".join(texts_of(page)) == CORRECTED
    save_over_another(here, answered)
    shown = answered.shown()
    assert shown["transcript"] == CORRECTED
    captions = parse_vtt(shown["vttMedia"]["vttText"])
    assert " ".join(" ".join(cue.text.split()) for cue in captions) == CORRECTED
    with page.expect_download() as downloading:
        here.press("SRT")
    assert downloading.value.suggested_filename.endswith(".en.srt")
    subtitles = Path(downloading.value.path()).read_text(encoding="utf-8")
    assert subtitles.startswith("1\n00:00:00,200 --> 00:00:0")

    page.reload()
    page.locator(DOUBTFUL).first.wait_for()
    assert page.locator(DOUBTFUL).all_inner_texts() == ["knots."]
    assert " ".join(texts_of(page)) == CORRECTED
    page.locator(".cue textarea").first.focus()
    begins = page.get_by_role("spinbutton", name="Starts")
    begins.press("ArrowUp")
    expect(begins).to_have_value("0:00.300")
    page.set_viewport_size({"width": 360, "height": 780})
    page.emulate_media(color_scheme="dark")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "nothing sticks out to the side"
    keep(page, "studio-words-phone-dark")


def hear_the_doubtful(here: StudioPage) -> None:
    """Go to the first doubtful word and hear it."""
    doubtful = here.page.locator(DOUBTFUL)
    assert doubtful.all_inner_texts() == ["ketch,", "knots."]
    assert doubtful.first.evaluate(LOOK_OF_LINE) == "wavy"
    here.says("2 words to check")
    here.press("Hear the next one")
    here.until(f"{SELECTED} === 'ketch,'")
    here.until(f"{VIDEO}.paused && {VIDEO}.played.length")
    begun, ended = here.page.evaluate(f"[{VIDEO}.played.start(0), {VIDEO}.played.end(0)]")
    assert 0.5 < begun < 1.2, "from before the word"
    assert ended > 1.45, "to behind it"
    assert not here.page.evaluate(f"{VIDEO}.ended"), "and no further"


def divide_and_undo(here: StudioPage) -> None:
    """Split a caption by the keyboard, undo and redo that, and merge its parts."""
    rows, keyboard = here.page.locator(".cue"), here.page.keyboard
    count = rows.count()
    keyboard.press("Enter")
    expect(rows).to_have_count(count + 1)
    keyboard.press("Control+z")
    expect(rows).to_have_count(count)
    keyboard.press("Control+Shift+z")
    expect(rows).to_have_count(count + 1)
    keyboard.press("Control+z")
    expect(rows).to_have_count(count)


def replace(here: StudioPage, keep: Keep) -> None:
    """Replace two words, undo and redo that."""
    page = here.page
    here.press("Find and replace")
    page.get_by_label("Find", exact=True).fill("MY father")
    expect(page.locator(".find .count")).to_have_text("1 of 1")
    page.get_by_label("Replace with").fill("our father")
    keep(page, "studio-find-and-replace")
    before = texts_of(page)
    here.press("Replace all")
    expect(page.locator(".find .count")).to_have_text("Not found")
    assert " ".join(texts_of(page)) == CORRECTED
    here.press("Undo")
    expect(page.locator(".find .count")).to_have_text("1 of 1")
    assert texts_of(page) == before
    here.press("Redo")
    expect(page.locator(".find .count")).to_have_text("Not found")
    page.get_by_label("Find", exact=True).press("Escape")


def save_over_another(here: StudioPage, answered: Answered) -> None:
    """Save what somebody else has changed meanwhile: only after reading that."""
    here.watch.expect("^409: POST .*/transcript")
    answered.rewrite("Somebody wrote this.", said("Somebody wrote this."), edited=True)
    here.press("Save")
    here.says("Somebody else has changed this text")
    assert answered.shown()["transcript"] == "Somebody wrote this."
    here.press("Read the newer text")
    here.says("You have changes to an older text")
    assert texts_of(here.page) == ["Somebody wrote this."]
    here.press("Use my changes")
    here.press("Save")
    here.says("Everybody sees your words from now on")


def said(text: str) -> str:
    """Return captions of one cue."""
    return f"WEBVTT\n\n00:00:00.200 --> 00:00:02.000\n{text}\n"


def test_hebrew_is_edited_from_right_to_left_and_a_draft_underlines_nothing(
    answered: Answered, read: Callable[[], StudioPage], keep: Keep
) -> None:
    answered.recognise(timed("נולדתי בירושלים ולמדתי הנדסה.", ["נולדתי"]), language="he")
    here = read()
    page = here.page
    keep(page, "studio-hebrew")
    title = page.get_by_role("heading", name="Transcript and captions").locator("..")
    assert title.inner_text().split()[-1] == "Hebrew"
    for text in (".marks", ".cue textarea", ".workspace h2"):
        assert page.locator(text).first.evaluate("each => each.matches(':dir(rtl)')"), text
    assert page.locator(".marks .doubtful").all_inner_texts() == ["נולדתי"]
    tracks = f"[...{VIDEO}.textTracks].map(track => [track.language, track.label])"
    assert page.evaluate(tracks) == [["he", "Hebrew"]]

    text = "i sailed on the catch"
    answered.recognise(timed(text, text.split()), engine="pocketsphinx", language="en-US")
    page.reload()
    here.says("Draft: not for publishing")
    keep(page, "studio-draft")
    assert " ".join(texts_of(page)) == text
    expect(page.locator(".doubtful")).to_have_count(0)


def test_a_transcript_that_a_person_edited_is_made_into_captions(
    answered: Answered, read: Callable[[], StudioPage]
) -> None:
    words = timed("I sailed on the ketch")
    answered.recognise(words)
    captions = format_vtt(cues_from_words(words, "en"))
    answered.rewrite("I sailed on the big ship", captions, edited=True)
    here = read()
    here.says("Transcript and captions say different things")
    here.press("Make captions from the transcript")
    here.page.get_by_text("Transcript and captions say different things").wait_for(state="detached")
    made = "I sailed on the big ship"
    wait_until(lambda: " ".join(texts_of(here.page)) == made, seconds=15, what="captions of it")
    assert answered.shown()["transcript"] == made
