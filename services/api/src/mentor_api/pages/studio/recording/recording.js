// A recording that runs: each piece goes into the browser's store as it comes, so that no crash takes more than the last.
import { signal } from "../../shared/ui.js";
import * as takes from "../takes/takes.js";
import { sendAhead } from "../uploads/ahead.js";
import { keepAwake } from "./awake.js";
import { RecordedTime } from "./recorded-time.js";
import { fileOf, recorderOf } from "./recorder.js";

const PIECE_MS = 1000;

/**
 * @typedef {object} Recording
 * @property {() => void} stop
 * @property {RecordedTime} time
 * @property {Promise<{file: File, take: import("../takes/takes.js").Take|null}>} done resolves when it has ended and is kept; `take` is null where the browser did not keep it
 */

/** The recording that runs, until it is kept. */
export const running = signal(/** @type {Recording|null} */ (null));

/** Stop what is recorded; resolves when it is kept. */
export async function stopRunning() {
  const recording = running.peek();
  recording?.stop();
  await recording?.done;
}

/**
 * Begin to record an answer.
 * @param {MediaStream} stream
 * @param {string|undefined} kind MIME type
 * @param {string} question
 * @param {(kept: boolean) => void} onKept told after each piece whether all so far is in the browser's store
 * @returns {Recording}
 */
export function startRecording(stream, kind, question, onKept) {
  const recorder = recorderOf(stream, kind);
  const time = new RecordedTime(recorder);
  /** @type {Blob[]} */
  const pieces = [];
  let take = takes.begun(question, recorder.mimeType);
  const ahead = sendAhead(take);
  let stored = 0;
  let storing = Promise.resolve();
  const store = async () => {
    try {
      // What found no room is tried again with the next piece.
      for (; stored < pieces.length; stored += 1) await takes.append(take, stored, pieces[stored]);
      onKept(true);
    } catch {
      onKept(false);
    }
  };
  recorder.ondataavailable = ({ data }) => {
    if (data.size === 0) return;
    pieces.push(data);
    ahead.append(data);
    // The recorder settles its kind when it starts.
    take = { ...take, kind: recorder.mimeType, bytes: take.bytes + data.size, seconds: time.seconds };
    storing = storing.then(store);
  };
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  const letSleep = keepAwake();
  const keep = async () => {
    await ended;
    ahead.end();
    letSleep();
    await storing;
    const kept = stored === pieces.length && stored > 0;
    if (kept) takes.show(take);
    running.value = null;
    return { file: fileOf(pieces, take.kind, take.at), take: kept ? take : null };
  };
  const stop = () => recorder.state !== "inactive" && recorder.stop();
  recorder.start(PIECE_MS);
  const recording = { stop: () => void stop(), time, done: keep() };
  running.value = recording;
  return recording;
}
