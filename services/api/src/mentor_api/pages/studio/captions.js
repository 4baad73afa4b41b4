// Correcting captions, line by line.
import { announce, button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { clock, spoken } from "./format.js";
import { escaped, parse, plain, serialise } from "./vtt.js";

const LINE_CHARS = 34;

/**
 * @param {import("./vtt.js").Cue[]} cues
 * @param {{mentor: string, question: string}} answer
 * @param {{onSaved: (cues: import("./vtt.js").Cue[]) => void, onSeek: (seconds: number) => void}} then
 */
export function captionsEditor(cues, { mentor, question }, { onSaved, onSeek }) {
  const message = el("div");
  const rows = cues.map((cue, n) => row(cue, n, onSeek));
  const fields = rows.map((each) => each.field);
  const save = button("Save captions", async () => {
    const changed = cues.map((cue, n) =>
      fields[n].value === plain(cue.text) ? cue : { ...cue, text: escaped(fields[n].value) },
    );
    // A line without words is no caption.
    const kept = changed.filter((cue) => cue.text.trim() !== "");
    if (kept.length === 0) {
      message.replaceChildren(note("bad", "No words left", "Leave at least one line with words in it."));
      return;
    }
    try {
      const stored = await api.saveCaptions(mentor, question, serialise(kept));
      message.replaceChildren(note("good", "Saved", "Everybody sees your captions from now on."));
      announce("Captions saved");
      onSaved(parse(stored.vtt_text));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      message.replaceChildren(note("bad", error.title, error.message, "Your changes are still here."));
    }
  }, { class: "primary" });
  return el(
    "div",
    { class: "stack" },
    el("ol", { class: "cues" }, ...rows.map((each) => each.element)),
    message,
    el("div", { class: "row" }, save),
  );
}

/**
 * @param {import("./vtt.js").Cue} cue
 * @param {number} n
 * @param {(seconds: number) => void} onSeek
 */
function row(cue, n, onSeek) {
  const text = plain(cue.text);
  const lines = text.split("\n").map((line) => Math.ceil(line.length / LINE_CHARS));
  const rows = lines.reduce((sum, n) => sum + Math.max(1, n), 0); // where fields cannot fit themselves
  const label = `Caption at ${spoken(cue.start)}`;
  const field = el("textarea", { id: `cue-${n}`, rows, "aria-label": label, spellcheck: "true" }, text);
  const jump = button(clock(cue.start), () => onSeek(cue.start), {
    class: "quiet small mono",
    "aria-label": `Go to ${spoken(cue.start)}`,
  });
  return { field, element: el("li", { class: "cue" }, jump, field) };
}
