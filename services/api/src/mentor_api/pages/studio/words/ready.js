// A finished answer: watch it, read along, correct its captions.
import { Badge, Button, h, Island, Note, useEffect, useMemo, useState } from "../../shared/ui.js";
import { languageName } from "../format.js";
import { ready as texts, words as wordTexts } from "../texts.js";
import { captionsEditor } from "./captions.js";
import { fetchCues, fetchTimings, Player } from "./player.js";
import { Transcript } from "./transcript.js";

const ENGLISH = "en";

/**
 * @typedef {{engine: string, model: string|null, language: string|null, draft: boolean}} Recognised
 * @typedef {{web: string|null, mobile: string|null, original: string|null, captions: string|null, words: string|null, thumbnail: string|null, text: string, edited: boolean, recognised: Recognised|null}} Result whether a person has edited its text; how it was made, null where a person wrote it
 * @typedef {{user: string, mentor: string, question: string, idle: boolean}} About
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
 * @param {{result: Result, about: About, fresh: boolean, onReplace: () => void}} props `fresh`: it became ready before the person's eyes
 */
export function ReadyView({ result, about, fresh, onReplace }) {
  const player = useMemo(() => new Player(renditionsOf(result), result.thumbnail), [result.web]);
  useEffect(() => () => player.close(), [player]);
  return h(
    "div",
    { class: "stack" },
    fresh && h(Note, { kind: "good", title: texts.ready, text: texts.readyWhy }),
    h(
      "div",
      { class: "result" },
      h(
        "div",
        { class: "stack" },
        h(Island, { element: player.element }),
        result.thumbnail && h(Picture, { url: result.thumbnail }),
        h("div", { class: "row" }, h(Button, { action: onReplace }, texts.replace)),
      ),
      h("div", { class: "stack" }, !about.idle && h(Words, { result, about, player })),
    ),
  );
}

/** @param {{url: string}} props */
const Picture = ({ url }) =>
  h(
    "figure",
    { class: "picture row" },
    h("img", { src: url, alt: texts.pictureAlt, width: 120 }),
    h("figcaption", { class: "small soft" }, texts.picture),
  );

/** @param {Result} result */
function renditionsOf(result) {
  const all = [
    { name: texts.renditions.web, url: result.web },
    { name: texts.renditions.mobile, url: result.mobile },
    { name: texts.renditions.original, url: result.original },
  ];
  return all.filter((each) => each.url !== null).map(({ name, url }) => ({ name, url: url ?? "" }));
}

/** Transcript and captions, as they are read. @param {{result: Result, about: About, player: Player}} props */
function Words({ result, about, player }) {
  const [read, setRead] = useState(/** @type {Read|"failed"|null} */ (null));
  useEffect(() => {
    readWords(result, about, player).then(setRead, () => setRead("failed"));
  }, [player]);
  if (read === null) return null;
  if (read === "failed") return h(Note, { kind: "warn", title: wordTexts.notNow, text: wordTexts.notNowWhy });
  const { transcript, editor, language } = read;
  const draft = result.recognised?.draft && !result.edited;
  const foreign = language.split("-")[0] !== ENGLISH;
  return [
    h(
      "section",
      { key: "transcript", class: "stack tight", "aria-labelledby": "words-title" },
      h("div", { class: "row" }, h("h3", { id: "words-title" }, wordTexts.transcript), draft && h(Badge, { kind: "warn" }, wordTexts.draft)),
      draft && h("p", { class: "small soft" }, wordTexts.draftWhy),
      transcript.isEmpty
        ? h("p", { class: "soft", dir: "auto" }, result.text || wordTexts.none)
        : h(Island, { element: transcript.element }),
    ),
    editor &&
      h(
        "section",
        { key: "captions", class: "stack tight", "aria-labelledby": "captions-title" },
        h("div", { class: "row" }, h("h3", { id: "captions-title" }, wordTexts.captions), foreign && h(Badge, { kind: "" }, languageName(language))),
        h(Island, { element: editor.element }),
      ),
  ];
}

/** @typedef {{transcript: Transcript, editor: ReturnType<typeof captionsEditor>|null, language: string}} Read */

/** @param {Result} result @param {About} about @param {Player} player @returns {Promise<Read>} */
async function readWords(result, about, player) {
  const [cues, timings] = await Promise.all([fetchCues(result.captions), fetchTimings(result.words)]);
  const { recognised } = result;
  const language = recognised?.language ?? timings.language ?? ENGLISH;
  player.caption(cues, language);
  const editor = captionsEditor(cues, { ...about, language }, {
    onSaved: (saved) => player.caption(saved, language),
    onSeek: (seconds) => player.seek(seconds),
    onInput: (n, text) => transcript.update(n, text),
  });
  const transcript = new Transcript(timings.words, cues, player, {
    marks: recognised !== null && !recognised.draft,
    language,
    onCheck: ({ start }) => editor.show(start),
  });
  editor.restore();
  return { transcript, editor: cues.length ? editor : null, language };
}
