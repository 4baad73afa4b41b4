"""The editor of an answer's words without a server: its document, and its rows in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BOOK = """
  const vtt = await import("/studio/words/vtt.js");
  const find = await import("/studio/words/find.js");
  const histories = await import("/studio/words/history.js");
  const files = await import("/studio/words/files.js");
  const word = (text, start) => ({ text, start, end: start + 0.4, confidence: 0.9 });
  const heard = "I sailed on the ketch and I taught knots".split(" ").map((text, n) => word(text, n / 2));
  const cue = (start, end, text, id = "") => ({ id, start, end, settings: "", text });
  const book = m.documentOf([cue(0, 2, "I sailed on the", "first"), cue(2.2, 4.4, "ketch and I\\ntaught knots")], heard);
  const [one, two] = book.cues.map(({ id }) => id);
  const said = (document) => document.cues.map(({ start, end, text }) => [start, end, text]);
  const timed = (document) => document.cues.flatMap((each) => m.placesOf(each)).map(({ word }) => [word.text, word.start]);
"""  # noqa: E501 -- one line, one thing


def book(expression: str) -> str:
    """Return an expression of a document of two captions."""
    return f"await (async () => {{ {BOOK} return {expression}; }})()"


def test_captions_are_split_merged_moved_added_and_taken_out(run: Callable[..., Any]) -> None:
    def of(expression: str) -> Any:
        return run("words/document", book(expression))

    first, second = [0, 2, "I sailed on the"], [2.2, 4.4, "ketch and I\ntaught knots"]
    split = "m.split(book, two, 6)"  # before "and"
    assert of(f"said({split})") == [
        first,
        [2.2, 2.5, "ketch"],
        [2.5, 4.4, "and I\ntaught knots"],
    ]
    assert of(f"timed({split})") == of("timed(book)"), "each word keeps its time"
    assert of(f"said(m.merged({split}, two))") == [
        first,
        [2.2, 4.4, "ketch and I taught knots"],
    ], "three lines are too many"
    assert of("[0, 15].map((at) => m.split(book, one, at) === book)") == [True, True]
    assert of("m.merged(book, two) === book"), "nothing behind it"

    def moved(edge: str, to: float, cue: str = "two") -> Any:
        return of(f"said(m.moved(book, {cue}, '{edge}', {to})).map(([from, to]) => [from, to])")

    assert moved("start", 2.1) == [[0, 2], [2.1, 4.4]]
    assert moved("start", 1.5) == [[0, 1.5], [1.5, 4.4]], "the one before gives way"
    assert moved("start", -5) == [[0, 0.1], [0.1, 4.4]], "as far as it remains"
    assert moved("end", 9, "one") == [[0, 4.3], [4.3, 4.4]]
    assert moved("end", 1, "two") == [[0, 2], [2.2, 2.3]]
    assert of("said(m.added(book, 2.05))")[1] == [2.05, 2.2, ""]
    assert of("said(m.added(book, 7))")[2] == [7, 9, ""]
    assert of("m.added(book, 1) === book"), "one is shown there"
    assert of("said(m.without(book, one))") == [second]


def test_a_changed_word_has_the_time_of_what_it_replaces(run: Callable[..., Any]) -> None:
    changed = "m.withText(book, two, 'sketch and I\\ntaught knots')"
    found = run("words/document", book(f"timed({changed})"))
    assert [text for text, _ in found][4:6] == ["sketch", "and"]
    assert dict(found)["sketch"] == 2
    kept = run("words/document", book("timed(book)"))
    assert [each for each in found if each[0] != "sketch"] == [
        each for each in kept if each[0] != "ketch"
    ]


ANY_EDITS = """await (async () => {
  BOOK
  const random = (() => { let state = given; return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % below;
  }; })();
  const texts = ["I grew up\\nin a town.", "東京の会社で\\n十年間", "\\u200fPython היא שפה", "one two three four"];
  let now = m.documentOf(texts.map((text, n) => cue(3 * n, 3 * n + 2.5, text)), []);
  const letters = (document) => document.cues.map(({ text }) => text).join("").replace(/\\s/g, "");
  const whole = letters(now);
  const exact = ({ cues }) => cues.map(({ start, end, text }) => [start.toFixed(3), end.toFixed(3), text]).join();
  const wrong = [];
  for (let n = 0; n < 300; n += 1) {
    const { id, text } = now.cues[random(now.cues.length)];
    const edge = random(2) ? "start" : "end";
    now = [
      () => m.split(now, id, random(text.length + 1)),
      () => m.split(now, id, random(text.length + 1)),
      () => m.merged(now, id),
      () => m.moved(now, id, edge, random(1300) / 100),
    ][random(4)]();
    if (letters(now) !== whole) wrong.push([n, "text"]);
    now.cues.forEach((each, k) => {
      if (each.start >= each.end || each.start < (now.cues[k - 1]?.end ?? 0)) wrong.push([n, "times"]);
      const shown = m.placesOf(each).map(({ from, to }) => each.text.slice(from, to)).join("");
      if (shown.replace(/[\\s\\u200e\\u200f]/g, "") !== each.text.replace(/[\\s\\u200e\\u200f]/g, "")) wrong.push([n, "words"]);
    });
  }
  const read = vtt.parse(vtt.serialise(m.captionsOf(now)));
  return [wrong, exact(m.documentOf(read, [])) === exact(now), now.cues.length];
})()""".replace("BOOK", BOOK)  # noqa: E501 -- one line, one thing


def test_whatever_is_split_merged_and_moved_no_text_is_lost(run: Callable[..., Any]) -> None:
    for seed in (1, 20, 300):
        wrong, same, count = run("words/document", ANY_EDITS, seed)
        assert wrong == [], seed
        assert same, "and a file has all of it"
        assert count > 1


def test_words_are_found_and_replaced(run: Callable[..., Any]) -> None:
    def found(query: str, *, case: bool = False) -> Any:
        given = f"find.matchesOf(book, {query!r}, {str(case).lower()})"
        return run("words/document", book(f"{given}.map(({{ id, from }}) => [id, from])"))

    assert found("i") == [[0, 0], [0, 4], [1, 10]]
    assert found("i", case=True) == [[0, 4]]
    assert found("I taught", case=True) == [[1, 10]], "over the end of a line"
    assert found(".*") == found(" ") == []
    replaced = "find.replaced(book, find.matchesOf(book, 'i', true).concat(find.matchesOf(book, 'kn', true)), '$1')"  # noqa: E501
    texts = [text for _, _, text in run("words/document", book(f"said({replaced})"))]
    assert texts == ["I sa$1led on the", "ketch and I\ntaught $1ots"]


def test_each_step_is_undone_and_redone(run: Callable[..., Any]) -> None:
    steps = """(() => {
      const typed = (history, text) =>
        histories.change(history, m.withText(history.now, one, text), `${text.split(" ").length}`);
      let now = ["I s", "I sa", "I sail", "I sail o", "I sail on"].reduce(typed, histories.begin(book));
      const shown = [];
      const show = () => shown.push(now.now.cues[0].text);
      for (let n = 0; n < 4; n += 1) { now = histories.undo(now); show(); }
      now = histories.redo(now); show();
      now = histories.change(now, m.merged(now.now, one));
      now = histories.redo(now); show();
      now = histories.undo(now); show();
      return [shown, histories.change(now, now.now) === now];
    })()"""  # noqa: E501 -- one line, one thing
    shown, unchanged = run("words/document", book(steps))
    typed, original = "I sail", "I sailed on the"
    assert shown[:5] == [typed, original, original, original, typed], "a word is one step"
    assert shown[5].startswith("I sail\nketch") or shown[5] == "I sail ketch and I taught knots"
    assert shown[6] == typed
    assert unchanged, "what changes nothing is no step"


def test_files_and_times(run: Callable[..., Any]) -> None:
    marked = "m.documentOf([cue(0, 1.5, 'a &lt;b&gt; &amp; c'), cue(2, 3, ''), cue(3661.25, 3662, 'two\\nlines')], [])"  # noqa: E501
    written = f"Object.values(files.FORMATS).map(({{ write }}) => write({marked}))"
    vtt, srt, text = run("words/document", book(written))
    assert vtt == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &lt;b&gt; &amp; c\n\n"
        "01:01:01.250 --> 01:01:02.000\ntwo\nlines\n"
    )
    assert srt == (
        "1\n00:00:00,000 --> 00:00:01,500\na <b> & c\n\n"
        "2\n01:01:01,250 --> 01:01:02,000\ntwo\nlines\n"
    )
    assert text == "a <b> & c two lines\n"
    names = ["Where did you grow up?", "מה למדת?", "?!"]
    assert run("words/files", "given.map(m.fileName)", names) == [
        "Where-did-you-grow-up",
        "מה-למדת",
        "answer",
    ]
    typed = ["62.5", "1:02,5", "1:00:00.25", "", "1:", "x", "1:2:3:4", "-1"]
    assert run("words/times", "given.map(m.typed)", typed) == [62.5, 62.5, 3600.25, *[None] * 5]
    assert run("words/times", "[0, 62.5, 59.9996].map(m.written)") == [
        "0:00.000",
        "1:02.500",
        "1:00.000",
    ]


LONG = """await (async () => {
  const { h, render } = await import("/shared/ui.js");
  const { Player } = await import("/studio/words/player.js");
  const words = Array.from({ length: 3000 }, (_, n) =>
    ({ text: `word${n}`, start: n / 2, end: n / 2 + 0.4, confidence: n % 100 ? 0.9 : 0.2 }));
  const cues = Array.from({ length: 300 }, (_, n) => {
    const texts = words.slice(10 * n, 10 * n + 10).map((word) => word.text);
    return { id: "", settings: "", start: 5 * n, end: 5 * n + 5, text: texts.join(" ") };
  });
  const player = new Player([], null);
  const about = { user: "u", mentor: "m", question: "q", title: "Long", idle: false };
  const read = { cues, words, language: "en", version: "1", marksDoubtful: true };
  const view = document.createElement("div");
  document.body.append(view);
  render(h(m.Editor, { read, about, player, onSaved: () => {}, onReread: () => {} }), view);
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await drawn();
  const touched = new Set();
  const observer = new MutationObserver((changes) => changes.forEach(({ target }) => {
    const row = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-cue]");
    if (row) touched.add(Number(row.dataset.cue));
  }));
  const advice = () => view.textContent.match(/\\d+ words? to check/)[0];
  const before = advice();
  observer.observe(view, { subtree: true, childList: true, characterData: true, attributes: true });
  const field = view.querySelector('[data-cue="100"] textarea');
  field.focus();
  field.value = field.value.replace("word1000", "corrected");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  await drawn();
  const typed = [...touched];
  touched.clear();
  player.video.currentTime = 42.2;
  player.video.dispatchEvent(new Event("seeked"));
  await drawn();
  const now = [...view.querySelectorAll(".now")].map((mark) => mark.textContent);
  localStorage.removeItem("studio-draft/u/m/q");
  return { typed, advice: [before, advice()], rows: view.querySelectorAll(".cue").length, now };
})()"""  # noqa: E501 -- one line, one thing


def test_a_change_among_three_hundred_captions_draws_one_anew(run: Callable[..., Any]) -> None:
    found = run("words/editor", LONG)
    assert found["rows"] == 300
    assert found["typed"] == [100]
    assert found["now"] == ["word84"], "what is spoken is marked"
    assert found["advice"] == ["30 words to check", "29 words to check"]
