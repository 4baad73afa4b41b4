"""Words to check, languages and drafts in the studio, on the whole stack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.captions import Word, cues_from_words, format_vtt, join_words, timing_of
from mentor_common.jobs import Reader, Table, Write
from mentor_common.jobs.model import upload_pk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from playwright.sync_api import Page

    from browsing import StudioPage
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

BUCKET = "mentor-upload-local-static-000000000000"
VIDEO = "document.querySelector('.workspace video')"
FIRST_S, WORD_S = 0.2, 0.25  # the video lasts 3.5 seconds
LOOK_OF_LINE = "word => getComputedStyle(word).textDecorationStyle"
# In the page: a busy machine would go there when the excerpt is over.
GO_ELSEWHERE = (
    f"{VIDEO}.addEventListener('playing', () => {{ {VIDEO}.currentTime = 2.5 }}, {{once: true}})"
)


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
        self._put(self.shown()["vttMedia"]["url"], format_vtt(cues_from_words(words, language)))
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


def test_a_doubtful_word_is_underlined_played_and_corrected(
    answered: Answered, read: Callable[[], StudioPage], keep: Keep
) -> None:
    text = "I sailed on the ketch, and my father taught me knots."
    answered.recognise(timed(text, ["ketch,", "knots."]))
    here = read()
    page = here.page
    doubtful = page.locator(".doubtful")
    assert doubtful.all_inner_texts() == ["ketch,", "knots."]
    assert page.locator(".transcript").inner_text() == text
    here.says("2 words to check")
    ketch = page.get_by_role("button", name="ketch,", exact=True, description="uncertain, 43 %")
    assert ketch.evaluate(LOOK_OF_LINE) == "wavy"
    keep(page, "studio-words-to-check")

    ketch.click()
    here.until(f"{VIDEO}.paused && {VIDEO}.played.length")
    begun, ended = page.evaluate(f"[{VIDEO}.played.start(0), {VIDEO}.played.end(0)]")
    assert 0.5 < begun < 1.2, "from before the word"
    assert ended > 1.45, "to behind it"
    assert not page.evaluate(f"{VIDEO}.ended"), "and no further"
    page.evaluate(GO_ELSEWHERE)
    page.keyboard.press("Enter")
    here.until(f"{VIDEO}.ended")

    field = page.locator(".cue.current textarea")
    field.fill(field.input_value().replace("ketch", "sketch"))
    assert doubtful.all_inner_texts() == ["knots."]
    assert "on the sketch, and" in page.locator(".transcript").inner_text()
    here.says("1 word to check")
    here.press("Save captions")
    here.says("Everybody sees your captions from now on")
    page.reload()
    doubtful.first.wait_for()
    assert doubtful.all_inner_texts() == ["knots."]
    assert "on the sketch, and" in page.locator(".transcript").inner_text()


def test_hebrew_is_read_and_edited_from_right_to_left(
    answered: Answered, read: Callable[[], StudioPage], keep: Keep
) -> None:
    words = timed("נולדתי בירושלים ולמדתי הנדסה.", ["נולדתי"])
    answered.recognise(words, language="he")
    here = read()
    page = here.page
    keep(page, "studio-hebrew")
    assert page.get_by_role("heading", name="Captions").locator("..").inner_text().split() == [
        "Captions",
        "Hebrew",
    ]
    for text in (".transcript", ".cue textarea", ".workspace h2"):
        assert page.locator(text).first.evaluate("each => each.matches(':dir(rtl)')"), text
    places = page.locator(".word").evaluate_all(
        "words => words.map(word => word.getBoundingClientRect().left)"
    )
    assert places == sorted(places, reverse=True)
    tracks = f"[...{VIDEO}.textTracks].map(track => [track.language, track.label])"
    assert page.evaluate(tracks) == [["he", "Hebrew"]]


def test_a_draft_is_called_so_and_underlines_nothing(
    answered: Answered, read: Callable[[], StudioPage], keep: Keep
) -> None:
    text = "i sailed on the catch"
    answered.recognise(timed(text, text.split()), engine="pocketsphinx", language="en-US")
    here = read()
    here.says("draft: not for publishing")
    keep(here.page, "studio-draft")
    assert here.page.locator(".word").count() == len(text.split())
    assert here.page.locator(".doubtful").count() == 0
    assert here.page.get_by_text("English").count() == 0
