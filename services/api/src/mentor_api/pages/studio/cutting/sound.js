// How loud a file is along its length, decoded in pieces: a whole one of some minutes would fill a phone's memory.
import { piecesOf } from "./sound-pieces.js";

const RATE = 50; // values a second
const SOUND_RATE = 8000;
const PIECE_BYTES = 8e6;

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
  let at = 0;
  const known = () => ({ values: values.subarray(0, Math.ceil(at * RATE)), rate: RATE });
  try {
    for await (const piece of piecesOf(file, duration, pieceBytes)) {
      const context = new OfflineAudioContext(1, SOUND_RATE, SOUND_RATE);
      const sound = await context.decodeAudioData(await piece.arrayBuffer());
      if (signal.aborted) return null;
      addLevels(values, sound, Math.round(at * RATE));
      at += sound.duration;
      onLevels(known());
    }
    return at > 0 ? known() : null;
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
