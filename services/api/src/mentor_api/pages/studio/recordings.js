// Recordings that have not been sent yet, kept in this browser: a closed page loses none of them.

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

/** @param {string} mentor @param {string} question @param {File} file */
export const store = (mentor, question, file) =>
  within("readwrite", (all) => all.put({ file, at: Date.now() }, `${mentor}/${question}`));

/** @param {string} mentor @param {string} question @returns {Promise<File|null>} */
export async function find(mentor, question) {
  const found = await within("readonly", (all) => all.get(`${mentor}/${question}`));
  return found && Date.now() - found.at < LONGEST_MS ? found.file : null;
}

/** @param {string} mentor @param {string} question */
export const remove = (mentor, question) =>
  within("readwrite", (all) => all.delete(`${mentor}/${question}`));

/** Remove all: the next person at this browser shall find none. */
export const removeAll = () => within("readwrite", (all) => all.clear());
