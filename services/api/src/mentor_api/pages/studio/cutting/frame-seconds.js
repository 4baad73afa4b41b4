// How long a frame of a video lasts, which browsers do not say: MP4 and MOV have it in a table.
import { inside, outermost, trackOf } from "./mp4-boxes.js";

/** Cameras record 30 frames a second. */
export const USUAL_FRAME_S = 1 / 30;
const [SHORTEST_S, LONGEST_S] = [1 / 480, 1 / 5]; // anything else is no film
const LARGEST_INDEX = 64e6;

/** @typedef {{count: number, seconds: number}} Run frames that last as long as each other */

/** Seconds that a frame of a file lasts; the usual where the file does not say it. @param {Blob} file */
export async function frameSeconds(file) {
  try {
    const index = (await outermost(file)).find(({ name }) => name === "moov");
    if (!index || index.end - index.start > LARGEST_INDEX) return USUAL_FRAME_S;
    const view = new DataView(await file.slice(index.start + 8, index.end).arrayBuffer());
    return typicalSeconds(runsOf(view));
  } catch {
    return USUAL_FRAME_S; // cut off, or no file that can be read any more
  }
}

/**
 * The length that half of the frames do not exceed: single frames of a camera are held longer.
 * @param {Run[]} runs
 */
export function typicalSeconds(runs) {
  const half = runs.reduce((sum, { count }) => sum + count, 0) / 2;
  let before = 0;
  const middle = runs.toSorted((a, b) => a.seconds - b.seconds).find(({ count }) => (before += count) >= half);
  return middle && middle.seconds >= SHORTEST_S && middle.seconds <= LONGEST_S ? middle.seconds : USUAL_FRAME_S;
}

/** How long the pictures of an index last, in runs; none where its file is in fragments. @param {DataView} view the inside of `moov` @returns {Run[]} */
function runsOf(view) {
  const track = trackOf(view, "vide");
  const header = track && inside(view, track, "mdia", "mdhd");
  const table = track && inside(view, track, "mdia", "minf", "stbl", "stts");
  if (!header || !table) return [];
  const isLong = view.getUint8(header.start) === 1; // times of 64 bits stand before the scale
  const scale = view.getUint32(header.start + (isLong ? 20 : 12));
  const length = Math.min(view.getUint32(table.start + 4), (table.end - table.start - 8) >> 3);
  return Array.from({ length }, (_, n) => ({
    count: view.getUint32(table.start + 8 + 8 * n),
    seconds: view.getUint32(table.start + 12 + 8 * n) / scale,
  }));
}
