// Captions and transcript as files to take away.
import { captionsOf, textOf } from "./document.js";
import { plain, serialise, stamp } from "./vtt.js";

/** @typedef {import("./document.js").Document} Document */

/** @type {Record<"vtt"|"srt"|"txt", {type: string, write: (document: Document) => string}>} */
export const FORMATS = {
  vtt: { type: "text/vtt", write: (document) => serialise(captionsOf(document)) },
  srt: { type: "application/x-subrip", write: srt },
  txt: { type: "text/plain", write: (document) => `${textOf(document)}\n` },
};

/** SubRip: numbers, times with a comma, plain text. @param {Document} document */
function srt(document) {
  const time = (/** @type {number} */ seconds) => stamp(seconds).replace(".", ",");
  const lines = (/** @type {string} */ text) => plain(text).split("\n").filter((line) => line.trim() !== "").join("\n");
  return captionsOf(document)
    .map(({ start, end, text }, n) => `${n + 1}\n${time(start)} --> ${time(end)}\n${lines(text)}\n`)
    .join("\n");
}

/** A name for a file, of the words of a title. @param {string} title */
export const fileName = (title) => title.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "answer";

/** Let the browser save a file. @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
