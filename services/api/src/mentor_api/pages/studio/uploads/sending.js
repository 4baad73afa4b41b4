// Files on their way to the server, of whatever question and mentor. They go on until they have arrived, at this visit or the
// next; the store says how far each is.
import { announce } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import { effect } from "../../shared/ui.js";
import * as api from "../api.js";
import { questionOf } from "../standing.js";
import { dispatch, state, work } from "../store.js";
import * as takes from "../takes/takes.js";
import { accept } from "./accepting.js";
import * as ahead from "./ahead.js";
import { alone } from "./alone.js";
import { PARALLEL, Transfer } from "./multipart.js";
import { persistently, tryNow, verdictOf } from "./retry.js";
import { Source } from "./source.js";
import { speedometer } from "./speed.js";
import * as unfinished from "./unfinished-uploads.js";

/** The others wait for their turn. */
const FILES_AT_ONCE = 2;

/**
 * @typedef {import("./unfinished-uploads.js").UnfinishedUpload} Upload
 * @typedef {{upload: Upload, file: File|null, early: ahead.Ahead|null, transfer: Transfer|null, leaving: AbortController}} Delivery `early`: what is on its way already
 */

/** @type {Map<string, Delivery>} by upload, in their order */
const underWay = new Map();

/**
 * Send a file as the answer to a question of the mentor that is open.
 * @param {{file: File, take: string|null, question: string, wishes: import("../state.js").Wishes, recorded: boolean}} parcel
 */
export function send({ file, take, question, wishes, recorded }) {
  const { user, mentor } = state.peek();
  const id = take ?? crypto.randomUUID();
  for (const { upload } of [...underWay.values()]) {
    const replaced = upload.mentor === mentor?.mentor && upload.question === question && upload.id !== id;
    if (replaced && state.peek().sendings[upload.id]?.phase !== "elsewhere") giveUp(upload.id);
  }
  const about = { id, owner: user, mentor: mentor?.mentor ?? "", mentorName: mentor?.name ?? "", question, take };
  const text = questionOf(state.peek(), question)?.text ?? "";
  const kept = { name: file.name, size: file.size, modified: file.lastModified, wishes };
  const upload = { ...about, text, ...kept, begun: null, whole: false, paused: false, wanted: true };
  return start(upload, file, () => work(question, { step: "sending", recorded }));
}

/** Go on with what an earlier visit of the same person has not finished. */
export function resumeAll() {
  for (const upload of unfinished.list(state.peek().user)) {
    if (upload.wanted) start(upload, null);
    else ahead.abortAbandoned(upload);
  }
}

/** Go on with a file that was chosen again. @param {string} id @param {File} file */
export async function goOnWith(id, file) {
  const upload = unfinished.find(id);
  if (upload) await start({ ...upload, paused: false }, file);
}

/** Try again what was refused. @param {string} id */
export async function sendAgain(id) {
  const one = underWay.get(id);
  if (one) await start(one.upload, one.file);
}

/** @param {string} id */
export function pause(id) {
  const one = underWay.get(id);
  if (!one) return;
  keep(one, { paused: true });
  one.transfer?.pause();
  tell(one, { phase: "paused", secondsLeft: NaN });
  nudgeAll();
}

/** @param {string} id */
export function resume(id) {
  const one = underWay.get(id);
  if (!one) return;
  keep(one, { paused: false });
  one.transfer?.resume();
  nudgeAll();
}

/** Send no more of a file and have the store forget what has arrived; the file itself stays with the person. @param {string} id */
export function giveUp(id) {
  const one = underWay.get(id);
  if (!one) return;
  const { begun } = one.upload;
  keep(one, { wanted: false });
  drop(one, { step: "choose" });
  if (begun) ahead.forget(id, begun);
  else unfinished.remove(id);
}

/** Give up all, as of somebody who deletes what is kept here. */
export const giveUpAll = () => [...underWay.keys()].forEach(giveUp);

/** Have what is sent follow from now on what is recorded beside it. */
export function followState() {
  effect(() => {
    if (!ahead.recording.value) tryNow(); // what was kept quiet
    nudgeAll();
  });
}

