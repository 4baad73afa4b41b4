// The silence before the first and behind the last word, by how loud a video is along its length.
import { SHORTEST_S } from "./range.js";

/**
 * @typedef {import("../state.js").Range} Range
 * @typedef {{values: Float32Array, rate: number}} Levels loudness from 0 to 1, so many values a second
 */

const SPEECH_OVER_NOISE = 6; // 15 dB; with less between them nobody can tell which is which
const THRESHOLD = 0.3; // of the way from noise to speech, in decibels
const QUIETEST = 1e-4; // silence that a computer made has no noise at all
const WORD_S = 0.2; // a click is shorter
const BEFORE_S = 0.3;
const BEHIND_S = 0.5; // words fade
const WORTH_S = 0.5;

/**
 * The part without the silence at its ends; null where there is none, or no telling.
 * @param {Levels} levels
 * @param {number} duration seconds
 * @returns {Range|null}
 */
export function withoutSilence({ values, rate }, duration) {
  const sorted = values.toSorted();
  const quantile = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const [noise, speech] = [Math.max(QUIETEST, quantile(0.05)), quantile(0.95)];
  if (speech < noise * SPEECH_OVER_NOISE) return null;
  const threshold = noise * (speech / noise) ** THRESHOLD;
  const [first, last] = [firstWord(values, threshold, rate), firstWord(values.toReversed(), threshold, rate)];
  if (first === null || last === null) return null;
  const start = Math.floor((first / rate - BEFORE_S) * 10) / 10;
  const end = Math.ceil(((values.length - last) / rate + BEHIND_S) * 10) / 10;
  const kept = { start: start < WORTH_S ? 0 : start, end: end > duration - WORTH_S ? duration : end };
  const cuts = kept.start > 0 || kept.end < duration;
  return cuts && kept.end - kept.start >= SHORTEST_S ? kept : null;
}

/** Where values are above a threshold for most of a word's length, for the first time. @param {Float32Array} values @param {number} threshold @param {number} rate */
function firstWord(values, threshold, rate) {
  const length = Math.round(WORD_S * rate);
  let loud = 0;
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] > threshold) loud += 1;
    if (at >= length && values[at - length] > threshold) loud -= 1;
    if (loud * 2 > length) return values.findIndex((value, n) => n > at - length && value > threshold);
  }
  return null;
}

/**
 * What a suggestion takes off a range, in seconds at its beginning and its end; null where that is nothing.
 * @param {Range} range
 * @param {Range|null} suggested
 */
export function silenceIn(range, suggested) {
  if (!suggested) return null;
  const worth = (/** @type {number} */ seconds) => (seconds >= WORTH_S ? seconds : 0);
  const [start, end] = [worth(suggested.start - range.start), worth(range.end - suggested.end)];
  const left = range.end - end - (range.start + start);
  return (start || end) && left >= SHORTEST_S ? { start, end } : null;
}
