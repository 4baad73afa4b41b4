// The sound of an MP4 or MOV whose index says where each frame of it is: read without the pictures, a twentieth of the file.
// The decoder's configuration: ISO/IEC 14496-1 and -3; the frames that are made of it (ADTS): 13818-7.
import { inside, nameAt, trackOf } from "./mp4-boxes.js";

const PIECE_FRAMES = 1500; // about half a minute
const MOST_FRAMES = 2e6; // half a day
const LARGEST_INDEX = 64e6;
const AAC = 0x40;
const [LOW_COMPLEXITY, BY_VALUE] = [2, 15];
const HEADER_BYTES = 7;

/** @typedef {import("./mp4-boxes.js").Box} Box */
/** @typedef {{profile: number, rate: number, channels: number}} Config of a decoder: indexes of the standard's tables */

/**
 * Pieces of a file's sound, each of which can be decoded by itself; none where it is not AAC.
 * @param {Blob} file
 * @param {Box} index the file's box `moov`
 */
export async function* soundPieces(file, index) {
  if (index.end - index.start > LARGEST_INDEX) return;
  const view = new DataView(await file.slice(index.start, index.end).arrayBuffer());
  const track = trackOf(view, "soun"); // the first
  const table = track && inside(view, track, "mdia", "minf", "stbl");
  const config = table && configOf(view, table);
  if (!config) return;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let frames = [];
  for (const { at, sizes } of chunksOf(view, table)) {
    const bytes = new Uint8Array(await file.slice(at, at + sizes.reduce((a, b) => a + b, 0)).arrayBuffer());
    let from = 0;
    for (const size of sizes) frames.push(adts(config, bytes.subarray(from, (from += size))));
    if (frames.length < PIECE_FRAMES) continue;
    yield new Blob(frames);
    frames = [];
  }
  if (frames.length) yield new Blob(frames);
}

/** How frames of AAC are decoded; null for any other sound. @param {DataView} view @param {Box} table @returns {Config|null} */
function configOf(view, table) {
  const descriptions = inside(view, table, "stsd");
  if (!descriptions) return null;
  // MP4 and the versions of MOV have it at different depths.
  let at = descriptions.start;
  while (nameAt(view, at) !== "esds") if (++at + 4 > descriptions.end) return null;
  at += 8;
  const enter = () => {
    at += 1;
    while (view.getUint8(at) & 0x80) at += 1;
    at += 1;
  };
  enter();
  const flags = view.getUint8(at + 2);
  at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x40 ? 1 + view.getUint8(at + 3) : 0) + (flags & 0x20 ? 2 : 0);
  enter();
  if (view.getUint8(at) !== AAC) return null;
  at += 13;
  enter();
  const bits = view.getUint16(at);
  const [type, rate, channels] = [bits >> 11, (bits >> 7) & 15, (bits >> 3) & 15];
  // What extends low complexity has frames of it within.
  return rate === BY_VALUE || channels === 0 ? null : { profile: type <= 4 ? type : LOW_COMPLEXITY, rate, channels };
}

/** Where frames lie side by side, and the size of each. @param {DataView} view @param {Box} table @returns {Generator<{at: number, sizes: number[]}>} */
function* chunksOf(view, table) {
  const [sizes, runs] = [inside(view, table, "stsz"), inside(view, table, "stsc")];
  const [near, far] = [inside(view, table, "stco"), inside(view, table, "co64")];
  const offsets = near ?? far;
  if (!sizes || !runs || !offsets) return;
  const common = view.getUint32(sizes.start + 4);
  const sizeOf = (/** @type {number} */ frame) => common || view.getUint32(sizes.start + 12 + 4 * frame);
  const offsetOf = (/** @type {number} */ chunk) =>
    near ? view.getUint32(near.start + 8 + 4 * chunk) : Number(view.getBigUint64(offsets.start + 8 + 8 * chunk));
  const [frames, chunks, changes] = [view.getUint32(sizes.start + 8), view.getUint32(offsets.start + 4), view.getUint32(runs.start + 4)];
  if (frames > MOST_FRAMES) return;
  let [frame, run] = [0, 0];
  for (let chunk = 0; chunk < chunks && frame < frames; chunk += 1) {
    // Runs count chunks from one on.
    if (run + 1 < changes && view.getUint32(runs.start + 8 + 12 * (run + 1)) === chunk + 1) run += 1;
    const count = Math.min(view.getUint32(runs.start + 12 + 12 * run), frames - frame);
    const first = frame;
    yield { at: offsetOf(chunk), sizes: Array.from({ length: count }, (_, n) => sizeOf(first + n)) };
    frame += count;
  }
}

/** A frame with the header that says how it is decoded. @param {Config} config @param {Uint8Array} frame */
function adts({ profile, rate, channels }, frame) {
  const length = frame.length + HEADER_BYTES;
  const framed = new Uint8Array(length);
  framed.set([0xff, 0xf1, ((profile - 1) << 6) | (rate << 2) | (channels >> 2)]);
  framed.set([((channels & 3) << 6) | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc], 3);
  framed.set(frame, HEADER_BYTES);
  return framed;
}
