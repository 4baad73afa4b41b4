// A finished answer: watch it, read along, correct its captions.
import { button, el, note } from "../shared/dom.js";
import { captionsEditor } from "./captions.js";
import { Player, readCues, readWords, transcriptOf, wordsOf } from "./player.js";

/**
 * @typedef {{web: string|null, mobile: string|null, original: string|null, captions: string|null, words: string|null, thumbnail: string|null, text: string}} Result
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
    const [cues, words] = await Promise.all([readCues(result.captions), readWords(result.words)]);
    player.caption(cues);
    const spokenWords = words.length ? words : wordsOf(cues);
    reading.replaceChildren(
      el("h3", { id: "words-title" }, "What you say"),
      spokenWords.length
        ? transcriptOf(spokenWords, player)
        : el("p", { class: "soft" }, result.text || "No words were heard in this video."),
    );
    if (cues.length === 0) return;
    const editor = captionsEditor(cues, answer, {
      onSaved: (saved) => player.caption(saved),
      onSeek: (seconds) => player.seek(seconds),
    });
    editing.replaceChildren(el("h3", { id: "captions-title" }, "Captions"), editor);
  } catch {
    reading.replaceChildren(
      note("warn", "The words cannot be shown just now", "Reload this page in a moment."),
    );
  }
}
