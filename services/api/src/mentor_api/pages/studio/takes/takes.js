// Takes: recordings that this browser keeps for the person who made them until they are sent or deleted.
import { effect } from "../../shared/ui.js";
import { hasMedia } from "../recording/recorder.js";
import { dispatch, state } from "../store.js";
import * as database from "./database.js";

/** @typedef {import("./database.js").Take} Take */

/** A crash may have left a take that is not longer without a picture. */
const SHORT_SECONDS = 5;
/** Of a file, enough to find the first picture's place. */
const BEGINNING_BYTES = 1 << 16;
/** After this no other tab records a take any more. */
const OVER_MS = 24 * 3600 * 1000;

/** What is known of a recording that begins now, for the question of the mentor that is open. @param {string} question @param {string} kind @returns {Take} */
export function begun(question, kind) {
  const { user, mentor } = state.peek();
  const about = { owner: user, mentor: mentor?.mentor ?? "", question, kind, at: Date.now() };
  return { id: crypto.randomUUID(), ...about, seconds: 0, bytes: 0, upload: null, setAside: false, deleted: false };
}

/** Keep a piece of a recording; rejects where there is no room. @param {Take} take @param {number} n @param {Blob} piece */
export const append = (take, n, piece) => database.append(take, n, piece);

/** Show a take among those of its question. @param {Take} take */
export const show = (take) => dispatch({ type: "take", take });

/** @param {Take} take */
export const fileOf = (take) => database.read(take);

/** The file of a take of the person who is signed in; null where there is none, or it was sent. @param {string} id @returns {Promise<File|null>} */
export async function fileWithId(id) {
  const take = (await own()).find((each) => each.id === id && !each.deleted && each.upload === null);
  return take ? database.read(take).catch(() => null) : null;
}

/** Show the takes of a mentor's questions as another tab has left them. @param {string} mentor */
export async function reread(mentor) {
  for (const take of await playable(await own(mentor))) dispatch({ type: "take", take });
}

/**
 * The takes of a mentor's questions by the person who is signed in; those that were deleted are gone now for good.
 * Empty where the browser keeps nothing, as in some private windows.
 * @param {string} mentor
 * @returns {Promise<Take[]>}
 */
export async function keptFor(mentor) {
  const { user } = state.peek();
  try {
    await database.adopt(user, mentor);
    const takes = await database.list(user, mentor);
    const shown = await playable(takes);
    const isGone = (/** @type {Take} */ take) => take.deleted || (!shown.includes(take) && Date.now() - take.at > OVER_MS);
    await Promise.all(takes.filter(isGone).map((take) => database.remove(take.id)));
    return shown.filter((take) => !take.deleted);
  } catch {
    return [];
  }
}

/** How many takes the person has that were not deleted, for whatever mentor. */
export async function count() {
  return (await playable(await own())).filter((take) => !take.deleted).length;
}

/** All that the browser has of the person who is signed in. @param {string} [mentor] of one mentor's questions */
const own = (mentor) => database.list(state.peek().user, mentor).catch(() => []);

/** Those that can be played. @param {Take[]} takes */
async function playable(takes) {
  const are = await Promise.all(takes.map(isPlayable));
  return takes.filter((_, n) => are[n]);
}

/** Whether there is a picture in a take, as far as it can be read: the recorder gives what comes before it first. @param {Take} take */
async function isPlayable(take) {
  if (take.seconds === 0 || take.seconds > SHORT_SECONDS) return true;
  const beginning = (/** @type {File} */ file) => file.slice(0, BEGINNING_BYTES).arrayBuffer();
  const bytes = await database.read(take).then(beginning).catch(() => null);
  return bytes === null || hasMedia(new Uint8Array(bytes));
}

/** Delete a take, for as long as the page is open to be undone. @param {Take} take */
export const remove = (take) => change({ ...take, deleted: true });

/** Undo its deletion. @param {Take} take */
export const restore = (take) => change({ ...take, deleted: false });

/** Delete all that the person has, for good. */
export async function removeAll() {
  await Promise.all((await own()).map((take) => database.remove(take.id)));
}

/** Give the room of what was deleted back: that cannot be undone any more. */
export async function purge() {
  const deleted = Object.values(state.peek().takes).flat().filter((take) => take.deleted);
  await Promise.all(deleted.map(forget));
}

/**
 * A take was sent as an upload: it stays until that is ready, and the others of its question are set aside.
 * @param {{mentor: string, question: string, take: string|null}} parcel `take` is its id, null where a file was sent
 * @param {string} upload
 */
export async function sent({ mentor, question, take: id }, upload) {
  const asked = (await playable(await own(mentor))).filter((take) => take.question === question);
  await Promise.all(asked.map((take) => change(take.id === id ? { ...take, upload } : { ...take, setAside: true })));
}

/** Forget takes from now on whose upload is ready. */
export function followState() {
  effect(() => {
    const { takes, uploads } = state.value;
    const ready = Object.values(takes).flat().filter((take) => isReady(take, uploads[take.question]));
    ready.forEach(forget);
  });
}

/** @param {Take} take @param {any} upload the newest of its question */
const isReady = (take, upload) => take.upload !== null && upload?.upload_id === take.upload && upload.state === "READY";

/** @param {Take} take */
async function forget(take) {
  dispatch({ type: "take-gone", take });
  await database.remove(take.id).catch(() => {}); // it is shown again, and forgotten, at the next visit
}

/** @param {Take} take */
async function change(take) {
  dispatch({ type: "take", take });
  const kept = await database.update(take).catch(() => true); // of what fails the page alone knows
  if (!kept) dispatch({ type: "take-gone", take });
}
