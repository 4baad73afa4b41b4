// Files on their way to the server. They go on whatever the page shows; the store says how far each is.
import { Problem } from "../../shared/problem.js";
import * as api from "../api.js";
import { announce } from "../../shared/dom.js";
import { dispatch, state, work } from "../store.js";
import * as takes from "../takes/takes.js";
import { Sending } from "./multipart.js";
import * as unfinished from "./unfinished-uploads.js";

const SPEED_WINDOW_MS = 8000;
const SHORTEST_WINDOW_MS = 500;

/**
 * @typedef {{file: File, take: string|null, mentor: string, question: string, wishes: import("../state.js").Wishes, recorded: boolean, begun: import("./multipart.js").Begun|null}} Parcel
 */

/** @type {Map<string, {parcel: Parcel, sending: Sending|null}>} by question */
const underWay = new Map();

/** Send a file, from where it was interrupted if it has begun. @param {Parcel} parcel */
export function send(parcel) {
  const { file, wishes, recorded, question } = parcel;
  work(question, { step: "sending", file, wishes, recorded, phase: "sending", sent: 0, secondsLeft: NaN, problem: null });
  underWay.set(question, { parcel, sending: null });
  return run(question);
}

/** Try again after a failure. @param {string} question */
export function sendAgain(question) {
  tell(question, { phase: "sending", problem: null });
  return run(question);
}

/** @param {string} question */
export const pause = (question) => underWay.get(question)?.sending?.pause();

/** @param {string} question */
export const resume = (question) => underWay.get(question)?.sending?.resume();

/** Send no more of a file and forget what has arrived; the file itself stays with the person. @param {string} question */
export async function giveUp(question) {
  const one = underWay.get(question);
  if (!one) return;
  one.sending?.stop();
  underWay.delete(question);
  unfinished.remove(one.parcel.mentor, question);
  work(question, { step: "choose" });
  // The store drops the parts by itself in two days if this does not reach it.
  if (one.parcel.begun) await api.parts.abort(one.parcel.begun).catch(() => {});
}

/** Stop all: another mentor's answers are shown. */
export function stopAll() {
  for (const { sending } of underWay.values()) sending?.stop();
  underWay.clear();
}

/** @param {string} question */
async function run(question) {
  const one = underWay.get(question);
  if (!one) return;
  const { parcel } = one;
  try {
    const begun = (parcel.begun ??= await api.parts.begin(parcel.file.size));
    unfinished.save({ ...about(parcel), begun });
    const speed = speedometer();
    const sending = new Sending(parcel.file, begun, api.parts, (progress) => tell(question, read(progress, sending, speed)));
    one.sending = sending;
    await sending.run();
    if (sending.stopped) return;
    tell(question, { phase: "arrived", sent: parcel.file.size, secondsLeft: NaN });
    const id = await accept(parcel, begun.key);
    unfinished.remove(parcel.mentor, question);
    underWay.delete(question);
    accepted(parcel, id);
    await takes.sent(parcel, id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    one.sending?.stop();
    if (error.status === 404) parcel.begun = null;
    announce(error.message);
    tell(question, { phase: "failed", problem: error });
  }
}

/** @param {string} question @param {Partial<import("../state.js").Sending>} change */
const tell = (question, change) => dispatch({ type: "sending", question, change });

/**
 * What the store is told of a sending's progress.
 * @param {import("./multipart.js").Progress} progress
 * @param {{paused: boolean}} sending
 * @param {(sent: number) => number} speed
 * @returns {Partial<import("../state.js").Sending>}
 */
function read({ sent, total, waiting }, { paused }, speed) {
  const phase = paused ? "paused" : waiting ? "waiting" : "sending";
  return { phase, sent, secondsLeft: phase === "sending" ? (total - sent) / speed(sent) : NaN };
}

/** A function of the bytes that are sent by now; it returns how many a second of late, or NaN. */
function speedometer() {
  /** @type {[number, number][]} */
  const history = [];
  return (/** @type {number} */ sent) => {
    const now = performance.now();
    history.push([now, sent]);
    while (history.length > 2 && now - history[0][0] > SPEED_WINDOW_MS) history.shift();
    const [at, before] = history[0];
    return now - at < SHORTEST_WINDOW_MS ? NaN : ((sent - before) / (now - at)) * 1000;
  };
}

/** @param {Parcel} parcel */
function about({ file, mentor, question, wishes }) {
  const { name, size: bytes, lastModified } = file;
  return { name, size: bytes, modified: lastModified, mentor, question, wishes, at: Date.now() };
}

/** Hand a video in; returns the upload's id. @param {Parcel} parcel @param {string} video */
async function accept({ mentor, question, wishes }, video) {
  const accepted = await api.accept({
    mentor,
    question,
    video,
    isVbgVideo: false,
    generateThumbnail: wishes.thumbnail,
    hasEditedTranscript: wishes.keepText,
    ...(wishes.trim ? { trim: wishes.trim } : {}),
  });
  return accepted.upload_id;
}

/** The upload is the newest of its question until its first status says more. @param {Parcel} parcel @param {string} id */
function accepted({ mentor, question }, id) {
  const now = state.peek().work[question];
  const recorded = now?.step === "sending" && now.recorded;
  const upload = { upload_id: id, mentor, question, state: "QUEUED", tasks: [], finished_at: null, accepted_at: null };
  dispatch({ type: "uploads", uploads: [upload] });
  work(question, { step: "progress", recorded });
}
