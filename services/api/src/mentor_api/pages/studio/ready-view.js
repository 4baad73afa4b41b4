// A finished answer: watch it, read along, correct its captions.
import { button, el, note } from "../shared/dom.js";
import { captionsEditor } from "./captions.js";
import { languageName } from "./format.js";
import { fetchCues, fetchTimings, Player } from "./player.js";
import { Transcript } from "./transcript.js";

const ENGLISH = "en";
const DRAFT = "A simple recogniser wrote this down, and about every third word is wrong. Read all of it.";

/**
 * @typedef {{engine: string, model: string|null, language: string|null, draft: boolean}} Recognised
 * @typedef {{web: string|null, mobile: string|null, original: string|null, captions: string|null, words: string|null, thumbnail: string|null, text: string, edited: boolean, recognised: Recognised|null}} Result whether a person has edited its text; how it was made, null where a person wrote it
 */

/** The results of an upload, or of the answer it left unchanged. @param {any} status @param {any} answer @returns {Result} */
export function resultOf(status, answer) {
  const urls = status?.urls ?? {};
  return {
    web: urls.web ?? answer?.web ?? null,
    mobile: urls.mobile ?? answer?.mobile ?? null,
    original: urls.original ?? null,
    // A person may have corrected them since.
    captions: answer?.captions ?? urls.vtt ?? null,
    words: urls.transcript ?? null,
    thumbnail: urls.thumbnail ?? null,
    text: answer?.transcript ?? "",
    edited: answer?.edited ?? false,
    recognised: status?.recognised ?? null,
  };
}

/**
 * @param {Result} result
 * @param {{mentor: string, question: string, idle: boolean}} answer
 * @param {{fresh: boolean, onAnew: () => void}} then
 */
export function readyView(result, answer, { fresh, onAnew }) {
  const player = new Player(renditionsOf(result), result.thumbnail);
  const reading = el("section", { class: "stack tight", "aria-labelledby": "words-title" });
  const editing = el("section", { class: "stack tight", "aria-labelledby": "captions-title" });
  const element = el(
    "div",
    { class: "stack" },
    fresh && note("good", "Your answer is ready", "This is what people see from now on."),
    el(
      "div",
      { class: "result" },
      el(
        "div",
        { class: "stack" },
        player.element,
        pictureOf(result),
        el("div", { class: "row" }, button("Record or send it anew", onAnew)),
      ),
      el("div", { class: "stack" }, reading, editing),
    ),
  );
  if (!answer.idle) fill(result, answer, player, reading, editing);
  return { element, close: () => player.close() };
}

/** @param {Result} result */
function renditionsOf(result) {
  const all = [
    { name: "Computer", url: result.web },
    { name: "Phone", url: result.mobile },
    { name: "As you sent it", url: result.original },
  ];
  return all.filter((each) => each.url !== null).map(({ name, url }) => ({ name, url: url ?? "" }));
}

/** @param {Result} result */
function pictureOf(result) {
  if (!result.thumbnail) return null;
  return el(
    "figure",
    { class: "picture row" },
    el("img", { src: result.thumbnail, alt: "A still picture from the video", width: 120 }),
    el("figcaption", { class: "small soft" }, "The picture of this video"),
  );
}

/**
 * @param {Result} result
 * @param {{mentor: string, question: string}} answer
 * @param {Player} player
 * @param {HTMLElement} reading
 * @param {HTMLElement} editing
 */
async function fill(result, answer, player, reading, editing) {
  try {
    const [cues, timings] = await Promise.all([fetchCues(result.captions), fetchTimings(result.words)]);
    const { recognised } = result;
    const language = recognised?.language ?? timings.language ?? ENGLISH;
    const draft = recognised?.draft && !result.edited;
    player.caption(cues, language);
    const editor = captionsEditor(cues, { ...answer, language }, {
      onSaved: (saved) => player.caption(saved, language),
      onSeek: (seconds) => player.seek(seconds),
      onInput: (n, text) => transcript.update(n, text),
    });
    const transcript = new Transcript(timings.words, cues, player, {
      marks: recognised !== null && !recognised.draft,
      language,
      onCheck: ({ start }) => editor.show(start),
    });
    const parts = [
      heading("words-title", "What you say", draft && el("span", { class: "badge warn" }, "draft: not for publishing")),
      draft && el("p", { class: "small soft" }, DRAFT),
      transcript.isEmpty
        ? el("p", { class: "soft", dir: "auto" }, result.text || "No words were heard in this video.")
        : transcript.element,
    ];
    reading.replaceChildren(...parts.filter(Boolean));
    if (cues.length === 0) return;
    const foreign = language.split("-")[0] !== ENGLISH && el("span", { class: "badge" }, languageName(language));
    editing.replaceChildren(heading("captions-title", "Captions", foreign), editor.element);
  } catch {
    reading.replaceChildren(
      note("warn", "The words cannot be shown just now", "Reload this page in a moment."),
    );
  }
}

/** A heading with a badge beside it. @param {string} id @param {string} text @param {HTMLElement|false|undefined} badge */
const heading = (id, text, badge) => el("div", { class: "row" }, el("h3", { id }, text), badge);
