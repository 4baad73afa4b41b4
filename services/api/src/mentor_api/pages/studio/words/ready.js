// A finished answer: watch it, read along, correct its words.
import { Button, h, Island, Note, useEffect, useMemo } from "../../shared/ui.js";
import { ready as texts } from "../texts.js";
import { Player } from "./player.js";
import { Words } from "./reading.js";

/**
 * @typedef {{engine: string, model: string|null, language: string|null, draft: boolean}} Recognised
 * @typedef {{web: string|null, mobile: string|null, original: string|null, words: string|null, thumbnail: string|null, recognised: Recognised|null}} Result `words`: where their times are; `recognised`: how its text was made, null where a person wrote it
 * @typedef {{user: string, mentor: string, question: string, title: string, idle: boolean}} About
 */

/** The results of an upload, or of the answer it left unchanged. @param {any} status @param {any} answer @returns {Result} */
export function resultOf(status, answer) {
  const urls = status?.urls ?? {};
  return {
    web: urls.web ?? answer?.web ?? null,
    mobile: urls.mobile ?? answer?.mobile ?? null,
    original: urls.original ?? null,
    words: urls.transcript ?? null,
    thumbnail: urls.thumbnail ?? null,
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
