// Where this browser keeps takes: in IndexedDB, what is known of each and its pieces as they came (ADR 64).
import { fileOf } from "../recording/recorder.js";

/**
 * @typedef {object} Take a recording, or what there is of one that was interrupted
 * @property {string} id
 * @property {string} owner the person who recorded it: nobody else is shown it
 * @property {string} mentor
 * @property {string} question
 * @property {string} kind MIME type
 * @property {number} at when it began, in milliseconds since 1970
 * @property {number} seconds 0 where that is not known
 * @property {number} bytes
 * @property {string|null} upload ID of the upload that it was sent as
 * @property {boolean} setAside another take was sent in its place
 * @property {boolean} deleted for as long as that can be undone
 */

const TAKES = "takes";
const PIECES = "pieces";
const OWNED = "owner";
/** The only store of version 1: a `{file, at}` by mentor and question, without an owner. */
const UNOWNED = "recordings";
const EVERYTHING = [TAKES, PIECES, UNOWNED];

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("studio", 2);
    request.onupgradeneeded = () => {
      const db = request.result;
      if (!db.objectStoreNames.contains(UNOWNED)) db.createObjectStore(UNOWNED);
      db.createObjectStore(TAKES, { keyPath: "id" }).createIndex(OWNED, ["owner", "mentor"]);
      db.createObjectStore(PIECES);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Do something in one transaction; resolves when it is stored, with the result of the request that `act` returns.
 * @param {IDBTransactionMode} mode
 * @param {(store: (name: string) => IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>}
 */
async function within(mode, act) {
  const db = await open();
  try {
    // Strict: a piece is on the disk when it counts as kept.
    const transaction = db.transaction(EVERYTHING, mode, { durability: "strict" });
    return await new Promise((resolve, reject) => {
      const request = act((name) => transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  } finally {
    db.close();
  }
}

/** All keys that begin with some. @param {string[]} first */
const beginningWith = (...first) => IDBKeyRange.bound(first, [...first, []]); // arrays come after all strings and numbers

/** Keep what is known of a take now; false where another tab has removed it. @param {Take} take @returns {Promise<boolean>} */
export async function update(take) {
  const found = await within("readwrite", (store) => {
    const request = store(TAKES).openCursor(take.id);
    request.onsuccess = () => request.result?.update(take);
    return request;
  });
  return found !== null;
}

/** Keep a piece together with what is known of its take by then. @param {Take} take @param {number} n @param {Blob} piece */
export function append(take, n, piece) {
  return within("readwrite", (store) => {
    store(PIECES).put(piece, [take.id, n]);
    return store(TAKES).put(take);
  });
}

/** A person's takes, of one mentor or of all, the oldest first. @param {string} owner @param {string} [mentor] @returns {Promise<Take[]>} */
export async function list(owner, mentor) {
  const range = mentor === undefined ? beginningWith(owner) : IDBKeyRange.only([owner, mentor]);
  const takes = await within("readonly", (store) => store(TAKES).index(OWNED).getAll(range));
  return takes.sort((/** @type {Take} */ one, /** @type {Take} */ other) => one.at - other.at);
}

/** @param {Take} take @returns {Promise<File>} */
export async function read(take) {
  const pieces = await within("readonly", (store) => store(PIECES).getAll(beginningWith(take.id)));
  return fileOf(pieces, take.kind, take.at);
}

/** @param {string} id of a take */
export function remove(id) {
  return within("readwrite", (store) => {
    store(PIECES).delete(beginningWith(id));
    return store(TAKES).delete(id);
  });
}

/** Make what the last release kept of a mentor's answers a person's takes. @param {string} owner @param {string} mentor */
export function adopt(owner, mentor) {
  return within("readwrite", (store) => {
    const request = store(UNOWNED).openCursor(IDBKeyRange.bound(`${mentor}/`, `${mentor}/\uffff`));
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      const { file, at } = cursor.value;
      const known = { id: crypto.randomUUID(), owner, mentor, question: String(cursor.key).slice(mentor.length + 1) };
      const measured = { kind: file.type, at, seconds: 0, bytes: file.size };
      store(TAKES).put({ ...known, ...measured, upload: null, setAside: false, deleted: false });
      store(PIECES).put(file, [known.id, 0]);
      cursor.delete();
      cursor.continue();
    };
    return request;
  });
}