/** @param {Upload} wanted @param {File|null} file null where it has to be found or chosen again @param {() => void} [onStarted] */
async function start(wanted, file, onStarted = () => {}) {
  const { id } = wanted;
  const early = ahead.takeOver(id);
  const upload = { ...wanted, begun: early?.transfer.begun ?? wanted.begun };
  /** @type {Delivery} */
  const one = { upload, file, early, transfer: early?.transfer ?? null, leaving: new AbortController() };
  one.leaving.signal.addEventListener("abort", () => one.transfer?.stop());
  const stored = file === null || unfinished.save(upload);
  underWay.set(id, one);
  dispatch({ type: "sending", sending: shown(upload, file || upload.take ? "queued" : "file-needed") });
  onStarted();
  try {
    await alone(id, one.leaving.signal, () => tell(one, { phase: "elsewhere", secondsLeft: NaN }), async (turn) => {
      const known = unfinished.find(id);
      if (stored && !known?.wanted) return finishedElsewhere(one);
      one.upload = known ?? upload;
      await deliver(one, turn);
    });
  } catch (error) {
    if (one.leaving.signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    one.leaving.abort();
    announce(error.message);
    tell(one, { phase: "failed", problem: error });
  } finally {
    nudgeAll();
  }
}

/** @param {Delivery} one @param {AbortSignal} turn says stop */
async function deliver(one, turn) {
  const { upload } = one;
  one.file ??= upload.take ? await takes.fileWithId(upload.take) : null;
  if (!one.file && upload.take) return giveUp(upload.id); // deleted, or cleared by the browser
  if (!one.file) return tell(one, { phase: "file-needed" });
  for (let tries = 1; ; tries += 1) {
    const key = (one.upload.whole && one.upload.begun?.key) || (await transfer(one, one.file, turn));
    tell(one, { phase: "arrived", sent: upload.size, secondsLeft: NaN, problem: null });
    try {
      const onTrouble = (/** @type {Problem} */ problem) => tell(one, { phase: "waiting", problem });
      const id = await persistently(() => accept(upload, key, ahead.recording.peek()), turn, onTrouble);
      return await accepted(one, id);
    } catch (error) {
      // It was not made one file of after all, or the store has dropped it since.
      if (verdictOf(error) !== "anew" || tries > 1) throw error;
      keep(one, { whole: false });
    }
  }
}

/** Bring all of a file to the store; returns its key. @param {Delivery} one @param {File} file @param {AbortSignal} turn @returns {Promise<string>} */
function transfer(one, file, turn) {
  const { upload, early } = one;
  const made = early?.transfer ?? new Transfer(Source.of(file), file.size, upload.begun, ahead.parts);
  const speed = speedometer();
  one.transfer = made;
  one.early = null;
  made.lanes = () => lanesOf(one);
  made.onBegun = (begun) => keep(one, { begun });
  made.onWhole = () => {
    keep(one, { whole: true });
    nudgeAll();
  };
  made.onProgress = (progress) => tell(one, read(one, progress, speed));
  turn.addEventListener("abort", () => {
    one.transfer = null;
    made.onProgress = () => {};
    made.stop();
  });
  if (upload.paused) made.pause();
  if (!early) return made.run();
  if (made.begun) keep(one, { begun: made.begun });
  early.release();
  tryNow(); // it may have been waiting since long before it was wanted
  made.nudge();
  return early.key;
}

/** How many parts of a file may be under way: it has its turn, and recording goes first. @param {Delivery} one */
function lanesOf(one) {
  const sending = [...underWay.values()].filter(({ upload, transfer, leaving }) => transfer && !upload.paused && !upload.whole && !leaving.signal.aborted);
  const alongside = ahead.recording.peek();
  const inTurn = sending.indexOf(one) < (alongside ? 1 : FILES_AT_ONCE);
  return !inTurn ? 0 : alongside ? 1 : PARALLEL;
}

function nudgeAll() {
  for (const { transfer } of underWay.values()) transfer?.nudge();
}

/** @param {Delivery} one @param {Partial<Upload>} change */
function keep(one, change) {
  one.upload = { ...one.upload, ...change };
  unfinished.save(one.upload);
}

/** @param {Delivery} one @param {Partial<import("../state.js").Sending>} change */
function tell({ upload: { id }, leaving }, change) {
  if (!leaving.signal.aborted || change.phase === "failed") dispatch({ type: "sending-change", id, change });
}

/** @param {Upload} upload @param {import("../state.js").Phase} phase @returns {import("../state.js").Sending} */
function shown({ id, mentor, mentorName, question, text, take, name, size, modified }, phase) {
  const about = { id, mentor, mentorName, question, text, take, name, size, modified };
  return { ...about, phase, sent: 0, secondsLeft: NaN, problem: null };
}

/**
 * What the store is told of a transfer's progress.
 * @param {Delivery} one
 * @param {import("./multipart.js").Progress} progress
 * @param {(sent: number) => number} speed
 * @returns {Partial<import("../state.js").Sending>}
 */
function read(one, { sent, trouble }, speed) {
  const { size, whole, paused } = one.upload;
  const phase = whole ? "arrived" : paused ? "paused" : trouble ? "waiting" : lanesOf(one) ? "sending" : "queued";
  const rate = speed(sent);
  return { phase: whole && trouble ? "waiting" : phase, sent, problem: trouble, secondsLeft: phase === "sending" ? (size - sent) / rate : NaN };
}

/** The upload is the newest of its question until its first status says more. @param {Delivery} one @param {string} id */
async function accepted(one, id) {
  const { mentor, question } = one.upload;
  if (state.peek().mentor?.mentor === mentor) {
    const upload = { upload_id: id, mentor, question, state: "QUEUED", tasks: [], finished_at: null, accepted_at: null };
    dispatch({ type: "uploads", uploads: [upload] });
  }
  await takes.sent(one.upload, id);
  const now = state.peek().work[question];
  drop(one, { step: "progress", recorded: now?.step === "sending" && now.recorded });
  unfinished.remove(one.upload.id);
}

/** @param {Delivery} one */
async function finishedElsewhere(one) {
  const { mentor } = one.upload;
  await takes.reread(mentor);
  const { uploads } = await api.latestUploads(mentor).catch(() => ({ uploads: [] })); // it is seen at the next reload
  if (state.peek().mentor?.mentor === mentor) dispatch({ type: "uploads", uploads });
  drop(one, null);
}

/** It is under way no more. @param {Delivery} one @param {import("../state.js").Work|null} next what is shown where it was */
function drop(one, next) {
  const { id, mentor, question } = one.upload;
  one.leaving.abort();
  underWay.delete(id);
  const now = state.peek();
  if (now.mentor?.mentor === mentor && now.work[question]?.step === "sending") work(question, next);
  dispatch({ type: "sending-gone", id });
  nudgeAll();
}
