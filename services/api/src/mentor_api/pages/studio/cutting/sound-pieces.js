// A file in pieces whose sound is decoded one by one.
import { outermost } from "./mp4-boxes.js";
import { soundPieces } from "./mp4-sound.js";

const LARGEST_WHOLE = 80e6; // of a file that cannot be taken apart
const LONGEST_WHOLE_S = 900;
const READ_BYTES = 8e6;
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/**
 * Files that play one after the other as a file does. MP4 in fragments and WebM, as browsers record them, have pieces
 * behind a common head; of other MP4, as phones make them, the sound is taken out; any other file is one piece, or none
 * where it is too large.
 * @param {Blob} file
 * @param {number} duration seconds
 * @param {number} pieceBytes of a piece, at least
 */
export async function* piecesOf(file, duration, pieceBytes) {
  const begin = new Uint8Array(await file.slice(0, EBML.length).arrayBuffer());
  const isWebm = EBML.every((byte, n) => begin[n] === byte);
  const boxes = isWebm ? [] : await outermost(file);
  const starts = isWebm ? await clusterStarts(file) : boxes.filter(({ name }) => name === "moof").map(({ start }) => start);
  if (starts.length > 1) return yield* cut(file, starts, pieceBytes);
  const index = boxes.find(({ name }) => name === "moov");
  let found = false;
  if (index) for await (const piece of soundPieces(file, { ...index, start: index.start + 8 })) yield ((found = true), piece);
  if (!found && file.size <= LARGEST_WHOLE && duration <= LONGEST_WHOLE_S) yield file;
}

/** @param {Blob} file @param {number[]} starts of what plays behind the file's head @param {number} pieceBytes */
function* cut(file, starts, pieceBytes) {
  const cuts = [starts[0]];
  for (const start of starts) if (start - cuts[cuts.length - 1] >= pieceBytes) cuts.push(start);
  for (const [n, start] of cuts.entries()) yield new Blob([file.slice(0, starts[0]), file.slice(start, cuts[n + 1])]);
}

/** Where the clusters of a WebM begin: those of recordings say no length, so they are looked for. @param {Blob} file */
async function clusterStarts(file) {
  const starts = [];
  for (let from = 0; from < file.size; from += READ_BYTES) {
    const bytes = new Uint8Array(await file.slice(from, from + READ_BYTES + CLUSTER.length - 1).arrayBuffer());
    for (let at = bytes.indexOf(CLUSTER[0]); at >= 0; at = bytes.indexOf(CLUSTER[0], at + 1)) {
      if (CLUSTER.every((byte, n) => bytes[at + n] === byte)) starts.push(from + at);
    }
  }
  return starts;
}
