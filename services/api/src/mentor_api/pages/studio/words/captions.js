// Correcting captions, one by one.
import { announce, button, el, note } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import * as api from "../api.js";
import { clock, spoken } from "../format.js";
import { words as texts } from "../texts.js";
import * as drafts from "./drafts.js";
import { escaped, parse, plain, serialise } from "./vtt.js";
import { spokenAt } from "./words.js";

const LINE_CHARS = 34;

/**
 * @param {import("./vtt.js").Cue[]} cues
 * @param {{user: string, mentor: string, question: string, language: string}} answer `user` is who edits
 * @param {{onSaved: (cues: import("./vtt.js").Cue[]) => void, onSeek: (seconds: number) => void, onInput: (n: number, text: string) => void}} then
 * @returns {{element: HTMLElement, show: (seconds: number) => void, restore: () => void}} `show` brings the caption of a moment into sight, `restore` changes that were not saved
 */
export function captionsEditor(cues, { user, mentor, question, language }, { onSaved, onSeek, onInput }) {
  const message = el("div");
  const rows = cues.map((cue, n) => row(cue, n, language, onSeek));
  const fields = rows.map((each) => each.field);
  const whose = { user, mentor, question };
  let captions = serialise(cues);
  const changes = () => fields.map((field) => field.value);
  fields.forEach((field, n) =>
    field.addEventListener("input", () => {
      drafts.save(whose, captions, changes());
      onInput(n, field.value);
    }),
  );
  const fill = (/** @type {string[]} */ given) =>
    given.forEach((text, n) => {
      if (fields[n].value === text) return;
      fields[n].value = text;
      onInput(n, text);
    });
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
      const now = parse(stored.vtt_text);
      drafts.remove(whose);
      captions = serialise(now);
      onSaved(now);
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
  const restore = () => {
    const draft = drafts.find(whose, captions);
    if (draft?.length !== fields.length) return;
    fill(draft);
    message.replaceChildren(note("info", texts.restored, texts.restoredWhy, button(texts.discard, discard)));
  };
  const discard = () => {
    const discarded = changes();
    drafts.remove(whose);
    fill(cues.map((cue) => plain(cue.text)));
    const undo = () => {
      drafts.save(whose, captions, discarded);
      restore();
    };
    message.replaceChildren(note("info", texts.discarded, button(texts.undo, undo)));
  };
  return { element: el("div", { class: "stack" }, list, message, el("div", { class: "row" }, save)), show, restore };
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
