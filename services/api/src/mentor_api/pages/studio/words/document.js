// Captions as they are edited: a document, and operations that make another of it. None changes the one it is given.
import { amongCues, flat, oneLine, reworded } from "./words.js";
import { escaped, plain } from "./vtt.js";

/**
 * @typedef {import("./words.js").Word} Word
 * @typedef {{id: number, name: string, start: number, end: number, settings: string, text: string, heard: Word[]}} Cue plain text, a line feed between its lines; `heard`: what was recognised while it is shown; `name`: its identifier in the file
 * @typedef {{cues: Cue[], nextId: number}} Document cues in the order of their starts
 * @typedef {{word: Word, from: number, to: number}} Place of a word in the text of its cue
 */

const SHORTEST_S = 0.1;
const ADDED_S = 2;
const MOST_LINES = 2;
const BLANK = /[\s\u200e\u200f]/; // and marks of direction, which captions have and words have not

/**
 * @param {import("./vtt.js").Cue[]} cues
 * @param {Word[]} words as recognised
 * @returns {Document}
 */
export function documentOf(cues, words) {
  const heard = amongCues(words, cues);
  const numbered = cues.map(({ id: name, text, ...cue }, n) => ({ ...cue, id: n, name, text: plain(text), heard: heard[n] }));
  return { cues: numbered, nextId: cues.length };
}

/** The captions as a file has them; a cue without words is none. @param {Document} document @returns {import("./vtt.js").Cue[]} */
export const captionsOf = ({ cues }) =>
  cues
    .filter(({ text }) => flat(text) !== "")
    .map(({ name, start, end, settings, text }) => ({ id: name, start, end, settings, text: escaped(text) }));

/** What the captions say, in one line. @param {Document} document */
export const textOf = ({ cues }) => flat(cues.map(({ text }) => text).filter((text) => text.trim() !== "").join("\n"));

/** @param {Document} document @param {number} id */
export const indexOf = ({ cues }, id) => cues.findIndex((cue) => cue.id === id);

/** @type {WeakMap<Cue, Place[]>} */
const placesByCue = new WeakMap();

/** The words of a cue with their times and places in its text. @param {Cue} cue @returns {Place[]} */
export function placesOf(cue) {
  const known = placesByCue.get(cue);
  if (known) return known;
  let at = 0;
  const pass = () => {
    while (at < cue.text.length && BLANK.test(cue.text[at])) at += 1;
  };
  const places = reworded(cue.heard, cue.text, cue).map((word) => {
    pass();
    const from = at;
    for (const unit of word.text.split("")) {
      if (BLANK.test(unit)) continue;
      pass();
      at += 1;
    }
    return { word, from, to: at };
  });
  placesByCue.set(cue, places);
  return places;
}

/** The word at a place in the text of a cue, else the one before it, else the first. @param {Cue} cue @param {number} offset @returns {Word|undefined} */
export function wordAt(cue, offset) {
  const places = placesOf(cue);
  return (places.findLast(({ from }) => from <= offset) ?? places[0])?.word;
}

/** When what stands at a place in the text of a cue is said. @param {Cue} cue @param {number} offset */
function timeAt(cue, offset) {
  const place = placesOf(cue).find(({ to }) => to > offset);
  if (!place) return cue.end;
  const { word, from, to } = place;
  return word.start + (word.end - word.start) * (Math.max(0, offset - from) / (to - from));
}

/** @param {Document} document @param {number} id @param {string} text @returns {Document} */
export const withText = (document, id, text) => withCue(document, id, (cue) => (cue.text === text ? cue : { ...cue, text }));

/** Without a cue. @param {Document} document @param {number} id @returns {Document} */
export const without = (document, id) => ({ ...document, cues: document.cues.filter((cue) => cue.id !== id) });

/**
 * A cue divided at a place in its text, at the time when what follows is said; the second part has the document's next id.
 * @param {Document} document
 * @param {number} id
 * @param {number} offset
 * @returns {Document} the same where one part would have no words
 */
