// How loud a file is along its length, decoded in pieces: a whole one of some minutes would fill a phone's memory.

const RATE = 50; // values a second
const SOUND_RATE = 8000;
const PIECE_BYTES = 8e6;
const LARGEST_WHOLE = 80e6; // of a file that cannot be taken apart
const LONGEST_WHOLE_S = 900;
const MOST_BOXES = 20_000;
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/** @typedef {import("./silence.js").Levels} Levels */

/**
 * The loudness of a file, told as far as it is known after each piece; resolves to null where it cannot be decoded.
 * @param {Blob} file
 * @param {number} duration seconds
 * @param {(levels: Levels) => void} onLevels
 * @param {AbortSignal} signal
 * @param {number} [pieceBytes] of a piece, at least
 * @returns {Promise<Levels|null>}
 */
export async function readLevels(file, duration, onLevels, signal, pieceBytes = PIECE_BYTES) {
  const values = new Float32Array(Math.ceil(duration * RATE));
  try {
    const pieces = await piecesOf(file, pieceBytes);
    if (pieces.length === 1 && (file.size > LARGEST_WHOLE || duration > LONGEST_WHOLE_S)) return null;
    let at = 0;
    const known = () => ({ values: values.subarray(0, Math.ceil(at * RATE)), rate: RATE });
    for (const piece of pieces) {
      const context = new OfflineAudioContext(1, SOUND_RATE, SOUND_RATE);
      const sound = await context.decodeAudioData(await piece.arrayBuffer());
      if (signal.aborted) return null;
      addLevels(values, sound, Math.round(at * RATE));
      at += sound.duration;
      onLevels(known());
    }
    return known();
  } catch {
    return null; // no sound, or of a kind that the browser cannot read
  }
}

/** @param {Float32Array} values @param {AudioBuffer} sound @param {number} from index of its first value */
function addLevels(values, sound, from) {
  const length = SOUND_RATE / RATE;
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    const samples = sound.getChannelData(channel);
    for (let n = 0; n * length < samples.length && from + n < values.length; n += 1) {
      const found = samples.subarray(n * length, (n + 1) * length);
      const power = found.reduce((sum, sample) => sum + sample * sample, 0) / found.length;
      values[from + n] = Math.max(values[from + n], Math.sqrt(power));
    }
  }
}

/**
 * Files that play one after the other as a file does: MP4 in fragments and WebM, as browsers record them, have pieces
 * behind a common head. Any other file is one piece.
 * @param {Blob} file
 * @param {number} pieceBytes of a piece, at least
 * @returns {Promise<Blob[]>}
 */
export async function piecesOf(file, pieceBytes) {
  const begin = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isWebm = EBML.every((byte, n) => begin[n] === byte);
  const starts = isWebm ? await clusterStarts(file) : await fragmentStarts(file);
  if (starts.length < 2) return [file];
  const head = file.slice(0, starts[0]);
  const cuts = [starts[0]];
  for (const start of starts) if (start - cuts[cuts.length - 1] >= pieceBytes) cuts.push(start);
  return cuts.map((start, n) => new Blob([head, file.slice(start, cuts[n + 1])]));
}

/** Where the fragments of an MP4 begin. @param {Blob} file */
async function fragmentStarts(file) {
  const starts = [];
  let at = 0;
  for (let boxes = 0; at + 16 <= file.size && boxes < MOST_BOXES; boxes += 1) {
    const header = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const name = header.getUint32(4);
    if (name === 0x6d6f6f66) starts.push(at); // moof
    const size = header.getUint32(0);
    const length = size === 1 ? Number(header.getBigUint64(8)) : size;
    if (length < 8) break; // 0: to the end of the file
    at += length;
  }
  return starts;
}

/** Where the clusters of a WebM begin: those of recordings say no length, so they are looked for. @param {Blob} file */
async function clusterStarts(file) {
  const starts = [];
  for (let from = 0; from < file.size; from += PIECE_BYTES) {
    const bytes = new Uint8Array(await file.slice(from, from + PIECE_BYTES + CLUSTER.length - 1).arrayBuffer());
    for (let at = bytes.indexOf(CLUSTER[0]); at >= 0; at = bytes.indexOf(CLUSTER[0], at + 1)) {
      if (CLUSTER.every((byte, n) => bytes[at + n] === byte)) starts.push(from + at);
    }
  }
  return starts;
}

/**
 * The loudest of each of at most `most` pieces of a span, as a share of the loudest of all; 0 where nothing is known.
 * @param {Levels} levels
 * @param {import("./view.js").View} view
 * @param {number} most
 */
export function bars({ values, rate }, { from, to }, most) {
  const [first, last] = [Math.floor(from * rate), Math.ceil(to * rate)];
  const count = Math.max(1, Math.min(most, last - first));
  const loudest = Math.max(0.01, values.reduce((a, b) => Math.max(a, b), 0));
  return Array.from({ length: count }, (_, n) => {
    const [start, end] = [n, n + 1].map((part) => first + Math.round(((last - first) * part) / count));
    return values.subarray(start, Math.max(start + 1, end)).reduce((a, b) => Math.max(a, b), 0) / loudest;
  });
}
