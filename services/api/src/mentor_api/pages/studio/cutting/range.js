// The part of a video that is kept: how it may change, what is asked of the server, and what it was before.
import { parse } from "./times.js";

export const SHORTEST_S = 1;
const WHOLE_WITHIN_S = 0.05; // of both ends: nothing is cut for so little

/**
 * @typedef {import("../state.js").Range} Range
 * @typedef {"start"|"end"} Edge
 * @typedef {{range: Range, past: Range[], future: Range[], gesture: string|null}} History `gesture`: what made the last change
 */

/**
 * The seconds at which an edge may be, so that at least a second is kept.
 * @param {Range} range
 * @param {Edge} edge
 * @param {number} duration seconds
 */
export function limits(range, edge, duration) {
  const shortest = Math.min(SHORTEST_S, duration);
  return edge === "start" ? { least: 0, most: range.end - shortest } : { least: range.start + shortest, most: duration };
}

/**
 * A range with an edge at, or as near as it may be to, a moment.
 * @param {Range} range
 * @param {Edge} edge
 * @param {number} to seconds
 * @param {number} duration seconds
 * @returns {Range}
 */
export function moved(range, edge, to, duration) {
  const { least, most } = limits(range, edge, duration);
  return { ...range, [edge]: Math.min(most, Math.max(least, to)) };
}

/**
 * The range with an edge as a person typed it, or why it cannot be there.
 * @param {Range} range
 * @param {Edge} edge
 * @param {string} text
 * @param {number} duration seconds
 * @returns {{range: Range}|{problem: "unreadable"}|{problem: "outside", least: number, most: number}}
 */
export function typed(range, edge, text, duration) {
  const seconds = parse(text);
  if (seconds === null) return { problem: "unreadable" };
  const { least, most } = limits(range, edge, duration);
  // What a field shows is rounded, and may be typed again.
  const outside = seconds < least - WHOLE_WITHIN_S || seconds > most + WHOLE_WITHIN_S;
  return outside ? { problem: "outside", least, most } : { range: moved(range, edge, seconds, duration) };
}

/**
 * The range to request from the server; null for the whole video.
 * @param {Range} range
 * @param {number} duration seconds
 */
export function asRequest(range, duration) {
  const whole = range.start < WHOLE_WITHIN_S && range.end > duration - WHOLE_WITHIN_S;
  const round = (/** @type {number} */ n) => Math.round(n * 1000) / 1000;
  return whole ? null : { start: round(range.start), end: round(range.end) };
}

/** @param {Range} range @returns {History} */
export const begun = (range) => ({ range, past: [], future: [], gesture: null });

/**
 * After a change. Those of one gesture, such as a drag, are undone together.
 * @param {History} history
 * @param {Range} range
 * @param {string|null} [gesture]
 * @returns {History}
 */
export function changed(history, range, gesture = null) {
  if (range.start === history.range.start && range.end === history.range.end) return history;
  const goesOn = gesture !== null && gesture === history.gesture;
  return { range, past: goesOn ? history.past : [...history.past, history.range], future: [], gesture };
}

/** @param {History} history @returns {History} */
export function undone(history) {
  const range = history.past.at(-1);
  if (!range) return history;
  return { range, past: history.past.slice(0, -1), future: [history.range, ...history.future], gesture: null };
}

/** @param {History} history @returns {History} */
export function redone(history) {
  const [range, ...future] = history.future;
  return range ? { range, past: [...history.past, history.range], future, gesture: null } : history;
}
