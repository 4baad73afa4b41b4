// Correcting captions, one by one.
import { announce, button, el, note } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import * as api from "../api.js";
import { clock, spoken } from "../format.js";
import { words as texts } from "../texts.js";
import { escaped, parse, plain, serialise } from "./vtt.js";
import { spokenAt } from "./words.js";

const LINE_CHARS = 34;

/**
 * @param {import("./vtt.js").Cue[]} cues
 * @param {{mentor: string, question: string, language: string}} answer
 * @param {{onSaved: (cues: import("./vtt.js").Cue[]) => void, onSeek: (seconds: number) => void, onInput: (n: number, text: string) => void}} then
 * @returns {{element: HTMLElement, show: (seconds: number) => void}} `show` brings the caption of a moment into sight
 */
export function captionsEditor(cues, { mentor, question, language }, { onSaved, onSeek, onInput }) {
  const message = el("div");
  const rows = cues.map((cue, n) => row(cue, n, language, onSeek));
  const fields = rows.map((each) => each.field);
  fields.forEach((field, n) => field.addEventListener("input", () => onInput(n, field.value)));
  const save = button(texts.save, async () => {
    const changed = cues.map((cue, n) =>
      fields[n].value === plain(cue.text) ? cue : { ...cue, text: escaped(fields[n].value) },
    );
    // A line without words is no caption.
    const kept = changed.filter((cue) => cue.text.trim() !== "");
    if (kept.length === 0) {
      message.replaceChildren(note("bad", texts.noWords, texts.noWordsWhy));
      return;
    }
    try {
      const stored = await api.saveCaptions(mentor, question, serialise(kept));
      message.replaceChildren(note("good", texts.saved, texts.savedWhy));
      announce(texts.savedAloud);
      onSaved(parse(stored.vtt_text));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      message.replaceChildren(note("bad", error.title, error.message, texts.notLost));
    }
  }, { class: "primary" });
  const list = el("ol", { class: "cues" }, ...rows.map((each) => each.element));
  const show = (/** @type {number} */ seconds) => {
    const at = spokenAt(cues, seconds);
    rows.forEach(({ element }, n) => element.classList.toggle("current", n === at));
    // The page itself stays where it is.
    if (at >= 0) list.scrollTop += rows[at].element.getBoundingClientRect().top - list.getBoundingClientRect().top;
  };
  return { element: el("div", { class: "stack" }, list, message, el("div", { class: "row" }, save)), show };
}

/**
 * @param {import("./vtt.js").Cue} cue
 * @param {number} n
 * @param {string} language
 * @param {(seconds: number) => void} onSeek
 */
function row(cue, n, language, onSeek) {
  const text = plain(cue.text);
  const lines = text.split("\n").map((line) => Math.ceil(line.length / LINE_CHARS));
  const rows = lines.reduce((sum, n) => sum + Math.max(1, n), 0); // where fields cannot fit themselves
  const label = texts.captionAt(spoken(cue.start));
  const given = { id: `cue-${n}`, rows, "aria-label": label, spellcheck: "true", dir: "auto", lang: language };
  const field = el("textarea", given, text);
  const jump = button(clock(cue.start), () => onSeek(cue.start), {
    class: "quiet small mono",
    "aria-label": texts.goTo(spoken(cue.start)),
  });
  return { field, element: el("li", { class: "cue" }, jump, field) };
}
