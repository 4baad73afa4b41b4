"""The words of captions that a person has corrected: their times, and which are to be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


SPACED = [
    ("the cat sat, down", "the cat\nsat, down", "the cat sat, down"),
    ("the cat sat, down", "the cats sat, down", "the sat, down"),
    ("the cat sat, down", "the cat sat down", "the cat down"),
    ("the cat sat, down", "a cat sat, up there", "cat sat,"),
    ("the the cat", "the cat", "the cat"),
    ("the cat", "", ""),
    ("any more cats", "anymore cats", "cats"),
    ("a real-time job", "a real time job", "a job"),
    ("נולדתי בעיר גדולה", "\u200fנולדתי בעיר קטנה", "נולדתי בעיר"),
]
UNSPACED = [
    ("東京 の 会社 で 十年", "東京の会社\nで十年", "東京 の 会社 で 十年"),
    ("彼 は Python が 好き", "彼は\nPython\nが好き", "彼 は Python が 好き"),
    ("東京 の 会社 で 十年", "大阪の会社\nで十年", "の 会社 で 十年"),
    ("ผม ทำงาน ใน บริษัท", "ผมทำงานที่บริษัท", "ผม ทำงาน บริษัท"),
]
REWORDED = """given.map(([texts, caption, , unspaced]) => {
  const words = texts.split(" ").map((text, n) =>
    ({ text, start: n, end: n + 0.5, confidence: 0.3, noSpaceBefore: n > 0 && unspaced }));
  const shown = m.reworded(words, caption, { start: 0, end: 8 });
  const doubtful = shown.filter(m.isDoubtful).map((word) => word.text);
  return [m.joined(shown), doubtful.join(" "), shown.map((word) => word.start)];
})"""


def test_a_word_is_doubtful_until_a_person_has_changed_it(run: Callable[..., Any]) -> None:
    cases = [(*case, case in UNSPACED) for case in (*SPACED, *UNSPACED)]
    found = run("words/words", REWORDED, [list(case) for case in cases])
    for (_, caption, left, unspaced), (text, doubtful, starts) in zip(cases, found, strict=True):
        lines = caption.replace("\u200f", "").split("\n")
        assert text == ("" if unspaced else " ").join(lines)
        assert doubtful == left, caption
        assert starts == sorted(starts), caption


def test_what_nobody_recognised_is_spread_over_its_caption(run: Callable[..., Any]) -> None:
    spread = "m.reworded([], 'two words', { start: 0, end: 2 })"
    assert [(w["start"], w["end"]) for w in run("words/words", spread)] == [(0, 1), (1, 2)]
    inserted = "m.reworded(given, 'the big cat', { start: 0, end: 9 })"
    words = [{"text": t, "start": s, "end": s + 1} for t, s in (("the", 1), ("cat", 4))]
    assert [w["start"] for w in run("words/words", inserted, words)] == [1, 2, 4]


def test_the_text_shows_where_spaces_are(run: Callable[..., Any]) -> None:
    words = [{"text": t, "start": 0, "end": 1} for t in ("東京", "の", "Python", "です")]
    document = {"words": words, "text": "東京の Pythonです", "language": "ja"}
    assert run("words/words", "m.joined(m.readTimings(given).words)", document) == document["text"]
