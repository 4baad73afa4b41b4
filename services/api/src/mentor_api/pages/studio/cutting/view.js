// The window of time that the strip shows, and how fine a drag is.

/** @typedef {{from: number, to: number}} View seconds */

export const SHORTEST_VIEW_S = 2;
const MARGIN = 0.05; // of the view, between its edges and what it is moved for
/** How far below the strip a drag becomes finer, and how much. @type {[number, number][]} */
const FINER = [
  [96, 1 / 16],
  [32, 1 / 4],
];
const TENTHS_FROM_S = 0.02; // a pixel of more seconds chooses tenths, one of fewer hundredths

/** @param {View} view */
export const lengthOf = ({ from, to }) => to - from;

/** @param {View} view @param {number} duration seconds */
export const isWhole = (view, duration) => lengthOf(view) >= duration;

/** Where in the view a moment is: 0 at its left edge, 1 at its right one. @param {View} view @param {number} at seconds */
export const shareOf = (view, at) => (at - view.from) / (lengthOf(view) || 1);

/** The place of a moment as CSS has it; of one outside of the view, the nearer edge. @param {View} view @param {number} at seconds */
export const percent = (view, at) => Math.min(1, Math.max(0, shareOf(view, at))) * 100;

/** The moment at a share of the view. @param {View} view @param {number} share */
export const secondsAt = (view, share) => view.from + share * lengthOf(view);

/**
 * A view of so many times the detail, in which a moment keeps its place.
 * @param {View} view
 * @param {number} factor more than 1 shows less time
 * @param {number} at seconds
 * @param {number} duration seconds
 */
export function zoomed(view, factor, at, duration) {
  const shortest = Math.min(SHORTEST_VIEW_S, duration);
  const length = Math.min(duration, Math.max(shortest, lengthOf(view) / factor));
  return placed(at - shareOf(view, at) * length, length, duration);
}

/** A view moved along the video. @param {View} view @param {number} by seconds @param {number} duration seconds */
export const panned = (view, by, duration) => placed(view.from + by, lengthOf(view), duration);

/** A view moved as little as shows a moment. @param {View} view @param {number} at seconds @param {number} duration seconds */
export function showing(view, at, duration) {
  const margin = lengthOf(view) * MARGIN;
  if (at < view.from + margin) return placed(at - margin, lengthOf(view), duration);
  if (at > view.to - margin) return placed(at + margin - lengthOf(view), lengthOf(view), duration);
  return view;
}

/** @param {number} from @param {number} length @param {number} duration @returns {View} */
function placed(from, length, duration) {
  const start = Math.min(Math.max(0, from), Math.max(0, duration - length));
  return { from: start, to: start + length };
}

/** What a drag's movement counts so many pixels below the strip. @param {number} below */
export const fineness = (below) => FINER.find(([from]) => below >= from)?.[1] ?? 1;

/** A moment as fine as a drag can choose it. @param {number} seconds @param {number} perPixel seconds of a pixel */
export function snapped(seconds, perPixel) {
  const parts = perPixel >= TENTHS_FROM_S ? 10 : 100;
  return Math.round(seconds * parts) / parts;
}
