// Finding text in captions, and replacing it.
import { withText } from "./document.js";

/**
 * @typedef {import("./document.js").Document} Document
 * @typedef {{id: number, from: number, to: number}} Match a place in the text of a cue
 */

/**
 * Where captions have a text, within one cue each; a space of it stands for the end of a line as well.
 * @param {{cues: {id: number, text: string}[]}} document
 * @param {string} query
 * @param {boolean} matchCase
 * @returns {Match[]} in order
 */
export function matchesOf({ cues }, query, matchCase) {
  const literal = query.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&").replace(/\s+/g, "\\s+");
  if (query.trim() === "") return [];
  const pattern = new RegExp(literal, matchCase ? "gu" : "giu");
  return cues.flatMap(({ id, text }) =>
    [...text.matchAll(pattern)].map((found) => ({ id, from: found.index, to: found.index + found[0].length })),
  );
}

/**
 * With other words in the place of what was found.
 * @param {Document} document
 * @param {Match[]} matches in order
 * @param {string} by
 * @returns {Document}
 */
export function replaced(document, matches, by) {
  // From the last on, so that places before it stay what they are.
  return matches.toReversed().reduce((before, { id, from, to }) => {
    const text = before.cues.find((cue) => cue.id === id)?.text ?? "";
    return withText(before, id, text.slice(0, from) + by + text.slice(to));
  }, document);
}
