"""Captions as a browser's own parser of WebVTT reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_common.captions import (
    Cue,
    cues_from_words,
    format_vtt,
    retime,
    spread_short_cues,
    trim_captions,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

DURATION_S = 40.0
TEXTS = {
    "en": "I was an officer in the U.S. Navy & <then> I left --> for good. It was 5 p.m. in May.",
    "es": "Trabajé durante muchos años en una empresa pequeña. ¿Y después? ¡Volví a mi país!",
    "ar": "ولدت في مدينة صغيرة قرب النهر، ثم درست الهندسة. Python لغة البرمجة التي تعلمتها أولا.",
    "he": "נולדתי בירושלים ולמדתי הנדסה. Python היא השפה הראשונה שלמדתי, ואחר כך למדתי C++ היטב.",
    "ja": "東京の会社で10年間ソフトウェアを開発していました。二〇一九年に海軍士官になりました。",
    "zh": "我在海军服役了二十年，之后成为了一名软件工程师。后来我去了上海工作！每天都很有意思。",
    "th": "หลังจากนั้นผมทำงานในบริษัทเล็กๆเป็นเวลาสิบปี แล้วก็ย้ายไปเรียนวิศวกรรมศาสตร์ที่มหาวิทยาลัย",
}
# Text as a cue's fragment has it: entities and tags are resolved.
READ_CUES = """async (text) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
  const loaded = new Promise((resolve, reject) => {
    track.onload = resolve;
    track.onerror = () => reject(new Error("the track was refused"));
  });
  document.body.append(video);
  video.append(track);
  track.track.mode = "hidden";
  await loaded;
  return [...track.track.cues].map((cue) =>
    [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
}"""
# A cue's line is laid out by its first strong letter (W3C WebVTT, "unicode-bidi: plaintext").
ENDS_LEFT = """(line) => {
  const shown = document.createElement("p");
  shown.style.cssText = "unicode-bidi: plaintext; white-space: pre";
  shown.textContent = line;
  document.body.append(shown);
  const left = (at) => {
    const range = document.createRange();
    range.setStart(shown.firstChild, at);
    range.setEnd(shown.firstChild, at + 1);
    return range.getBoundingClientRect().left;
  };
  const first = [...line].findIndex((each) => /[\\p{L}\\p{N}]/u.test(each));
  return left(line.length - 1) < left(first);
}"""
MARKS = dict.fromkeys(map(ord, "\u200e\u200f"))


@pytest.mark.parametrize("language", TEXTS)
def test_a_browser_reads_every_cue_as_it_was_made(page: Page, language: str) -> None:
    words = retime([], TEXTS[language], (0.5, DURATION_S))
    whole = cues_from_words(words, language)
    for cues in (
        whole,
        spread_short_cues(whole, DURATION_S),
        trim_captions(whole, words, 3.3, 9.7),
    ):
        read = page.evaluate(READ_CUES, format_vtt(cues))

        assert len(cues) > 0
        assert [Cue(start, end, text.translate(MARKS)) for start, end, text in read] == cues


def test_a_browser_reads_captions_of_silence(page: Page) -> None:
    assert page.evaluate(READ_CUES, format_vtt([])) == []


@pytest.mark.parametrize("language", ["ar", "he"])
def test_the_last_mark_of_a_right_to_left_line_stands_at_its_left(
    page: Page, language: str
) -> None:
    cues = cues_from_words(retime([], TEXTS[language], (0.5, DURATION_S)), language)

    read = page.evaluate(READ_CUES, format_vtt(cues))

    lines = [line for _, _, text in read for line in text.split("\n")]
    assert any(line.translate(MARKS).startswith("Python") for line in lines)
    assert all(page.evaluate(ENDS_LEFT, line) for line in lines)


def test_a_left_to_right_line_ends_at_its_right(page: Page) -> None:
    assert not page.evaluate(ENDS_LEFT, "Trabajé muchos años.")
