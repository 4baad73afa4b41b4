// Recordings that have not been sent yet, kept in this browser: a closed page loses none of them.
import { dispatch, state } from "../store.js";

const STORE = "recordings";
const LONGEST_MS = 7 * 24 * 3600 * 1000;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("studio", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>} null where the browser keeps nothing, in private windows say
 */
async function within(mode, act) {
  try {
    const db = await open();
    const request = act(db.transaction(STORE, mode).objectStore(STORE));
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    }).finally(() => db.close());
  } catch {
    return null;
  }
}

/** Keep a recording as the take of a question of the mentor that is open. @param {string} question @param {File} file */
export async function keep(question, file) {
  const { mentor } = state.peek();
  if (!mentor) return;
  await within("readwrite", (all) => all.put({ file, at: Date.now() }, `${mentor.mentor}/${question}`));
  dispatch({ type: "take", question, kept: true });
}

/** @param {string} mentor @param {string} question @returns {Promise<File|null>} */
export async function find(mentor, question) {
  const found = await within("readonly", (all) => all.get(`${mentor}/${question}`));
  return found && Date.now() - found.at < LONGEST_MS ? found.file : null;
}

/** The questions of a mentor with a recording. @param {string} mentor @returns {Promise<string[]>} */
export async function questionsWith(mentor) {
  const keys = /** @type {string[]} */ ((await within("readonly", (all) => all.getAllKeys())) ?? []);
  const questions = keys.filter((key) => key.startsWith(`${mentor}/`)).map((key) => key.slice(mentor.length + 1));
  const found = await Promise.all(questions.map((question) => find(mentor, question)));
  return questions.filter((_, n) => found[n]);
}

/** @param {string} mentor @param {string} question */
export async function remove(mentor, question) {
  await within("readwrite", (all) => all.delete(`${mentor}/${question}`));
  dispatch({ type: "take", question, kept: false });
}

/** Remove all: the next person at this browser shall find none. */
export const removeAll = () => within("readwrite", (all) => all.clear());