export function split(document, id, offset) {
  const n = indexOf(document, id);
  const cue = document.cues[n];
  const [before, after] = [cue.text.slice(0, offset).trimEnd(), cue.text.slice(offset).trimStart()];
  if (!flat(before) || !flat(after) || cue.end - cue.start < 2 * SHORTEST_S) return document;
  const said = timeAt(cue, offset);
  const at = milliseconds(within(said, cue.start + SHORTEST_S, cue.end - SHORTEST_S));
  const isFirst = (/** @type {Word} */ word) => (word.start + word.end) / 2 < said;
  const first = { ...cue, end: at, text: before, heard: cue.heard.filter(isFirst) };
  const second = { ...cue, id: document.nextId, name: "", start: at, text: after, heard: cue.heard.filter((word) => !isFirst(word)) };
  return { cues: document.cues.toSpliced(n, 1, first, second), nextId: document.nextId + 1 };
}

/** A cue joined with the one behind it. @param {Document} document @param {number} id @returns {Document} */
export function merged(document, id) {
  const n = indexOf(document, id);
  const [first, second] = document.cues.slice(n, n + 2);
  if (!second) return document;
  const lines = `${first.text}\n${second.text}`.split("\n").filter((line) => line.trim() !== "");
  const text = lines.length > MOST_LINES ? oneLine(lines.join("\n")) : lines.join("\n");
  const whole = { ...first, end: Math.max(first.end, second.end), text, heard: [...first.heard, ...second.heard] };
  return { ...document, cues: document.cues.toSpliced(n, 2, whole) };
}

/**
 * With the beginning or the end of a cue at another time; a neighbour that is in the way gives way, as far as it remains.
 * @param {Document} document
 * @param {number} id
 * @param {"start"|"end"} edge
 * @param {number} to seconds
 * @returns {Document}
 */
export function moved(document, id, edge, to) {
  const { cues } = document;
  const n = indexOf(document, id);
  const [low, high] =
    edge === "start"
      ? [n > 0 ? cues[n - 1].start + SHORTEST_S : 0, cues[n].end - SHORTEST_S]
      : [cues[n].start + SHORTEST_S, n + 1 < cues.length ? cues[n + 1].end - SHORTEST_S : Infinity];
  const at = milliseconds(within(to, low, high));
  if (low > high || at === cues[n][edge]) return document;
  const give = (/** @type {Cue} */ cue, /** @type {number} */ k) => {
    if (k === n) return { ...cue, [edge]: at };
    if (edge === "start" && k === n - 1 && cue.end > at) return { ...cue, end: at };
    return edge === "end" && k === n + 1 && cue.start < at ? { ...cue, start: at } : cue;
  };
  return { ...document, cues: cues.map(give) };
}

/**
 * With a cue that has no words yet, with the document's next id.
 * @param {Document} document
 * @param {number} at seconds
 * @returns {Document} the same where another cue is shown
 */
export function added(document, at) {
  const { cues, nextId } = document;
  const n = cues.findLastIndex(({ start }) => start <= at) + 1;
  const start = milliseconds(at);
  const end = milliseconds(Math.min(start + ADDED_S, cues[n]?.start ?? Infinity));
  if ((n > 0 && cues[n - 1].end > start) || end - start < SHORTEST_S) return document;
  const cue = { id: nextId, name: "", start, end, settings: "", text: "", heard: [] };
  return { cues: cues.toSpliced(n, 0, cue), nextId: nextId + 1 };
}

/** @param {Document} document @param {number} id @param {(cue: Cue) => Cue} change @returns {Document} */
function withCue(document, id, change) {
  const n = indexOf(document, id);
  const cue = change(document.cues[n]);
  return cue === document.cues[n] ? document : { ...document, cues: document.cues.with(n, cue) };
}

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** As captions can say it. @param {number} seconds */
const milliseconds = (seconds) => Math.round(seconds * 1000) / 1000;
