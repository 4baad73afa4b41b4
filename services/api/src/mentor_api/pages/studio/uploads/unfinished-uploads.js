// Uploads that are not finished, kept in this browser so that the next visit goes on with them. No secrets.

const PREFIX = "studio-upload/";
/** Where the last release kept them, without saying whose they were. */
const FORMER = "studio-upload";

/**
 * @typedef {object} UnfinishedUpload
 * @property {string} id of the take that it is, or its own
 * @property {string} owner the person whose it is
 * @property {string} mentor
 * @property {string} mentorName
 * @property {string} question
 * @property {string} text of the question
 * @property {string|null} take null for a file, which has to be chosen again
 * @property {string} name of the file
 * @property {number} size
 * @property {number} modified
 * @property {import("../state.js").Wishes} wishes
 * @property {import("./multipart.js").Begun|null} begun
 * @property {boolean} whole all its parts have arrived
 * @property {boolean} paused
 * @property {boolean} wanted false while it is only being recorded: nobody has pressed *Send* yet
 */

/** @param {string} owner @returns {UnfinishedUpload[]} */
export function list(owner) {
  try {
    localStorage.removeItem(FORMER);
    const ids = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
    return ids.map(find).filter((upload) => upload !== null).filter((upload) => upload.owner === owner);
  } catch {
    return []; // it is forbidden here
  }
}

/** @param {string} id @returns {UnfinishedUpload|null} */
export function find(id) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + id) ?? "null");
  } catch {
    return null;
  }
}

/** Returns whether it is kept: a full or forbidden store only means that the next visit cannot go on with it. @param {UnfinishedUpload} upload */
export function save(upload) {
  try {
    localStorage.setItem(PREFIX + upload.id, JSON.stringify(upload));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} id */
export function remove(id) {
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // Nothing was kept.
  }
}

/** True for the file that was being sent. @param {{name: string, size: number, modified: number}} upload @param {File} file */
export const isSameFile = (upload, file) =>
  upload.size === file.size && upload.name === file.name && upload.modified === file.lastModified;
