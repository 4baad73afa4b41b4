// Recordings are sent while they are made, before anybody has pressed Send: then little is left to be sent. What is not
// sent in the end is aborted, in the store as well.
import { effect, h, signal } from "../../shared/ui.js";
import * as api from "../api.js";
import { state } from "../store.js";
import { ahead as texts } from "../texts.js";
import { PARALLEL, Transfer } from "./multipart.js";
import { tryNow } from "./retry.js";
import { Source } from "./source.js";
import * as unfinished from "./unfinished-uploads.js";

/**
 * @typedef {import("../takes/database.js").Take} Take
 * @typedef {{take: Take, source: Source, transfer: Transfer, release: () => void, key: Promise<string>}} Ahead `key` of the file that is made once it is released
 */

/** @type {Map<string, Ahead>} by take */
const underWay = new Map();
/** Questions whose recording is on its way already. */
const questions = signal(/** @type {string[]} */ ([]));
/** Whether a recording runs: what is sent beside it keeps small, and nobody is asked to sign in meanwhile. */
export const recording = signal(false);

/** The server's routes for parts, which disturb no recording. */
export const parts = api.partsWith(() => ({ quiet: recording.peek() }));

const lockOf = (/** @type {string} */ id) => `studio-ahead/${id}`;

/**
 * Begin to send a recording of which there is nothing yet.
 * @param {Take} take
 * @returns {{append: (piece: Blob) => void, end: () => void}}
 */
export function sendAhead(take) {
  for (const one of underWay.values()) if (one.take.question === take.question) abandon(one);
  const source = new Source();
  const transfer = new Transfer(source, state.peek().maxBytes, null, parts);
  transfer.lanes = () => (source.ended ? PARALLEL : 1);
  transfer.onBegun = (begun) => unfinished.save(about(take, begun));
  let release = () => {};
  const released = /** @type {Promise<void>} */ (new Promise((resolve) => (release = resolve)));
  const one = { take, source, transfer, release, key: transfer.run(released) };
  one.key.catch(() => abandon(one)); // it is sent from its beginning, and complained of, when it is wanted
  navigator.locks?.request(lockOf(take.id), () => one.key).catch(() => {});
  underWay.set(take.id, one);
  tell();
  const end = () => {
    source.end();
    tell();
    tryNow(); // what was kept quiet
  };
  return { append: (piece) => source.append(piece), end };
}

/** Hand over what is sent of a take, which is wanted now. @param {string} id @returns {Ahead|null} */
export function takeOver(id) {
  const one = underWay.get(id) ?? null;
  underWay.delete(id);
  if (one) one.transfer.onBegun = () => {};
  tell();
  return one;
}

/** Let go from now on of recordings that are neither made nor looked at any more. */
export function followState() {
  effect(() => {
    const now = state.value;
    for (const one of underWay.values()) if (!isHeld(now, one.take)) abandon(one);
  });
  addEventListener("pagehide", () => {
    for (const { take, transfer } of underWay.values()) if (transfer.begun) forget(take.id, transfer.begun);
  });
}

/** Abort all, as of somebody who leaves. */
export const abandonAll = () => [...underWay.values()].forEach(abandon);

/** Abort what an earlier visit left behind, unless another tab has it. @param {import("./unfinished-uploads.js").UnfinishedUpload} upload */
export function abortAbandoned({ id, begun }) {
  const abort = () => (begun ? forget(id, begun) : unfinished.remove(id));
  if (!navigator.locks) return abort();
  return navigator.locks.request(lockOf(id), { ifAvailable: true }, (lock) => (lock ? abort() : undefined));
}

/**
 * Whether a take may still be sent from where the person is.
 * @param {import("../state.js").State} state @param {Take} take
 */
export function isHeld({ mentor, user, work }, { id, owner, question, mentor: of }) {
  const now = work[question];
  const open = mentor?.mentor === of && user === owner;
  return open && (now?.step === "record" || (now?.step === "prepare" && now.take === id));
}

/** @param {Ahead} one */
function abandon({ take, transfer }) {
  if (underWay.get(take.id)?.transfer !== transfer) return;
  underWay.delete(take.id);
  tell();
  transfer.stop();
  if (transfer.begun) forget(take.id, transfer.begun);
}

/** Abort in the store; where that fails the next visit does it. @param {string} id @param {import("./multipart.js").Begun} begun */
export const forget = (id, begun) => parts.abort(begun).then(() => unfinished.remove(id), () => {});

function tell() {
  const all = [...underWay.values()];
  recording.value = all.some(({ source }) => !source.ended);
  questions.value = all.map(({ take }) => take.question);
}

/** @param {Take} take @param {import("./multipart.js").Begun} begun @returns {import("./unfinished-uploads.js").UnfinishedUpload} */
function about({ id, owner, mentor, question }, begun) {
  const wishes = { trim: null, thumbnail: false, keepText: false };
  const file = { name: "", size: 0, modified: 0, whole: false };
  return { id, owner, mentor, mentorName: "", question, text: "", take: id, ...file, wishes, begun, paused: false, wanted: false };
}

/** Says that a recording is sent already, and what that means. @param {{question: string}} props */
export function AheadNote({ question }) {
  if (!questions.value.includes(question)) return null;
  return h("p", { class: "small soft" }, recording.value ? texts.recording : texts.recorded);
}
